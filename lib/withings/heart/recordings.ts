import { SECONDS_PER_DAY } from '../../base/clock'
import {
  asId,
  asInteger,
  asIsoDate,
  asObject,
  asText,
  asTime,
  isNegative,
  type JsonObject,
  withoutNegatives
} from '../../base/json'
import { byText } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { type Field, readingsOf } from '../readings/fields'
import { type Item, valuesOf } from '../readings/item-messages'
import { dayOf, isNamedDay, spanFilter } from '../sync/local-days'
import type { Query } from '../sync/query'
import type { RowFormat, RowOfReadings, RowSource } from '../sync/row'

/** What recordings of the heart and of the stethoscope have in common. */
export interface RecordingBase extends Item {
  /** When it was recorded. */
  date: string
  /** The local day, `YYYY-MM-DD`; that of UTC where the zone is not known. */
  day: string
  timezone: string | null
  /** Last change at Withings. */
  modified: string
  model: string | null
  /** The readings by their type. */
  values: Record<string, number | string>
}

/** One row of a list of recordings, and the item of a message. */
export interface RecordingRow<R extends RecordingBase = RecordingBase> extends RowOfReadings {
  recording: R
}

/** A call that lists recordings. */
export interface RecordingList<R extends RecordingBase> {
  path: '/v2/heart' | '/v2/stetho'
  /** Of its recordings. */
  kind: 'ecg' | 'stethoscope'
  parse: (raw: JsonObject, userId: string) => RecordingRow<R> | undefined
}

/** The codes stay numbers in readings, so that a home system can show and compare them. */
export const RECORDING_FIELDS: readonly Field[] = [
  { key: 'heart_rate', type: 'ecg_heart_rate', unit: 'bpm' },
  { key: 'afib', type: 'ecg_afib', unit: null },
  { key: 'systole', type: 'ecg_systolic_blood_pressure', unit: 'mmHg', zeroIsNone: true },
  { key: 'diastole', type: 'ecg_diastolic_blood_pressure', unit: 'mmHg', zeroIsNone: true },
  { key: 'vhd', type: 'stethoscope_vhd', unit: null }
]

type Stamp = Omit<RecordingBase, 'readings' | 'values'>

/** What both lists say alike (withings-api.md §7.1, §7.3); undefined for a row without a time. */
export function stampOf(raw: JsonObject, userId: string, model: string | null): Stamp | undefined {
  const timestamp = asTime(raw.timestamp)
  const date = asIsoDate(timestamp)
  if (timestamp === undefined || date === undefined) return undefined
  const timezone = asText(raw.timezone) ?? null
  return {
    date,
    day: dayOf(timestamp, timezone ?? 'UTC'),
    timezone,
    modified: asIsoDate(Math.max(timestamp, asTime(raw.modified) ?? 0)) ?? date,
    userId,
    deviceId: asId(raw.deviceid) ?? asId(raw.hash_deviceid) ?? null,
    model
  }
}

/** `data` by the keys of `RECORDING_FIELDS`. */
export function readingsFrom(
  { date, userId, deviceId, model, modified }: Stamp,
  groupId: string,
  data: JsonObject
): Pick<RecordingBase, 'readings' | 'values'> {
  const shared = { date, userId, deviceId, model, source: 'device', groupId, modified }
  const readings = readingsOf(RECORDING_FIELDS, withoutNegatives(data), shared)
  return { readings, values: valuesOf(readings) }
}

export function codeOf(value: unknown): number | null {
  return isNegative(value) ? null : (asInteger(value) ?? null)
}

/**
 * The change that the cursor remembers is never older than the recording: the lists are requested by when something
 * was recorded, so that is how long a delivered row may come again.
 */
export function rowOf<R extends RecordingBase>(id: string, recording: R): RecordingRow<R> {
  const modified = Math.floor(Date.parse(recording.modified) / 1000)
  return { id, modified, readings: recording.readings, recording }
}

/** One recording of a stethoscope (withings-api.md §7.3). */
export interface StethoscopeRecording extends RecordingBase {
  kind: 'stethoscope'
  signalId: string
  /** Code for a disease of the heart valves; what it means is not published. */
  vhd: number | null
}

export const STETHOSCOPE_LIST: RecordingList<StethoscopeRecording> = {
  path: '/v2/stetho',
  kind: 'stethoscope',
  parse: parseStethoscopeRecording
}

/** A row of `series` of stetho list; undefined for one without a time or an id. */
export function parseStethoscopeRecording(raw: JsonObject, userId: string) {
  const stamp = stampOf(raw, userId, null)
  const signalId = asId(raw.signalid)
  if (!stamp || signalId === undefined) return undefined
  const measured = readingsFrom(stamp, signalId, { vhd: raw.vhd })
  const vhd = codeOf(raw.vhd)
  return rowOf<StethoscopeRecording>(signalId, { kind: 'stethoscope', signalId, ...stamp, vhd, ...measured })
}

/** How rows of a list are read. */
export function recordingsFormat<R extends RecordingBase>(
  { parse }: RecordingList<R>,
  userId: string
): RowFormat<RecordingRow<R>> {
  return {
    list: 'series',
    decode: raw => parse(raw, userId),
    idOf: raw => asId(raw.signalid) ?? asId(asObject(raw.ecg)?.signalid)
  }
}

/** A watch may keep a recording for this long until it meets its phone again. */
export const LATE = 30 * SECONDS_PER_DAY

/** The lists lack the server's time. Ours will do: it would have to be wrong by weeks to hide a row. */
export function recordingsSource<R extends RecordingBase>(
  { userId, now }: Pick<FetchContext, 'userId' | 'now'>,
  list: RecordingList<R>,
  query: Query
): RowSource<RecordingRow<R>> {
  const seconds = () => Math.floor(now() / 1000)
  return {
    ...recordingsFormat(list, userId),
    request: { path: list.path, params: { action: 'list' }, scope: 'user.metrics' },
    span: (from, until) => spanFilter(query, from, until),
    changed: since => ({ startdate: String(since), enddate: String(seconds() + SECONDS_PER_DAY) }),
    // Only the time of recording can be requested, not that of a change (withings-api.md §9), so each run looks back
    // for late recordings, but not further than the first run.
    overlap:
      query.kind === 'new' && query.days > 0 ? Math.min(LATE, Math.ceil(query.days * SECONDS_PER_DAY)) : LATE,
    updatetime: seconds,
    within: (_, { recording }) => isNamedDay(query, recording.day),
    order: (a, b) => byText(a.recording.date, b.recording.date) || byText(a.id, b.id)
  }
}
