import { asId, asInteger, asNumber, asObject, isNegative, type JsonObject } from '../../base/json'
import { modelName } from '../readings/device-models'
import { codeOf, readingsFrom, type RecordingBase, type RecordingList, rowOf, stampOf } from './recordings'

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

/** By code, as in type 130 (withings-api.md §4.4): the same result at different heart rates has several codes. */
const AFIB: readonly Afib[] = [
  ...(['negative', 'positive', 'inconclusive', 'no_signal', 'other', 'noise'] as const),
  ...(['low_heart_rate', 'high_heart_rate', 'inconclusive', 'negative', 'negative'] as const),
  ...(['positive', 'positive', 'no_diagnosis'] as const)
]

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

export const HEART_LIST: RecordingList<HeartRecording> = {
  path: '/v2/heart',
  kind: 'ecg',
  parse: parseHeartRecording
}

/** A row of `series` of heart list; undefined for one without a time. */
export function parseHeartRecording(raw: JsonObject, userId: string) {
  const model = asInteger(raw.model)
  const stamp = stampOf(raw, userId, model === undefined || model < 0 ? null : modelName(model))
  if (!stamp) return undefined
  const [ecg, pressure, stetho] = [asObject(raw.ecg), asObject(raw.bloodpressure), asObject(raw.stetho)]
  const signalId = asId(ecg?.signalid) ?? null
  const afib = codeOf(ecg?.afib)
  const stethoscope = stetho ? { signalId: asId(stetho.signalid) ?? null, vhd: codeOf(stetho.vhd) } : null
  const groupId = signalId ?? stethoscope?.signalId ?? `${stamp.deviceId ?? 'unknown'}-${stamp.date}`
  const { readings, values } = readingsFrom(stamp, groupId, {
    heart_rate: heartRateOf(raw.heart_rate),
    afib: ecg?.afib,
    systole: pressure?.systole,
    diastole: pressure?.diastole,
    vhd: stetho?.vhd
  })
  const numberOf = (type: string) => asNumber(values[type]) ?? null
  const pressureOf = (name: string) => numberOf(`ecg_${name}_blood_pressure`)
  const recording: HeartRecording = {
    kind: 'ecg',
    signalId,
    ...stamp,
    afib: afib === null ? null : (AFIB[afib] ?? `code_${afib}`),
    heartRate: numberOf('ecg_heart_rate'),
    bloodPressure: pressure ? { systolic: pressureOf('systolic'), diastolic: pressureOf('diastolic') } : null,
    stethoscope,
    readings,
    values
  }
  // Signals of the ECG and of the stethoscope are numbered apart.
  return rowOf(signalId === null ? `other ${groupId}` : `ecg ${signalId}`, recording)
}

/** bpm; undefined for none. A number, or since 2026 the reading itself, which its user may have deleted (§7.1). */
export function heartRateOf(value: unknown): number | undefined {
  const reading = asObject(value)
  const isDeleted = reading?.is_deleted === true || asInteger(reading?.is_deleted) === 1
  const rate = isDeleted ? undefined : asNumber(reading ? reading.value : value)
  return rate === 0 || isNegative(rate) ? undefined : rate
}
