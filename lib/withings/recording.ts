import { asId, asIsoDate, asText, asTime, type JsonObject } from './json'
import { dayOf } from './local-days'
import type { Reading } from './reading'
import type { RowOfReadings } from './row'
import type { Item } from './row-messages'

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

/** One row of a list of recordings, and what a flow gets of it. */
export interface RecordingRow<R extends RecordingBase = RecordingBase> extends RowOfReadings {
  recording: R
}

export type RecordingStamp = Omit<RecordingBase, 'readings' | 'values'>

/** What both lists say alike (withings-api.md §7.1, §7.3); undefined for a row without a time. */
export function stampOf(raw: JsonObject, userId: string, model: string | null): RecordingStamp | undefined {
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

/** What every reading of a recording says alike. */
export function sharedOf(stamp: RecordingStamp, groupId: string): Omit<Reading, 'type' | 'value' | 'unit'> {
  const { date, userId, deviceId, model, modified } = stamp
  return { date, userId, deviceId, model, source: 'device', groupId, modified }
}

/**
 * The change that the cursor remembers is never older than the recording: the lists are asked by when something
 * was recorded, so that is how long a delivered row may come again.
 */
export function rowOf<R extends RecordingBase>(id: string, recording: R): RecordingRow<R> {
  const modified = Math.floor(Date.parse(recording.modified) / 1000)
  return { id, modified, readings: recording.readings, recording }
}
