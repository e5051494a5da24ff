import type { Clock } from '../clock'
import type { CallOptions, WithingsClient } from './client'
import { advanced, type Cursor } from './cursor'
import { dayFilter, withinDays } from './day-span'
import { SLEEP_DATA_FIELDS, sleepFormat, type SleepRow } from './getsleepsummary'
import { toImperial } from './imperial'
import type { JsonObject } from './json'
import { daysLater } from './local-days'
import { nightsOf, type NightOfRows, type NightRules } from './night'
import type { Filter, Problem, RowSource } from './row'
import { parseRowsPage } from './rows-page'
import { runRows } from './rows-run'
import type { Unscored } from './score-chase'
import { inSlices } from './slices'
import type { SpanPlan } from './span-plan'

/** Whose sleep is asked for, and how it is to be told. */
export interface SleepAsking {
  client: Pick<WithingsClient, 'call'>
  userId: string
  rules: NightRules
  units: 'metric' | 'imperial'
  clock: Clock
  options: CallOptions
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

/**
 * Asks for all pages of a plan and gives the nights that have something to be delivered. Of a night of which one
 * part is new, all parts are read again. Throws what `WithingsClient.call` throws.
 */
export async function runSleep(
  asking: SleepAsking,
  plan: SpanPlan,
  stored: Cursor | undefined
): Promise<SleepResult> {
  const { userId, clock } = asking
  const { rows, problems, cursor } = await runRows(sourceOf(asking), userId, plan, stored, clock)
  const goesOn = plan.kind === 'new' && stored?.userId === userId
  const around = goesOn ? await rowsAround(asking, rows) : []
  const fresh = new Set(rows.map(({ id }) => id))
  const all = new Map([...around, ...rows].map(row => [row.id, row]))
  const converted: SleepRow[] = []
  await inSlices(all.values(), row => converted.push(...rowsIn(asking.units, [row])))
  const nights = (await nightsOf(converted, asking.rules))
    .filter(night => night.rows.some(({ id }) => fresh.has(id)))
    .filter(({ night }) => withinDays(plan, night.day, night.timezone))
  return { nights, problems, cursor }
}

/** What became of nights that had no score: those that changed since they were told, whole, oldest first. */
export async function readUnscored(asking: SleepAsking, due: readonly Unscored[]): Promise<NightOfRows[]> {
  const changed = new Map<string, NightOfRows>()
  for (const { id, day, modified } of due) {
    const noon = Date.parse(`${day}T12:00:00Z`) / 1000
    // A sleep that went on ends on another day than it did before.
    const days = { firstDay: day, lastDay: daysLater(day, 1) }
    const { nights } = await runSleep(asking, { kind: 'span', from: noon, until: noon, ...days }, undefined)
    const found = nights.find(({ rows }) => rows.some(row => row.id === id))
    if (found && (found.night.scored || found.night.modified !== modified)) changed.set(found.night.id, found)
  }
  return [...changed.values()].sort((a, b) => (a.night.endDate < b.night.endDate ? -1 : 1))
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

export function rowsIn(units: SleepAsking['units'], rows: SleepRow[]): SleepRow[] {
  return units === 'metric' ? rows : rows.map(row => ({ ...row, readings: row.readings.map(toImperial) }))
}

/** Body of one page of getsummary. */
export function callGetsummary(
  { client, options }: Pick<SleepAsking, 'client' | 'options'>,
  filter: Filter,
  offset: number
): Promise<JsonObject> {
  const params = {
    action: 'getsummary',
    data_fields: SLEEP_DATA_FIELDS,
    ...filter,
    ...(offset === 0 ? {} : { offset: String(offset) })
  }
  return client.call({ path: '/v2/sleep', params, scope: 'user.activity' }, options)
}

function sourceOf(asking: SleepAsking): RowSource<SleepRow> {
  return {
    page: async (filter, offset) =>
      parseRowsPage(await callGetsummary(asking, filter, offset), offset, sleepFormat(asking.userId)),
    span: dayFilter,
    changed: since => ({ lastupdate: String(since) }),
    overlap: LATE,
    order: (a, b) => a.end - b.end || a.start - b.start
  }
}

/** What lies around rows, oldest first; one span for those of neighbouring days. */
async function rowsAround(asking: SleepAsking, rows: readonly SleepRow[]): Promise<SleepRow[]> {
  const spans: { from: number; until: number }[] = []
  for (const { start, end } of rows) {
    const last = spans.at(-1)
    if (last && start - last.until < 2 * DAY) last.until = end
    else spans.push({ from: start, until: end })
  }
  const found: SleepRow[] = []
  for (const span of spans) {
    const plan: SpanPlan = { kind: 'span', ...span }
    const result = await runRows(sourceOf(asking), asking.userId, plan, undefined, asking.clock)
    for (const row of result.rows) found.push(row)
  }
  return found
}
