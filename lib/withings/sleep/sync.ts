import { SECONDS_PER_DAY } from '../../base/clock'
import { inSlices } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { readingsIn, type Units } from '../readings/item-messages'
import { advanceCursor, type Cursor } from '../sync/cursor'
import { dayFilter, daysLater, withinDays } from '../sync/local-days'
import type { Query } from '../sync/query'
import type { Problem, RowSource } from '../sync/row'
import { sync, type SyncRequest } from '../sync/sync'
import { joinParts } from './join-parts'
import { nightOf, type NightRules, type NightWithRows } from './night'
import type { UnscoredNight } from './score-retry'
import { parseSleep, SLEEP_DATA_FIELDS, SLEEP_FORMAT, type SleepRecord, type SleepRow } from './summary'

/** How sleep is to be decoded. */
export interface SleepOptions {
  rules: NightRules
  units: Units
}

export interface SleepResult {
  /** Each whole, oldest first. */
  nights: NightWithRows[]
  problems: Problem[]
  /** To be saved after delivery; undefined when the run leaves the cursor alone. */
  cursor: Cursor | undefined
}

/** A watch may send a night days late, and these answers lack the server's time. A week is only a dozen rows. */
const LATE = 7 * SECONDS_PER_DAY

/** getsummary (withings-api.md §6.2): records, of which `nightsIn` makes nights. */
export const SLEEP_SOURCE = {
  ...SLEEP_FORMAT,
  request: {
    path: '/v2/sleep',
    params: { action: 'getsummary', data_fields: SLEEP_DATA_FIELDS },
    scope: 'user.activity'
  },
  span: dayFilter,
  changed: since => ({ lastupdate: String(since) }),
  overlap: LATE,
  order: (a, b) => a.end - b.end || a.start - b.start
} satisfies RowSource<SleepRecord>

/** All records of the time in question, in any order → nights and naps, oldest first, each decoded when it is taken. */
export function* nightsIn(
  records: readonly SleepRecord[],
  userId: string,
  { rules, units }: SleepOptions
): Generator<NightWithRows, void, undefined> {
  const rowOf = (record: SleepRecord): SleepRow => {
    const row = parseSleep(record, userId)
    return { ...row, readings: readingsIn(units, row.readings) }
  }
  for (const [first, ...others] of joinParts(records, rules.joinMinutes)) {
    const rows = [rowOf(first), ...others.map(rowOf)] as const
    yield { night: nightOf(rows, rules), rows }
  }
}

/**
 * Fetches a query; returns nights with anything to deliver. Of a night with a new part, all parts are fetched again.
 * Throws what `FetchContext.call` throws.
 */
export async function syncSleep(
  context: FetchContext,
  options: SleepOptions,
  { query, stored }: SyncRequest
): Promise<SleepResult> {
  const { userId } = context
  const { rows, problems, cursor } = await sync(context, SLEEP_SOURCE, { query, stored })
  const goesOn = query.kind === 'new' && stored?.userId === userId
  const around = goesOn ? await recordsAround(context, rows) : []
  const fresh = new Set(rows.map(({ id }) => id))
  const all = new Map([...around, ...rows].map(row => [row.id, row]))
  const nights: NightWithRows[] = []
  await inSlices(nightsIn([...all.values()], userId, options), found => {
    const { day, timezone } = found.night
    if (found.rows.some(({ id }) => fresh.has(id)) && withinDays(query, day, timezone)) nights.push(found)
  })
  return { nights, problems, cursor }
}

/** A night that had no score, whole, if it changed since it was sent. */
export async function readUnscored(
  context: FetchContext,
  options: SleepOptions,
  { id, day, modified }: UnscoredNight
): Promise<NightWithRows[]> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  // A sleep that went on may end on the next day.
  const days = { firstDay: day, lastDay: daysLater(day, 1) }
  const query: Query = { kind: 'span', from: noon, until: noon, ...days }
  const { nights } = await syncSleep(context, options, { query })
  const found = nights.find(({ rows }) => rows.some(row => row.id === id))
  return found && (found.night.scored || found.night.modified !== modified) ? [found] : []
}

/** The cursor after these nights were delivered beside it, so that the next run does not send them again. */
export function advancedBy(
  stored: Cursor | undefined,
  userId: string,
  nights: readonly NightWithRows[]
): Cursor {
  const cursor = stored?.userId === userId ? stored : undefined
  const rows = nights.flatMap(night => night.rows)
  const unreadable = cursor?.unreadable ?? []
  return advanceCursor(cursor, { userId, upTo: undefined, rows, listed: [], unreadable, overlap: LATE })
}

/** The records around others, which are sorted by their end; one span for those of neighbouring days. */
async function recordsAround(context: FetchContext, rows: readonly SleepRecord[]): Promise<SleepRecord[]> {
  const spans: { from: number; until: number }[] = []
  for (const { start, end } of rows) {
    const last = spans.at(-1)
    if (last && start - last.until < 2 * SECONDS_PER_DAY) last.until = end
    else spans.push({ from: start, until: end })
  }
  const found: SleepRecord[][] = []
  for (const span of spans) {
    const { rows: around } = await sync(context, SLEEP_SOURCE, { query: { kind: 'span', ...span } })
    found.push(around)
  }
  return found.flat()
}
