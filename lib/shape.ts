import { asObject } from './withings/json'

/** Gives the value in the wanted type, or undefined for what is none. */
export type Parse<T> = (value: unknown) => T | undefined

interface Optional<T> {
  readonly optional: Parse<T>
}

type Fields<T> = {
  readonly [K in keyof T]-?: T extends Record<K, T[K]> ? Parse<T[K]> : Optional<T[K]>
}

/**
 * Parser of a record of our own, by field: undefined unless each required field can be read. What is not named is
 * left out.
 */
export function shape<T extends object>(fields: Fields<T>): Parse<T> {
  const parsers = Object.entries<Parse<unknown> | Optional<unknown>>(fields)
  return value => {
    const raw = asObject(value)
    if (raw === undefined) return undefined
    const record: Record<string, unknown> = {}
    for (const [key, field] of parsers) {
      const parsed = typeof field === 'function' ? field(raw[key]) : field.optional(raw[key])
      if (parsed !== undefined) record[key] = parsed
      else if (typeof field === 'function') return undefined
    }
    return record as T
  }
}

/** A field that is left out when it cannot be read. */
export function optional<T>(parse: Parse<T>): Optional<T> {
  return { optional: parse }
}

/** A fresh `fallback` when it cannot be read. */
export function or<T, F>(parse: Parse<T>, fallback: F): Parse<T | F> {
  return value => parse(value) ?? structuredClone(fallback)
}

/** The first that can be read. */
export function either<A, B>(first: Parse<A>, second: Parse<B>): Parse<A | B> {
  return value => first(value) ?? second(value)
}

/** Those of a list that can be read. */
export function list<T>(parse: Parse<T>): Parse<T[]> {
  return value =>
    Array.isArray(value) ? value.map(parse).filter((item): item is T & {} => item !== undefined) : undefined
}

/** Those of an object that can be read, by key. */
export function dictionary<T>(parse: Parse<T>): Parse<Record<string, T>> {
  return value => {
    const raw = asObject(value)
    const entries = Object.entries(raw ?? {}).map(([key, item]) => [key, parse(item)] as const)
    return (
      raw && Object.fromEntries(entries.filter((entry): entry is [string, T & {}] => entry[1] !== undefined))
    )
  }
}

export function oneOf<const T>(values: readonly T[]): Parse<T> {
  return value => values.find(one => one === value)
}

/** Any text, also an empty one. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}
