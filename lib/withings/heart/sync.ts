import { SECONDS_PER_DAY } from '../../base/clock'
import { asId, asObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { isNamedDay, spanFilter } from '../sync/local-days'
import type { Query } from '../sync/query'
import type { RowFormat, RowSource } from '../sync/row'
import type { RecordingBase, RecordingList, RecordingRow } from './recordings'

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
    order: (a, b) => compare(a.recording.date, b.recording.date) || compare(a.id, b.id)
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
