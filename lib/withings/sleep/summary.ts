import { SECONDS_PER_DAY, SECONDS_PER_HOUR } from '../../base/clock'
import {
  asId,
  asInteger,
  asIsoDate,
  asList,
  asNumber,
  asObject,
  asText,
  asTime,
  type JsonObject,
  parseJson,
  withoutNegatives
} from '../../base/json'
import { deviceIdOf, modelIdOf, modelName } from '../readings/device-models'
import { dataFields, readingsOf } from '../readings/fields'
import { brandOf } from '../readings/provenance'
import { asDay, dayOf } from '../sync/local-days'
import type { Row, RowFormat, RowOfReadings } from '../sync/row'
import { NIGHT_FIELDS } from './fields'

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

/** Two fields have other names in older records (withings-api.md §6.2). */
const DEPRECATED: readonly [key: string, deprecated: string][] = [
  ['sleep_latency', 'durationtosleep'],
  ['wakeup_latency', 'durationtowakeup']
]

/** Without them Withings leaves out heart rate, score and events. */
export const SLEEP_DATA_FIELDS = [
  dataFields(NIGHT_FIELDS),
  'night_events',
  ...DEPRECATED.map(([, deprecated]) => deprecated)
].join(',')

/** A record with what is needed to join it; `parseSleep` decodes the rest when it is needed. */
export interface SleepRecord extends Row, Pick<SleepRow, 'start' | 'end' | 'deviceId' | 'model' | 'source'> {
  raw: JsonObject
}

export const SLEEP_FORMAT: RowFormat<SleepRecord> = {
  list: 'series',
  decode: recordOf,
  idOf: raw => asId(raw.id)
}

/** A longer record has a wrong bound, and its stages would take a call for each day; also where no end is known. */
const LONGEST = 7 * SECONDS_PER_DAY
/** `model` of sleep data of a mat, not of a watch (withings-api.md §6.1). */
export const SLEEP_MONITOR = 32

function recordOf(raw: JsonObject): SleepRecord | undefined {
  const id = asId(raw.id)
  const start = asTime(raw.startdate)
  const end = asTime(raw.enddate)
  if (id === undefined || start === undefined || end === undefined || end < start) return undefined
  if (end - start > LONGEST) return undefined
  // `modified` lies before `created` in many records; a run that asks for changes must know the later one.
  const modified = Math.max(asTime(raw.modified) ?? 0, asTime(raw.created) ?? 0) || end
  const deviceId = deviceIdOf(raw)
  // `model` is the kind of device here (withings-api.md §6.2).
  const modelId = modelIdOf({ modelid: raw.modelid, model_id: raw.model_id })
  const kind = asInteger(raw.model) === SLEEP_MONITOR ? 'sleep_monitor' : undefined
  const model = modelId ? modelName(modelId, kind) : null
  const source = deviceId === null ? sourceOf(raw, modelId) : 'device'
  return { id, modified, start, end, deviceId, model: source === 'device' ? model : null, source, raw }
}

export function parseSleep({ raw, ...record }: SleepRecord, userId: string): SleepRow {
  const { id, modified, start, end, deviceId, model, source } = record
  const date = isoOf(end)
  const data = plausible(asObject(raw.data) ?? {}, end - start)
  const timezone = asText(raw.timezone) ?? 'UTC'
  const events = parseNightEvents(data.night_events, start, end)
  const stamp = { date, userId, deviceId, model, source, groupId: id, modified: asIsoDate(modified) ?? date }
  return {
    ...record,
    day: wakingDay(raw.date, end) ?? dayOf(end, timezone),
    timezone,
    userId,
    completed: raw.completed !== false && asNumber(raw.completed) !== 0,
    events,
    readings: readingsOf(NIGHT_FIELDS, data, stamp)
  }
}

export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

/** The value of a numeric reading. */
export function valueIn({ readings }: Pick<SleepRow, 'readings'>, type: string): number | undefined {
  return asNumber(readings.find(reading => reading.type === type)?.value)
}

/** The local day differs from the one in UTC by at most one; otherwise it is not the day of this night. */
function wakingDay(value: unknown, end: number): string | undefined {
  const day = asDay(value)
  const noon = Date.parse(`${day ?? ''}T12:00:00Z`) / 1000
  return Math.abs(noon - end) < 2 * SECONDS_PER_DAY ? day : undefined
}

const DURATIONS = new Set(NIGHT_FIELDS.filter(({ unit }) => unit === 's').map(({ key }) => key))

/** Without negative values and without times that are longer than the record. */
function plausible(raw: JsonObject, length: number): JsonObject {
  const data = withoutNegatives(raw)
  const renamed = DEPRECATED.map(([key, deprecated]) => [key, data[key] ?? data[deprecated]])
  const isTooLong = (value: unknown) => (asNumber(value) ?? 0) > length + SECONDS_PER_HOUR
  const fields = Object.entries({ ...data, ...(Object.fromEntries(renamed) as JsonObject) })
  return Object.fromEntries(fields.filter(([key, value]) => !DURATIONS.has(key) || !isTooLong(value)))
}

/**
 * Of a night without the id of a device. Nights of 2018 to 2020 name their device by its model only. Manual ones have
 * events of that kind; those of other makers have a brand or model of their own, or just how long somebody slept.
 */
function sourceOf(raw: JsonObject, modelId: number | undefined): string {
  const data = asObject(raw.data) ?? {}
  const isManual = parseNightEvents(data.night_events, 1, NaN).some(({ type }) => type.startsWith('manual_'))
  const isForeign =
    brandOf({ brand: raw.brand, is_tracker: raw.is_tracker, modelid: modelId }) !== 'withings' ||
    (asNumber(data.asleepduration) !== undefined && asNumber(data.lightsleepduration) === undefined)
  if (isForeign) return 'external'
  return isManual || !modelId ? 'manual' : 'device'
}

export type NightEventType =
  | 'got_in_bed'
  | 'fell_asleep'
  | 'woke_up'
  | 'left_bed'
  | 'manual_sleep_start'
  | 'manual_sleep_end'
  | `event_${string}`

/** What happened in a night, and when (ISO 8601). */
export interface NightEvent {
  type: NightEventType
  date: string
}

const TYPES: ReadonlyMap<string, NightEventType> = new Map([
  ['1', 'got_in_bed'],
  ['2', 'fell_asleep'],
  ['3', 'woke_up'],
  ['4', 'left_bed'],
  ['5', 'manual_sleep_start'],
  ['6', 'manual_sleep_end']
])

/** Events of a running night may be newer than its bounds. */
const SLACK = SECONDS_PER_HOUR

/**
 * `night_events` (withings-api.md §6.2) of a night from `start` to `end` (Unix seconds) → events within the night, oldest
 * first; none for what cannot be read. They come as JSON text or as an object of lists by type. In a list, the first
 * number counts from the start of the night, the others from the one before; only where that would end after the
 * night, each counts from the start, as the specification says.
 */
export function parseNightEvents(value: unknown, start: number, end: number): NightEvent[] {
  const raw = asObject(typeof value === 'string' ? parseJson(value) : value) ?? {}
  const lists = Object.entries(raw).map(([type, list]) => ({
    type: TYPES.get(type) ?? (`event_${type}` as const),
    seconds: (asList(list) ?? []).map(asNumber).filter(second => second !== undefined)
  }))
  const length = end - start
  const summed = lists.map(({ type, seconds }) => {
    let sum = 0
    return { type, seconds: seconds.map(second => (sum += second)) }
  })
  const fits = (all: typeof lists) => all.every(({ seconds }) => seconds.every(second => second <= length))
  const chosen = !fits(summed) && fits(lists) ? lists : summed
  const latest = (Number.isNaN(length) ? LONGEST : length) + SLACK
  return chosen
    .flatMap(({ type, seconds }) => seconds.map(second => ({ type, second })))
    .filter(({ second }) => second >= 0 && second <= latest)
    .sort((a, b) => a.second - b.second)
    .flatMap(({ type, second }) => {
      const date = asIsoDate(start + second)
      return date === undefined ? [] : [{ type, date }]
    })
}
