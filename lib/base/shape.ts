import { asObject } from './json'

/** The value in the wanted type, or undefined where it has another one. */
export type Parse<T> = (value: unknown) => T | undefined

interface Optional<T> {
  readonly optional: Parse<T>
}

/** The record that a parser gives. */
export type Parsed<P> = P extends Parse<infer T> ? T : never

type Shaped<F> = Flat<
  {
    [K in keyof F as F[K] extends Parse<unknown> ? K : never]: Exclude<Parsed<F[K]>, undefined>
  } & {
    [K in keyof F as F[K] extends Parse<unknown> ? never : K]?: F[K] extends Optional<infer T> ? T : never
  }
>
type Flat<T> = { [K in keyof T]: T[K] }

/** Parser of a record of our own: undefined unless each required field can be read; drops unnamed fields. */
export function shape<F extends Readonly<Record<string, Parse<unknown> | Optional<unknown>>>>(fields: F) {
  return (value: unknown): Shaped<F> | undefined => {
    const raw = asObject(value)
    if (raw === undefined) return undefined
    const record: Record<string, unknown> = {}
    for (const [key, field] of Object.entries(fields)) {
      const parsed = typeof field === 'function' ? field(raw[key]) : field.optional(raw[key])
      if (parsed !== undefined) record[key] = parsed
      else if (typeof field === 'function') return undefined
    }
    return record as Shaped<F>
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
    const parsed = Object.entries(raw ?? {}).map(([key, item]) => [key, parse(item)] as const)
    return (
      raw && Object.fromEntries(parsed.filter((entry): entry is [string, T & {}] => entry[1] !== undefined))
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
