import { inSlices } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { toImperial } from '../readings/units'
import { advanced, type Cursor } from '../sync/cursor'
import { dayFilter, withinDays } from '../sync/local-day-range'
import { daysLater } from '../sync/local-days'
import type { Query } from '../sync/query'
import type { Problem, RowSource } from '../sync/row'
import { sync, type SyncRequest } from '../sync/sync'
import { joinParts } from './join-parts'
import { nightOf, type NightOfRows, type NightRules } from './night'
import type { Unscored } from './score-retry'
import { parseSleep, SLEEP_DATA_FIELDS, SLEEP_FRAMES, type SleepFrame, type SleepRow } from './summary'

/** How sleep is to be decoded. */
export interface SleepOptions {
  rules: NightRules
  units: 'metric' | 'imperial'
}

export interface SleepResult {
  /** Each whole, oldest first. */
  nights: NightOfRows[]
  problems: Problem[]
  /** To be kept once the nights were delivered; undefined when the run leaves the cursor alone. */
  cursor: Cursor | undefined
}

const DAY = 86_400

/**
 * A watch may hand in a night days late, and these answers do not tell the server's time. A week is a dozen rows,
 * so looking back costs nothing.
 */
const LATE = 7 * DAY

/** getsummary (withings-api.md §6.2): records, of which `nightsIn` makes nights. */
export const SLEEP_SOURCE: RowSource<SleepFrame> = {
  ...SLEEP_FRAMES,
  request: {
    path: '/v2/sleep',
    params: { action: 'getsummary', data_fields: SLEEP_DATA_FIELDS },
    scope: 'user.activity'
  },
  span: dayFilter,
  changed: since => ({ lastupdate: String(since) }),
  overlap: LATE,
  order: (a, b) => a.end - b.end || a.start - b.start
}

/** All records of the time in question, in any order → nights and naps, oldest first, each decoded when it is taken. */
export function* nightsIn(
  frames: readonly SleepFrame[],
  userId: string,
  { rules, units }: SleepOptions
): Generator<NightOfRows, void, undefined> {
  for (const [first, ...others] of joinParts(frames, rules.joinMinutes)) {
    const rowOf = (frame: SleepFrame) => rowIn(units, parseSleep(frame, userId))
    const rows = [rowOf(first), ...others.map(rowOf)] as const
    yield { night: nightOf(rows, rules), rows }
  }
}

/**
 * Asks for all pages of a query and gives the nights that have something to be delivered. Of a night of which one
 * part is new, all parts are read again. Throws what `FetchContext.call` throws.
 */
export async function syncSleep(
  context: FetchContext,
  options: SleepOptions,
  { query, stored }: SyncRequest
): Promise<SleepResult> {
  const { userId } = context
  const { rows, problems, cursor } = await sync(context, SLEEP_SOURCE, { query, stored })
  const goesOn = query.kind === 'new' && stored?.userId === userId
  const around = goesOn ? await framesAround(context, rows) : []
  const fresh = new Set(rows.map(({ id }) => id))
  const all = new Map([...around, ...rows].map(row => [row.id, row]))
  const nights: NightOfRows[] = []
  await inSlices(nightsIn([...all.values()], userId, options), found => {
    const { day, timezone } = found.night
    if (found.rows.some(({ id }) => fresh.has(id)) && withinDays(query, day, timezone)) nights.push(found)
  })
  return { nights, problems, cursor }
}

/** What became of a night that had no score: whole, if it changed since it was sent. */
export async function readUnscored(
  context: FetchContext,
  options: SleepOptions,
  { id, day, modified }: Unscored
): Promise<NightOfRows[]> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  // A sleep that went on ends on another day than it did before.
  const days = { firstDay: day, lastDay: daysLater(day, 1) }
  const query: Query = { kind: 'span', from: noon, until: noon, ...days }
  const { nights } = await syncSleep(context, options, { query })
  const found = nights.find(({ rows }) => rows.some(row => row.id === id))
  return found && (found.night.scored || found.night.modified !== modified) ? [found] : []
}

/** The cursor once these nights were delivered beside it, so that the next run does not send them again. */
export function advancedBy(
  stored: Cursor | undefined,
  userId: string,
  nights: readonly NightOfRows[]
): Cursor {
  const cursor = stored?.userId === userId ? stored : undefined
  const rows = nights.flatMap(night => night.rows)
  const unreadable = cursor?.unreadable ?? []
  return advanced(cursor, userId, { upTo: undefined, rows, listed: [], unreadable }, LATE)
}

function rowIn(units: SleepOptions['units'], row: SleepRow): SleepRow {
  return units === 'metric' ? row : { ...row, readings: row.readings.map(toImperial) }
}

/** What lies around records, oldest first; one span for those of neighbouring days. */
async function framesAround(context: FetchContext, rows: readonly SleepFrame[]): Promise<SleepFrame[]> {
  const spans: { from: number; until: number }[] = []
  for (const { start, end } of rows) {
    const last = spans.at(-1)
    if (last && start - last.until < 2 * DAY) last.until = end
    else spans.push({ from: start, until: end })
  }
  const found: SleepFrame[] = []
  for (const span of spans) {
    const query: Query = { kind: 'span', ...span }
    const result = await sync(context, SLEEP_SOURCE, { query })
    for (const row of result.rows) found.push(row)
  }
  return found
}
