import { asNumber } from '../withings/json'

/** A number of 0 or more as the editor or a hand-written flow gives it; else the default. */
export function amount(value: unknown, otherwise: number): number {
  const number = asNumber(value)
  return number !== undefined && number >= 0 ? number : otherwise
}

/** One of the known words; else the first of them, which is the default. */
export function choice<T extends string>(value: unknown, words: readonly [T, ...T[]]): T {
  return words.find(word => word === value) ?? words[0]
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
