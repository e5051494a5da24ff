import { readingsOf } from './fields'
import { codeOf, RECORDING_FIELDS } from './heart-list'
import { asId, type JsonObject } from './json'
import { rowOf, sharedOf, stampOf, type RecordingBase, type RecordingRow } from './recording'
import { valuesOf } from './row-messages'
import { withoutNegatives } from './times'

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
