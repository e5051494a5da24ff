import { asIsoDate, asText, asTime, type JsonObject } from '../../base/json'
import { type Brand, brandOf, filedUnder } from '../readings/brands'
import { deviceIdOf, modelIdOf, modelOf, modelStamp } from '../readings/device-models'
import { readingsOf } from '../readings/fields'
import type { ActivityItem } from '../readings/item-messages'
import { valuesOf } from '../readings/item-messages'
import { asDay, endOfDay, startOfDay } from '../sync/local-days'
import type { RowFormat, RowOfReadings } from '../sync/row'
import { DAY_FIELDS } from './fields'

/** The totals of one local day (withings-api.md §5.1). A day without any movement has zeros. */
export interface Day extends ActivityItem {
  kind: 'day'
  /** `YYYY-MM-DD` in `timezone`. */
  day: string
  timezone: string
  /** The day was still running, in its own zone, when it was read. */
  isToday: boolean
  /** The last second of the day; of a running one its last change. */
  date: string
  /** Last change at Withings. */
  modified: string
  model: string | null
  brand: Brand
  /** A wearable of Withings was worn. */
  isTracker: boolean
}

export interface DayRow extends RowOfReadings {
  item: Day
  /** Counted the day, but the row does not say which device it is. */
  tracker: Tracker | undefined
}

/** How rows of getactivity are read; `now` in Unix seconds tells which day is running. */
export function dayFormat(userId: string, now: number): RowFormat<DayRow> {
  return {
    list: 'activities',
    decode: raw => parseDay(raw, userId, now),
    idOf: raw => asText(raw.date),
    dateOf: raw => Date.parse(asText(raw.date) ?? '') || 0
  }
}

function parseDay(raw: JsonObject, userId: string, now: number): DayRow | undefined {
  const day = asDay(raw.date)
  if (day === undefined) return undefined
  const timezone = asText(raw.timezone) ?? 'UTC'
  const changed = asTime(raw.modified)
  const total = secondOfTotal(day, timezone, changed ?? now, now)
  // Without a date of change, a day that still runs may have changed at any time.
  const modified = changed ?? total
  const date = asIsoDate(total)
  if (date === undefined) return undefined
  const deviceId = deviceIdOf(raw)
  const brand = brandOf(raw)
  const stamp = { date, userId, deviceId, model: modelOf(raw), modified: asIsoDate(modified) ?? date }
  const source = brand === 'withings' ? 'device' : brand
  const readings = readingsOf(DAY_FIELDS, raw, { ...stamp, ...modelStamp(raw), source, groupId: day })
  const isToday = now >= startOfDay(day, timezone) && now < endOfDay(day, timezone)
  return {
    // Of the same day there may be a row of Withings and one of another maker. Cursors on disk have this id.
    id: `${day} ${filedUnder(raw)} ${deviceId ?? ''}`,
    modified,
    readings,
    tracker: namelessTracker(raw),
    item: {
      kind: 'day',
      day,
      timezone,
      isToday,
      ...stamp,
      brand,
      isTracker: raw.is_tracker === true,
      readings,
      values: valuesOf(readings)
    }
  }
}

/** When a total was measured: never outside its day, for then a chart would show it on the next one. */
function secondOfTotal(day: string, zone: string, modified: number, now: number): number {
  const [start, last] = [startOfDay(day, zone), endOfDay(day, zone) - 1]
  if (now > last) return last
  return Math.min(Math.max(modified, start), last)
}

/** What a day tells of the tracker that counted it: the model, but not which one of it. */
export interface Tracker {
  modelId: number | undefined
  model: string | null
}

/** The tracker whose device has to be looked up; undefined where the row names it, or none of Withings counted. */
export function namelessTracker(raw: JsonObject): Tracker | undefined {
  if (raw.is_tracker !== true || deviceIdOf(raw) !== null) return undefined
  const [modelId, model] = [modelIdOf(raw), modelOf(raw)]
  return modelId === undefined && model === null ? undefined : { modelId, model }
}
