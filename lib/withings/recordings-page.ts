import type { CallOptions, WithingsClient } from './client'
import { parseHeartRecording, type HeartRecording } from './heart-list'
import { asId, asObject, type JsonObject } from './json'
import type { RecordingBase, RecordingRow } from './recording'
import type { Filter, RowsPage } from './row'
import { parseRowsPage } from './rows-page'
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

/** One page of a list; throws what `WithingsClient.call` throws. */
export async function readRecordingsPage<R extends RecordingBase>(
  client: Pick<WithingsClient, 'call'>,
  { path, parse }: RecordingList<R>,
  userId: string,
  filter: Filter,
  offset: number,
  options: CallOptions
): Promise<RowsPage<RecordingRow<R>>> {
  const params = { action: 'list', ...filter, ...(offset === 0 ? {} : { offset: String(offset) }) }
  const body = await client.call({ path, params, scope: 'user.metrics' }, options)
  return parseRecordingsPage(body, offset, raw => parse(raw, userId))
}

/** Body of a list → page. An unreadable row becomes a problem, never an exception. */
export function parseRecordingsPage<R extends RecordingBase>(
  body: JsonObject,
  offset: number,
  parse: (raw: JsonObject) => RecordingRow<R> | undefined
): RowsPage<RecordingRow<R>> {
  return parseRowsPage(body, offset, { list: 'series', parse, idOf })
}

function idOf(raw: JsonObject): string | undefined {
  return asId(raw.signalid) ?? asId(asObject(raw.ecg)?.signalid)
}
