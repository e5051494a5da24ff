import {
  asId,
  asInteger,
  asIsoDate,
  asNumber,
  asObject,
  asText,
  asTime,
  isNegative,
  type JsonObject,
  withoutNegatives
} from '../../base/json'
import { modelName } from '../readings/device-models'
import { type Field, readingsOf } from '../readings/fields'
import type { Item } from '../readings/item-messages'
import { valuesOf } from '../readings/item-messages'
import type { Reading } from '../readings/reading'
import { dayOf } from '../sync/local-days'
import type { RowOfReadings } from '../sync/row'

export type Afib =
  | 'negative'
  | 'positive'
  | 'inconclusive'
  | 'no_signal'
  | 'other'
  | 'noise'
  | 'low_heart_rate'
  | 'high_heart_rate'
  | 'no_diagnosis'
  | `code_${number}`

/** One recording of the heart (withings-api.md §7.1): an ECG, with what else the device measured meanwhile. */
export interface HeartRecording extends RecordingBase {
  kind: 'ecg'
  /** Asks for the signal; null where there was no ECG. */
  signalId: string | null
  /** What the device made of the ECG: sign of atrial fibrillation or none; null where it did not say. */
  afib: Afib | null
  /** bpm */
  heartRate: number | null
  /** mmHg; BPM Core. */
  bloodPressure: { systolic: number | null; diastolic: number | null } | null
  stethoscope: { signalId: string | null; vhd: number | null } | null
}

/** By code, as those of type 130 (withings-api.md §4.4): the same result at different heart rates is one word. */
const AFIB: readonly Afib[] = [
  ...(['negative', 'positive', 'inconclusive', 'no_signal', 'other', 'noise'] as const),
  ...(['low_heart_rate', 'high_heart_rate', 'inconclusive', 'negative', 'negative'] as const),
  ...(['positive', 'positive', 'no_diagnosis'] as const)
]

/** The codes stay numbers in readings, so that a home system can show and compare them. */
export const RECORDING_FIELDS: readonly Field[] = [
  { key: 'heart_rate', type: 'ecg_heart_rate', unit: 'bpm' },
  { key: 'afib', type: 'ecg_afib', unit: null },
  { key: 'systole', type: 'ecg_systolic_blood_pressure', unit: 'mmHg', zeroIsNone: true },
  { key: 'diastole', type: 'ecg_diastolic_blood_pressure', unit: 'mmHg', zeroIsNone: true },
  { key: 'vhd', type: 'stethoscope_vhd', unit: null }
]

/** A row of `series` of heart list; undefined for one without a time. */
export function parseHeartRecording(
  raw: JsonObject,
  userId: string
): RecordingRow<HeartRecording> | undefined {
  const model = asInteger(raw.model)
  const stamp = stampOf(raw, userId, model === undefined || model < 0 ? null : modelName(model))
  if (!stamp) return undefined
  const ecg = asObject(raw.ecg)
  const pressure = asObject(raw.bloodpressure)
  const stetho = asObject(raw.stetho)
  const signalId = asId(ecg?.signalid) ?? null
  const stethoscope = stetho && {
    signalId: asId(stetho.signalid) ?? null,
    vhd: codeOf(stetho.vhd)
  }
  const groupId = signalId ?? stethoscope?.signalId ?? `${stamp.deviceId ?? 'unknown'}-${stamp.date}`
  const data = withoutNegatives({
    heart_rate: heartRateOf(raw.heart_rate),
    afib: ecg?.afib,
    systole: pressure?.systole,
    diastole: pressure?.diastole,
    vhd: stetho?.vhd
  })
  const readings = readingsOf(RECORDING_FIELDS, data, sharedOf(stamp, groupId))
  const values = valuesOf(readings)
  const numberOf = (type: string) => asNumber(values[type]) ?? null
  const recording: HeartRecording = {
    kind: 'ecg',
    signalId,
    ...stamp,
    afib: afibOf(codeOf(ecg?.afib)),
    heartRate: numberOf('ecg_heart_rate'),
    bloodPressure: pressure
      ? {
          systolic: numberOf('ecg_systolic_blood_pressure'),
          diastolic: numberOf('ecg_diastolic_blood_pressure')
        }
      : null,
    stethoscope: stethoscope ?? null,
    readings,
    values
  }
  // Signals of the ECG and of the stethoscope are numbered apart.
  return rowOf(signalId === null ? `other ${groupId}` : `ecg ${signalId}`, recording)
}

/**
 * bpm; undefined for none. A number, or since 2026 the reading itself, which its user may have deleted (§7.1).
 */
export function heartRateOf(value: unknown): number | undefined {
  const reading = asObject(value)
  const isDeleted = reading?.is_deleted === true || asInteger(reading?.is_deleted) === 1
  const rate = isDeleted ? undefined : asNumber(reading ? reading.value : value)
  return rate === 0 || isNegative(rate) ? undefined : rate
}

export function codeOf(value: unknown): number | null {
  return isNegative(value) ? null : (asInteger(value) ?? null)
}

function afibOf(code: number | null): Afib | null {
  return code === null ? null : (AFIB[code] ?? `code_${code}`)
}

/** One recording of a stethoscope (withings-api.md §7.3). */
export interface StethoscopeRecording extends RecordingBase {
  kind: 'stethoscope'
  signalId: string
  /** Code for a disease of the heart valves; what it means is not published. */
  vhd: number | null
}

/** A row of `series` of stetho list; undefined for one without a time or an id. */
export function parseStethoscopeRecording(
  raw: JsonObject,
  userId: string
): RecordingRow<StethoscopeRecording> | undefined {
  const stamp = stampOf(raw, userId, null)
  const signalId = asId(raw.signalid)
  if (!stamp || signalId === undefined) return undefined
  const readings = readingsOf(RECORDING_FIELDS, withoutNegatives({ vhd: raw.vhd }), sharedOf(stamp, signalId))
  return rowOf(signalId, {
    kind: 'stethoscope',
    signalId,
    ...stamp,
    vhd: codeOf(raw.vhd),
    readings,
    values: valuesOf(readings)
  })
}

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
