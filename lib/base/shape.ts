import { asObject } from './json'

/** Gives the value in the wanted type, or undefined for what is none. */
export type Parse<T> = (value: unknown) => T | undefined

interface Optional<T> {
  readonly optional: Parse<T>
}

/** The record that a parser gives. */
export type Parsed<P> = P extends Parse<infer T> ? T : never

type Fields<T> = {
  readonly [K in keyof T]-?: T extends Record<K, T[K]> ? Parse<T[K]> : Optional<T[K]>
}

type Shaped<F> = Flat<
  {
    [K in keyof F as F[K] extends Parse<unknown> ? K : never]: Exclude<Parsed<F[K]>, undefined>
  } & {
    [K in keyof F as F[K] extends Parse<unknown> ? never : K]?: F[K] extends Optional<infer T> ? T : never
  }
>
type Flat<T> = { [K in keyof T]: T[K] }

/**
 * Parser of a record of our own, by field: undefined unless each required field can be read. What is not named is
 * left out. The type of the record follows from the fields, or is named by the caller.
 */
export function shape<F extends Readonly<Record<string, Parse<unknown> | Optional<unknown>>>>(
  fields: F
): Parse<Shaped<F>>
export function shape<T extends object>(fields: Fields<T>): Parse<T>
export function shape(fields: Record<string, Parse<unknown> | Optional<unknown>>): Parse<object> {
  const parsers = Object.entries(fields)
  return value => {
    const raw = asObject(value)
    if (raw === undefined) return undefined
    const record: Record<string, unknown> = {}
    for (const [key, field] of parsers) {
      const parsed = typeof field === 'function' ? field(raw[key]) : field.optional(raw[key])
      if (parsed !== undefined) record[key] = parsed
      else if (typeof field === 'function') return undefined
    }
    return record
  }
}

/** A field that is left out when it cannot be read. */
export function optional<T>(parse: Parse<T>): Optional<T> {
  return { optional: parse }
}

/** A fresh `fallback` when it cannot be read. */
export function or<T>(parse: Parse<T>, fallback: NoInfer<T>): Parse<T>
export function or<T>(parse: Parse<T>, fallback: null): Parse<T | null>
export function or<T>(parse: Parse<T>, fallback: T): Parse<T> {
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
