import { asId, type JsonObject } from '../../base/json'
import {
  codeOf,
  readingsOfRecording,
  type RecordingBase,
  type RecordingList,
  type RecordingRow,
  rowOf,
  stampOf
} from './recordings'

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
export function parseStethoscopeRecording(
  raw: JsonObject,
  userId: string
): RecordingRow<StethoscopeRecording> | undefined {
  const stamp = stampOf(raw, userId, null)
  const signalId = asId(raw.signalid)
  if (!stamp || signalId === undefined) return undefined
  const measured = readingsOfRecording(stamp, signalId, { vhd: raw.vhd })
  return rowOf(signalId, { kind: 'stethoscope', signalId, ...stamp, vhd: codeOf(raw.vhd), ...measured })
}
