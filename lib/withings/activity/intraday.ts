import { asInteger, asIsoDate, asObject, type JsonObject } from '../../base/json'
import { type Brand, brandOf } from '../readings/brands'
import { deviceIdOf, modelOf } from '../readings/device-models'
import { readingsOf } from '../readings/fields'
import { type ActivityItem, readingsIn, type Units, valuesOf } from '../readings/item-messages'
import type { Reading } from '../readings/reading'
import { note, type Problem } from '../sync/row'
import { INTRADAY_FIELDS } from './fields'

/** A point of a chart: `x` in Unix milliseconds. */
export interface Point {
  x: number
  y: number
}

/** The samples of up to 24 hours. */
export interface Intraday extends ActivityItem {
  kind: 'intraday'
  /** Times of the first and of the last sample. */
  startDate: string
  endDate: string
  /** By type, oldest first, ready to plot. */
  series: Record<string, Point[]>
}

/** Samples, oldest first → what a flow gets of them; undefined when nothing was measured. */
export function intradayOf(samples: readonly Sample[], userId: string, units: Units): Intraday | undefined {
  const readings = readingsIn(
    units,
    samples.flatMap(sample => sample.readings)
  )
  const [first, last] = [readings[0], readings.at(-1)]
  if (!first || !last) return undefined
  return {
    kind: 'intraday',
    startDate: first.date,
    endDate: last.date,
    userId,
    deviceId: onlyDevice(samples),
    series: seriesOf(readings),
    readings,
    values: valuesOf(readings)
  }
}

/** Null where several devices, or a phone, counted. */
function onlyDevice(samples: readonly Sample[]): string | null {
  const devices = new Set(samples.map(sample => sample.deviceId))
  const [only = null] = devices
  return devices.size === 1 ? only : null
}

function seriesOf(readings: readonly Reading[]): Record<string, Point[]> {
  const series: Record<string, Point[]> = {}
  for (const { type, date, value } of readings) {
    if (typeof value === 'number') (series[type] ??= []).push({ x: Date.parse(date), y: value })
  }
  return series
}

/** What was measured at one moment (withings-api.md §5.2); only what was measured then is in it. */
export interface Sample {
  /** Unix seconds; no other sample of the user has the same. */
  time: number
  deviceId: string | null
  brand: Brand
  readings: Reading[]
}

/** Body of getintradayactivity → samples by their second, for `decodeSample`; undefined when it has none to speak of. */
export function samplesIn({ series }: JsonObject): JsonObject | undefined {
  const isEmptyList = Array.isArray(series) && series.length === 0
  return isEmptyList ? {} : asObject(series)
}

/** One sample; undefined for an unreadable one, which is noted among the problems. */
export function decodeSample(
  series: JsonObject,
  key: string,
  userId: string,
  problems: Problem[]
): Sample | undefined {
  const raw = asObject(series[key])
  const sample = raw && parseSample(key, raw, userId)
  if (!sample) note(problems, { place: `series[${key}]`, id: key })
  return sample
}

function parseSample(key: string, raw: JsonObject, userId: string): Sample | undefined {
  const time = asInteger(key)
  const date = asIsoDate(time)
  if (time === undefined || date === undefined) return undefined
  const deviceId = deviceIdOf(raw)
  const brand = brandOf(raw)
  const source = brand === 'withings' ? 'device' : brand
  const shared = { date, userId, deviceId, model: modelOf(raw), source, groupId: key, modified: date }
  return { time, deviceId, brand, readings: readingsOf(INTRADAY_FIELDS, raw, shared) }
}
