import type { Clock } from '../clock'
import type { CallOptions, WithingsClient } from './client'
import type { Cursor } from './cursor'
import { aroundNamedDays, isNamedDay } from './day-span'
import { spanFilter } from './measures-pages'
import type { RecordingBase, RecordingRow } from './recording'
import { callRecordings, recordingsFormat, type RecordingList } from './recordings-page'
import type { RowSource } from './row'
import { parseRowsPage } from './rows-page'
import { runRows, type RowsResult } from './rows-run'
import type { SpanPlan } from './span-plan'

const DAY = 86_400

/** So long may a watch keep a recording until it meets its phone again. */
export const LATE = 30 * DAY

/** Asks for all pages of a plan and gives what is to be delivered. Throws what `WithingsClient.call` throws. */
export async function runRecordings<R extends RecordingBase>(
  client: Pick<WithingsClient, 'call'>,
  list: RecordingList<R>,
  userId: string,
  plan: SpanPlan,
  stored: Cursor | undefined,
  clock: Clock,
  options: CallOptions
): Promise<RowsResult<RecordingRow<R>>> {
  const source: RowSource<RecordingRow<R>> = {
    page: async (filter, offset) => {
      // These answers do not tell the server's time. Ours will do: it would have to be wrong by weeks to hide a row.
      const updatetime = Math.floor(clock.now() / 1000)
      const body = await callRecordings(client, list, filter, offset, options)
      return { ...(await parseRowsPage(body, offset, recordingsFormat(list, userId))), updatetime }
    },
    span: (from, until) => spanFilter(...aroundNamedDays(plan, from, until)),
    changed: since => ({ startdate: String(since), enddate: String(Math.floor(clock.now() / 1000) + DAY) }),
    overlap: lookBack(plan),
    order: byDate
  }
  const result = await runRows(source, userId, plan, stored, clock)
  return { ...result, rows: result.rows.filter(({ recording }) => isNamedDay(plan, recording.day)) }
}

/**
 * The lists cannot be asked for what changed, only for what was recorded within a span (withings-api.md §9). So
 * each run looks back for late ones, yet never for what lies before the first run.
 */
function lookBack(plan: SpanPlan): number {
  return plan.kind === 'new' && plan.days > 0 ? Math.min(LATE, Math.ceil(plan.days * DAY)) : LATE
}

/** Oldest first. */
function byDate({ id, recording }: RecordingRow, other: RecordingRow): number {
  if (recording.date !== other.recording.date) return recording.date < other.recording.date ? -1 : 1
  return id < other.id ? -1 : 1
}
