import type { Reading } from './reading'

interface Conversion {
  unit: string
  convert: (metric: number) => number
}

const conversions: Readonly<Record<string, Conversion>> = {
  kg: { unit: 'lb', convert: kilograms => kilograms / 0.45359237 },
  m: { unit: 'ft', convert: metres => metres / 0.3048 },
  km: { unit: 'mi', convert: kilometres => kilometres / 1.609344 },
  'm/s': { unit: 'ft/s', convert: speed => speed / 0.3048 },
  '°C': { unit: '°F', convert: celsius => (celsius * 9) / 5 + 32 }
}

/** The reading in imperial units, rounded to 4 decimals; as it is where the unit has no imperial one. */
export function toImperial(reading: Reading): Reading {
  const conversion = reading.unit === null ? undefined : conversions[reading.unit]
  if (!conversion || typeof reading.value !== 'number') return reading
  const value = Math.round(conversion.convert(reading.value) * 1e4) / 1e4
  return { ...reading, value, unit: conversion.unit }
}
