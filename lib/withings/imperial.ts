import type { Reading } from './reading'

interface Conversion {
  unit: string
  convert: (metric: number) => number
}

const conversions: Readonly<Record<string, Conversion>> = {
  kg: { unit: 'lb', convert: kilograms => kilograms / 0.45359237 },
  m: { unit: 'ft', convert: metres => metres / 0.3048 },
  'm/s': { unit: 'ft/s', convert: speed => speed / 0.3048 },
  '°C': { unit: '°F', convert: celsius => (celsius * 9) / 5 + 32 }
}

/** What somebody covered is told in miles; how tall somebody is, what they climbed or how long a pool is in feet. */
const miles: Conversion = { unit: 'mi', convert: metres => metres / 1609.344 }
const covered: ReadonlySet<string> = new Set([
  'distance',
  'intraday_distance',
  'workout_distance',
  'workout_manual_distance'
])

/** The reading in imperial units, rounded to 4 decimals; as it is where the unit has no imperial one. */
export function toImperial(reading: Reading): Reading {
  const conversion = conversionOf(reading)
  if (!conversion || typeof reading.value !== 'number') return reading
  const value = Math.round(conversion.convert(reading.value) * 1e4) / 1e4
  return Number.isFinite(value) ? { ...reading, value, unit: conversion.unit } : reading
}

function conversionOf({ type, unit }: Reading): Conversion | undefined {
  if (unit === 'm' && covered.has(type)) return miles
  return unit === null ? undefined : conversions[unit]
}
