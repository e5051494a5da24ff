import type { CallOptions, WithingsClient } from './client'
import { parseHeartRecording, type HeartRecording } from './heart-list'
import { asId, asObject, type JsonObject } from './json'
import type { RecordingBase, RecordingRow } from './recording'
import type { Filter } from './row'
import type { RowFormat } from './rows-page'
import { parseStethoscopeRecording, type StethoscopeRecording } from './stetho-list'

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
  return { list: 'series', parse: raw => parse(raw, userId), idOf }
}

/** Body of one page of a list; throws what `WithingsClient.call` throws. */
export function callRecordings(
  client: Pick<WithingsClient, 'call'>,
  { path }: Pick<RecordingList<RecordingBase>, 'path'>,
  filter: Filter,
  offset: number,
  options: CallOptions
): Promise<JsonObject> {
  const params = { action: 'list', ...filter, ...(offset === 0 ? {} : { offset: String(offset) }) }
  return client.call({ path, params, scope: 'user.metrics' }, options)
}

function idOf(raw: JsonObject): string | undefined {
  return asId(raw.signalid) ?? asId(asObject(raw.ecg)?.signalid)
}
