import {
  asId,
  asInteger,
  asIsoDate,
  asNumber,
  asObject,
  asText,
  asTime,
  type JsonObject,
  withoutNegatives
} from '../../base/json'
import { brandOf } from '../readings/brands'
import { deviceIdOf, modelIdOf, modelName } from '../readings/device-models'
import { dataFields, readingsOf } from '../readings/fields'
import { asDay, dayOf } from '../sync/local-days'
import type { Row, RowFormat, RowOfReadings } from '../sync/row'
import { NIGHT_FIELDS } from './fields'
import { type NightEvent, parseNightEvents } from './night-events'

/** One record of getsummary (withings-api.md §6.2): a night, a nap, or a part of one. */
export interface SleepRow extends RowOfReadings {
  /** Unix seconds. */
  start: number
  end: number
  /** Local day of waking up, `YYYY-MM-DD`. */
  day: string
  timezone: string
  userId: string
  deviceId: string | null
  model: string | null
  source: string
  /** False while Withings is still working on it; older records do not say and are complete. */
  completed: boolean
  events: NightEvent[]
}

/** Two of them have names that older records know only (withings-api.md §6.2). */
const TWINS: readonly [key: string, deprecated: string][] = [
  ['sleep_latency', 'durationtosleep'],
  ['wakeup_latency', 'durationtowakeup']
]

/** `data_fields` for all of it: without, there is no heart rate, no score and no event. */
export const SLEEP_DATA_FIELDS = [
  dataFields(NIGHT_FIELDS),
  'night_events',
  ...TWINS.map(([, deprecated]) => deprecated)
].join(',')

/** The little of a record that tells which ones belong together, and all of it, as it came, for `parseSleep`. */
export interface SleepRecord extends Row, Pick<SleepRow, 'start' | 'end' | 'deviceId' | 'model' | 'source'> {
  raw: JsonObject
}

/** How the records of getsummary are read. */
export const SLEEP_FORMAT: RowFormat<SleepRecord> = {
  list: 'series',
  decode: frameOf,
  idOf: raw => asId(raw.id),
  dateOf: raw => asInteger(raw.startdate) ?? 0
}

const HOUR = 3_600
const DAY = 24 * HOUR
/** Of what is longer, one of the bounds is wrong, and its stages would take a call for each day. */
const LONGEST = 7 * DAY

function frameOf(raw: JsonObject): SleepRecord | undefined {
  const id = asId(raw.id)
  const start = asTime(raw.startdate)
  const end = asTime(raw.enddate)
  if (id === undefined || start === undefined || end === undefined || end < start) return undefined
  if (end - start > LONGEST) return undefined
  // `modified` lies before `created` in many records; a run that asks for changes must know the later one.
  const modified = Math.max(asTime(raw.modified) ?? 0, asTime(raw.created) ?? 0) || end
  const deviceId = deviceIdOf(raw)
  const model = modelOf(raw)
  const source = deviceId === null ? sourceOf(raw, model) : 'device'
  return { id, modified, start, end, deviceId, model: source === 'device' ? model : null, source, raw }
}

/** All of one record. */
export function parseSleep(frame: SleepRecord, userId: string): SleepRow {
  const { id, modified, start, end, deviceId, model, source, raw } = frame
  const date = new Date(end * 1000).toISOString()
  const data = plausible(asObject(raw.data) ?? {}, end - start)
  const timezone = asText(raw.timezone) ?? 'UTC'
  const events = parseNightEvents(data.night_events, start, end)
  const readings = readingsOf(NIGHT_FIELDS, data, {
    date,
    userId,
    deviceId,
    model,
    source,
    groupId: id,
    modified: asIsoDate(modified) ?? date
  })
  return {
    id,
    modified,
    start,
    end,
    day: wakingDay(raw.date, end) ?? dayOf(end, timezone),
    timezone,
    userId,
    deviceId,
    model,
    source,
    completed: raw.completed !== false && asNumber(raw.completed) !== 0,
    events,
    readings
  }
}

/** The local day may differ from the one in UTC by one; what is further away is not the day of this night. */
function wakingDay(value: unknown, end: number): string | undefined {
  const day = asDay(value)
  return day !== undefined && Math.abs(Date.parse(`${day}T12:00:00Z`) / 1000 - end) < 2 * DAY
    ? day
    : undefined
}

/** Without what cannot be: negative values, and times that are longer than the record. */
function plausible(data: JsonObject, length: number): JsonObject {
  const fields = withTwins(withoutNegatives(data))
  const isTooLong = (key: string) => (asNumber(fields[key]) ?? 0) > length + HOUR
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !DURATIONS.has(key) || !isTooLong(key)))
}

const DURATIONS = new Set(NIGHT_FIELDS.filter(({ unit }) => unit === 's').map(({ key }) => key))

function withTwins(data: JsonObject): JsonObject {
  const twins = TWINS.map(([key, deprecated]) => [key, data[key] ?? data[deprecated]] as const)
  return { ...data, ...Object.fromEntries(twins) }
}

const SLEEP_MONITOR = 32

/** `model` is the kind of device here; only `model_id` names it (withings-api.md §6.2). */
function modelOf(raw: JsonObject): string | null {
  const id = modelIdIn(raw)
  if (id === undefined || id === 0) return null
  return modelName(id, asInteger(raw.model) === SLEEP_MONITOR ? 'sleep_monitor' : undefined)
}

function modelIdIn({ modelid, model_id }: JsonObject): number | undefined {
  return modelIdOf({ modelid }) ?? modelIdOf({ model_id })
}

/**
 * Of a night without the id of a device. Those of 2018 to 2020 name theirs by its model only; but one that was typed
 * in has events of that kind, and another maker has a brand or model of its own, or tells only how long somebody slept.
 */
function sourceOf(raw: JsonObject, model: string | null): string {
  const data = asObject(raw.data) ?? {}
  const isTypedIn = parseNightEvents(data.night_events, 1, NaN).some(({ type }) => type.startsWith('manual_'))
  const isForeign =
    brandOf({ brand: raw.brand, is_tracker: raw.is_tracker, modelid: modelIdIn(raw) }) !== 'withings' ||
    (asNumber(data.asleepduration) !== undefined && asNumber(data.lightsleepduration) === undefined)
  if (isForeign) return 'external'
  return isTypedIn || model === null ? 'manual' : 'device'
}
