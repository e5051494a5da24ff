import { readingsIn, type ActivityItem, type Units } from './activity-item'
import type { Sample } from './getintradayactivity'
import type { Reading } from './reading'
import { valuesOf } from './row-messages'

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
