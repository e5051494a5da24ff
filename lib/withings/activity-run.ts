import type { Clock } from '../clock'
import { DAY_FIELDS, WORKOUT_FIELDS } from './activity-fields'
import type { CallOptions, WithingsClient } from './client'
import type { Cursor } from './cursor'
import { dayFilter, withinDays } from './day-span'
import { dataFields, type Field } from './fields'
import { dayFormat, type Day, type DayRow } from './getactivity'
import { workoutFormat, type Workout, type WorkoutRow } from './getworkouts'
import type { JsonObject } from './json'
import { CHANGE_OVERLAP, type Filter, type Problem, type Row, type RowSource } from './row'
import { parseRowsPage, type RowFormat } from './rows-page'
import { runRows, type RowsResult } from './rows-run'
import type { SpanPlan } from './span-plan'

/** Whose data is asked for, and how. */
export interface Asking {
  client: Pick<WithingsClient, 'call'>
  userId: string
  clock: Clock
  options: CallOptions
}

/** A call of v2/measure that lists rows of local days (withings-api.md §5.1, §5.3). */
export interface ActivityList<R extends Row> {
  action: 'getactivity' | 'getworkouts'
  fields: readonly Field[]
  /** `now` in Unix seconds. */
  format: (userId: string, now: number) => RowFormat<R>
  /** Whether a row belongs to what was asked for; Withings is asked for whole days and some more. */
  within: (plan: SpanPlan, row: R) => boolean
  order: (a: R, b: R) => number
}

export const DAYS: ActivityList<DayRow> = {
  action: 'getactivity',
  fields: DAY_FIELDS,
  format: dayFormat,
  within: (plan, { item }) => withinDays(plan, item.day, item.timezone),
  order: ({ item: a }, { item: b }) => compare(a.day, b.day) || compare(a.date, b.date)
}

export const WORKOUTS: ActivityList<WorkoutRow> = {
  action: 'getworkouts',
  fields: WORKOUT_FIELDS,
  format: workoutFormat,
  within: workoutIsWithin,
  order: ({ item: a }, { item: b }) => compare(a.startDate, b.startDate) || compare(a.id, b.id)
}

/** Asks for all pages of a plan and gives what is to be delivered. Throws what `WithingsClient.call` throws. */
export async function runActivity<R extends DayRow | WorkoutRow>(
  asking: Asking,
  list: ActivityList<R>,
  plan: SpanPlan,
  stored: Cursor | undefined
): Promise<RowsResult<R>> {
  const result = await runRows(sourceOf(asking, list), asking.userId, plan, stored, asking.clock)
  return { ...result, rows: result.rows.filter(row => list.within(plan, row)) }
}

/** Body of one page of a list. */
export function callActivity(
  { client, options }: Pick<Asking, 'client' | 'options'>,
  { action, fields }: Pick<ActivityList<Row>, 'action' | 'fields'>,
  filter: Filter,
  offset: number
): Promise<JsonObject> {
  const params = {
    action,
    data_fields: dataFields(fields),
    ...filter,
    ...(offset === 0 ? {} : { offset: String(offset) })
  }
  return client.call({ path: '/v2/measure', params, scope: 'user.activity' }, options)
}

function sourceOf<R extends DayRow | WorkoutRow>(asking: Asking, list: ActivityList<R>): RowSource<R> {
  return {
    page: async (filter, offset) => {
      const body = await callActivity(asking, list, filter, offset)
      return parseRowsPage(body, offset, list.format(asking.userId, Math.floor(asking.clock.now() / 1000)))
    },
    span: dayFilter,
    changed: since => ({ lastupdate: String(since) }),
    overlap: CHANGE_OVERLAP,
    order: list.order
  }
}

/** By its day where the message named days, else by its time. */
function workoutIsWithin(plan: SpanPlan, { item }: { item: Workout }): boolean {
  if (plan.kind === 'new') return true
  if (plan.firstDay !== undefined || plan.lastDay !== undefined) {
    return withinDays(plan, item.day, item.timezone)
  }
  const [start, end] = [Date.parse(item.startDate) / 1000, Date.parse(item.endDate) / 1000]
  return end >= plan.from && (plan.until === undefined || start <= plan.until)
}

/** The first day of a user from `from` to `until`, in Unix seconds; undefined when Withings knows of none. */
export async function firstDay(asking: Asking, from: number, until: number): Promise<Day | undefined> {
  const { rows } = await runActivity(asking, DAYS, { kind: 'span', from, until }, undefined)
  return rows[0]?.item
}

/** The days of a user that changed since a server time in Unix seconds, oldest first. */
export async function changedDays(
  asking: Asking,
  since: number
): Promise<{ days: Day[]; problems: Problem[] }> {
  const cursor: Cursor = { userId: asking.userId, upTo: since, delivered: [] }
  const { rows, problems } = await runActivity(asking, DAYS, { kind: 'new', days: 0 }, cursor)
  return { days: rows.map(({ item }) => item), problems }
}

/** The zone in which a user spent a day, `YYYY-MM-DD`; UTC where Withings knows nothing of that day. */
export async function zoneOfDay(asking: Asking, day: string): Promise<string> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  const plan: SpanPlan = { kind: 'span', from: noon, until: noon, firstDay: day, lastDay: day }
  const { rows } = await runActivity(asking, DAYS, plan, undefined)
  return rows.at(-1)?.item.timezone ?? 'UTC'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
