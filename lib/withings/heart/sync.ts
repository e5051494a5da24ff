import { asId, asInteger, asObject, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { aroundNamedDays, isNamedDay, spanFilter } from '../sync/local-day-range'
import type { Query } from '../sync/query'
import type { RowFormat, RowSource } from '../sync/row'
import type { RecordingBase, RecordingRow } from './ecg'
import {
  type HeartRecording,
  parseHeartRecording,
  parseStethoscopeRecording,
  type StethoscopeRecording
} from './ecg'

/** A call that lists recordings, and how its rows are read. */
export interface RecordingList<R extends RecordingBase> {
  path: '/v2/heart' | '/v2/stetho'
  /** Of its recordings. */
  kind: 'ecg' | 'stethoscope'
  parse: (raw: JsonObject, userId: string) => RecordingRow<R> | undefined
}

export const HEART_LIST: RecordingList<HeartRecording> = {
  path: '/v2/heart',
  kind: 'ecg',
  parse: parseHeartRecording
}
export const STETHOSCOPE_LIST: RecordingList<StethoscopeRecording> = {
  path: '/v2/stetho',
  kind: 'stethoscope',
  parse: parseStethoscopeRecording
}

/** How rows of a list are read. */
export function recordingsFormat<R extends RecordingBase>(
  { parse }: RecordingList<R>,
  userId: string
): RowFormat<RecordingRow<R>> {
  return {
    list: 'series',
    decode: raw => parse(raw, userId),
    idOf: raw => asId(raw.signalid) ?? asId(asObject(raw.ecg)?.signalid),
    dateOf: raw => asInteger(raw.timestamp) ?? 0
  }
}

const DAY = 86_400

/** So long may a watch keep a recording until it meets its phone again. */
export const LATE = 30 * DAY

/** These lists do not tell the server's time. Ours will do: it would have to be wrong by weeks to hide a row. */
export function recordingsSource<R extends RecordingBase>(
  { userId, now }: Pick<FetchContext, 'userId' | 'now'>,
  list: RecordingList<R>,
  query: Query
): RowSource<RecordingRow<R>> {
  const seconds = () => Math.floor(now() / 1000)
  return {
    ...recordingsFormat(list, userId),
    request: { path: list.path, params: { action: 'list' }, scope: 'user.metrics' },
    span: (from, until) => spanFilter(...aroundNamedDays(query, from, until)),
    changed: since => ({ startdate: String(since), enddate: String(seconds() + DAY) }),
    overlap: lookBack(query),
    updatetime: seconds,
    within: (_, { recording }) => isNamedDay(query, recording.day),
    order: byDate
  }
}

/**
 * The lists cannot be asked for what changed, only for what was recorded within a span (withings-api.md §9). So
 * each run looks back for late ones, yet never for what lies before the first run.
 */
function lookBack(query: Query): number {
  return query.kind === 'new' && query.days > 0 ? Math.min(LATE, Math.ceil(query.days * DAY)) : LATE
}

/** Oldest first. */
function byDate({ id, recording }: RecordingRow, other: RecordingRow): number {
  if (recording.date !== other.recording.date) return recording.date < other.recording.date ? -1 : 1
  return id < other.id ? -1 : 1
}
