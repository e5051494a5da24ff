import type { Random } from '../simulator/random'

/** In JSON text this number is read as Infinity; JSON.stringify cannot write it. */
const TOO_LARGE = '@1e400@'
const LONG = 10_000

/** What no field of a real answer holds, whatever its name. */
const ABSURD: readonly unknown[] = [
  ...[null, true, false, '', ' ', 'x', 'NaN', 'Infinity', '0x10', '1e999', '-1', '1e13', TOO_LARGE],
  ...[0, -1, 0.5, -25_920, 1e10, 4_200_000_000, 1e13, -1e13, 2 ** 53, 1e308, -1e308, 5e-324],
  ...[[], [[]], [1], [null], {}, { value: 1 }, { 34: 1 }, { toString: 1 }],
  ...['__proto__', 'constructor', '\u0000', '\ud800', '2107-02-30', 'Mars/Olympus', 'é'.repeat(LONG)],
  Array.from({ length: LONG }, (_, index) => index)
]
const NAMES = ['__proto__', 'constructor', 'toString', 'length', 'unknown_field']

type Container = Record<string, unknown> | unknown[]

/** A copy of `value` in which one thing, at any depth, is absurd, missing, or too much. */
export function withOneAbsurdity(value: unknown, random: Random): unknown {
  const copy = structuredClone(value)
  const places = placesIn(copy)
  if (places.length === 0) return absurd(random)
  const [container, key] = pick(places, random)
  const target = container as Record<string, unknown>
  if (Array.isArray(container) || random.chance(0.85)) target[key] = absurd(random)
  else if (random.chance(0.5)) delete target[key]
  // As JSON.parse does it: a property of its own, even for the name of a prototype.
  else Object.defineProperty(target, pick(NAMES, random), { value: absurd(random), enumerable: true })
  return copy
}

/** JSON as a server could send it. */
export function textOf(value: unknown): string {
  return JSON.stringify(value).replaceAll(`"${TOO_LARGE}"`, '1e400')
}

export function absurd(random: Random): unknown {
  return pick(ABSURD, random)
}

export function pick<T>(list: readonly T[], random: Random): T {
  return list[random.integer(0, list.length - 1)] as T
}

/** Every property and entry inside, with what it is in. */
function placesIn(value: unknown): [container: Container, key: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    [value as Container, key] as [Container, string],
    ...placesIn(inner)
  ])
}
