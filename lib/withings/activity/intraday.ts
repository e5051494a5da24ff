import { asInteger, asIsoDate, asObject, type JsonObject } from '../../base/json'
import { deviceIdOf, modelOf } from '../readings/device-models'
import { readingsOf } from '../readings/fields'
import { type ActivityItem, readingsIn, type Units, valuesOf } from '../readings/item-messages'
import { type Brand, brandOf } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import { addProblem, type Problem } from '../sync/row'
import { INTRADAY_FIELDS } from './fields'

/** What was measured at one moment (withings-api.md §5.2). */
export interface Sample {
  /** Unix seconds; no other sample of the user has the same. */
  time: number
  deviceId: string | null
  brand: Brand
  readings: Reading[]
}

/** Body of getintradayactivity → raw samples by their second, for `decodeSample`; undefined for a wrong `series`. */
export function samplesIn({ series }: JsonObject): JsonObject | undefined {
  return Array.isArray(series) && series.length === 0 ? {} : asObject(series)
}

/** Undefined for an unreadable sample, which is added to the problems. */
export function decodeSample(
  series: JsonObject,
  key: string,
  userId: string,
  problems: Problem[]
): Sample | undefined {
  const [raw, time] = [asObject(series[key]), asInteger(key)]
  const date = asIsoDate(time)
  if (!raw || time === undefined || date === undefined) {
    addProblem(problems, { place: `series[${key}]`, id: key })
    return undefined
  }
  const deviceId = deviceIdOf(raw)
  const brand = brandOf(raw)
  const source = brand === 'withings' ? 'device' : brand
  const stamp = { date, userId, deviceId, model: modelOf(raw), source, groupId: key, modified: date }
  return { time, deviceId, brand, readings: readingsOf(INTRADAY_FIELDS, raw, stamp) }
}

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

/** Samples, oldest first → item of a message; undefined when nothing was measured. */
export function intradayOf(samples: readonly Sample[], userId: string, units: Units): Intraday | undefined {
  const metric = samples.flatMap(sample => sample.readings)
  const readings = readingsIn(units, metric)
  const [first, last] = [readings[0], readings.at(-1)]
  if (!first || !last) return undefined
  const [deviceId = null, ...otherDevices] = new Set(samples.map(sample => sample.deviceId))
  return {
    kind: 'intraday',
    startDate: first.date,
    endDate: last.date,
    userId,
    deviceId: otherDevices.length === 0 ? deviceId : null,
    series: seriesOf(readings),
    readings,
    values: valuesOf(readings)
  }
}

function seriesOf(readings: readonly Reading[]): Record<string, Point[]> {
  const series: Record<string, Point[]> = {}
  for (const { type, date, value } of readings) {
    if (typeof value === 'number') (series[type] ??= []).push({ x: Date.parse(date), y: value })
  }
  return series
}
