import type { Reading } from './reading'

interface Measured {
  readonly type: string
  readonly value: unknown
  readonly unit: string | null
}

/** imperial = metric · `times` / `by` + `offset` */
interface Conversion {
  unit: string
  times: number
  by: number
  offset: number
  /** Decimals that are left on the way back. */
  decimals: number
}

const DECIMALS = 4
const linear = { times: 1, offset: 0, decimals: DECIMALS }

const conversions: Readonly<Record<string, Conversion>> = {
  kg: { ...linear, unit: 'lb', by: 0.45359237 },
  m: { ...linear, unit: 'ft', by: 0.3048 },
  'm/s': { ...linear, unit: 'ft/s', by: 0.3048 },
  '°C': { unit: '°F', times: 9, by: 5, offset: 32, decimals: DECIMALS }
}

/** Distances are in miles; heights, climbs and the length of a pool in feet. */
const miles: Conversion = { ...linear, unit: 'mi', by: 1609.344, decimals: 0 }
const DISTANCES: ReadonlySet<string> = new Set([
  'distance',
  'intraday_distance',
  'workout_distance',
  'workout_manual_distance'
])

const CONVERTIBLE: ReadonlySet<string | null> = new Set([
  ...Object.keys(conversions),
  ...[...Object.values(conversions), miles].map(({ unit }) => unit)
])

/** Whether the unit has a metric or imperial counterpart. */
export function isConvertible(unit: string | null): unit is string {
  return CONVERTIBLE.has(unit)
}

/** The reading in imperial units, rounded to 4 decimals; as it is where the unit has no imperial one. */
export function toImperial(reading: Reading): Reading {
  const conversion = conversionOf(reading)
  return conversion ? inUnit(reading, conversion.unit) : reading
}

/** The reading in the metric or imperial counterpart `unit`, exact on the way back; as it is for other units. */
export function inUnit<R extends Measured>(reading: R, unit: string): R {
  const { type, value } = reading
  if (typeof value !== 'number') return reading
  const there = conversionOf(reading)
  if (there?.unit === unit)
    return withValue(reading, unit, round((value * there.times) / there.by + there.offset, DECIMALS))
  const back = conversionOf({ type, unit })
  if (back?.unit !== reading.unit) return reading
  return withValue(reading, unit, round(((value - back.offset) * back.by) / back.times, back.decimals))
}

function round(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals
}

function withValue<R extends Measured>(reading: R, unit: string, value: number): R {
  return Number.isFinite(value) ? { ...reading, value, unit } : reading
}

function conversionOf({ type, unit }: Pick<Measured, 'type' | 'unit'>): Conversion | undefined {
  if (unit === 'm' && DISTANCES.has(type)) return miles
  return unit === null ? undefined : conversions[unit]
}

/** Key of the text for a unit that is a word, under `withings.unit`: `breaths/min` → `breaths_per_min`. */
export function unitKey(unit: string): string {
  return unit.replace(/\//g, '_per_')
}
