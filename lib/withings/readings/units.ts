import type { Reading } from './reading'

interface Conversion {
  unit: string
  convert: (metric: number) => number
  back: (imperial: number) => number
  /** Decimals that are left on the way back. */
  decimals: number
}

const DECIMALS = 4

const conversions: Readonly<Record<string, Conversion>> = {
  kg: by('lb', 0.45359237),
  m: by('ft', 0.3048),
  'm/s': by('ft/s', 0.3048),
  '°C': {
    unit: '°F',
    convert: celsius => (celsius * 9) / 5 + 32,
    back: fahrenheit => ((fahrenheit - 32) * 5) / 9,
    decimals: DECIMALS
  }
}

function by(unit: string, factor: number, decimals = DECIMALS): Conversion {
  return { unit, convert: metric => metric / factor, back: imperial => imperial * factor, decimals }
}

/** What somebody covered is told in miles; how tall somebody is, what they climbed or how long a pool is in feet. */
const miles = by('mi', 1609.344, 0)
const covered: ReadonlySet<string> = new Set([
  'distance',
  'intraday_distance',
  'workout_distance',
  'workout_manual_distance'
])

/** The reading in imperial units, rounded to 4 decimals; as it is where the unit has no imperial one. */
export function toImperial(reading: Reading): Reading {
  const conversion = conversionOf(reading)
  return conversion ? inUnit(reading, conversion.unit) : reading
}

interface Measured {
  readonly type: string
  readonly value: unknown
  readonly unit: string | null
}

const CONVERTIBLE: ReadonlySet<string | null> = new Set([
  ...Object.keys(conversions),
  ...[...Object.values(conversions), miles].map(({ unit }) => unit)
])

/** Whether the unit has a metric or imperial counterpart. */
export function isConvertible(unit: string | null): unit is string {
  return CONVERTIBLE.has(unit)
}

/**
 * The reading in the metric or imperial counterpart of its unit; as it is where `unit` is something else. What was
 * rounded on the way to imperial units comes back as it was.
 */
export function inUnit<R extends Measured>(reading: R, unit: string): R {
  const there = conversionOf(reading)
  if (there?.unit === unit) return withValue(reading, unit, [there.convert, DECIMALS])
  const back = conversionOf({ type: reading.type, unit })
  return back?.unit === reading.unit ? withValue(reading, unit, [back.back, back.decimals]) : reading
}

type Step = [convert: (value: number) => number, decimals: number]

function withValue<R extends Measured>(reading: R, unit: string, [convert, decimals]: Step): R {
  if (typeof reading.value !== 'number') return reading
  const precision = 10 ** decimals
  const value = Math.round(convert(reading.value) * precision) / precision
  return Number.isFinite(value) ? { ...reading, value, unit } : reading
}

function conversionOf({ type, unit }: Pick<Measured, 'type' | 'unit'>): Conversion | undefined {
  if (unit === 'm' && covered.has(type)) return miles
  return unit === null ? undefined : conversions[unit]
}

/** Key of the text for a unit that is a word, under `withings.unit`: `breaths/min` → `breaths_per_min`. */
export function unitKey(unit: string): string {
  return unit.replace(/\//g, '_per_')
}
