import { DAY_FIELDS, WORKOUT_FIELDS } from './activity-fields'
import type { Cursor } from './cursor'
import { dayFilter, withinDays } from './day-span'
import type { FetchContext } from './fetch-context'
import { dataFields, type Field } from './fields'
import { dayFormat, type Day, type DayRow } from './getactivity'
import { workoutFormat, type Workout, type WorkoutRow } from './getworkouts'
import { CHANGE_OVERLAP, type Problem, type RowSource } from './row'
import { runRows } from './rows-run'
import type { SpanPlan } from './span-plan'

/** What the calls of v2/measure have in common that list rows of local days (withings-api.md §5.1, §5.3). */
function listOfDays(action: 'getactivity' | 'getworkouts', fields: readonly Field[]) {
  const params = { action, data_fields: dataFields(fields) }
  return {
    request: { path: '/v2/measure', params, scope: 'user.activity' },
    span: dayFilter,
    changed: (since: number) => ({ lastupdate: String(since) }),
    overlap: CHANGE_OVERLAP
  } as const
}

export function daysSource({ userId, now }: Pick<FetchContext, 'userId' | 'now'>): RowSource<DayRow> {
  return {
    ...listOfDays('getactivity', DAY_FIELDS),
    ...dayFormat(userId, Math.floor(now() / 1000)),
    within: (plan, { item }) => withinDays(plan, item.day, item.timezone),
    order: ({ item: a }, { item: b }) => compare(a.day, b.day) || compare(a.date, b.date)
  }
}

export function workoutsSource({ userId }: Pick<FetchContext, 'userId'>): RowSource<WorkoutRow> {
  return {
    ...listOfDays('getworkouts', WORKOUT_FIELDS),
    ...workoutFormat(userId),
    within: workoutIsWithin,
    order: ({ item: a }, { item: b }) => compare(a.startDate, b.startDate) || compare(a.id, b.id)
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
export async function firstDay(context: FetchContext, from: number, until: number): Promise<Day | undefined> {
  const { rows } = await runRows(context, daysSource(context), { plan: { kind: 'span', from, until } })
  return rows[0]?.item
}

/** The days of a user that changed since a server time in Unix seconds, oldest first. */
export async function changedDays(
  context: FetchContext,
  since: number
): Promise<{ days: Day[]; problems: Problem[] }> {
  const stored: Cursor = { userId: context.userId, upTo: since, delivered: [] }
  const plan: SpanPlan = { kind: 'new', days: 0 }
  const { rows, problems } = await runRows(context, daysSource(context), { plan, stored })
  return { days: rows.map(({ item }) => item), problems }
}

/** The zone in which a user spent a day, `YYYY-MM-DD`; UTC where Withings knows nothing of that day. */
export async function zoneOfDay(context: FetchContext, day: string): Promise<string> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  const plan: SpanPlan = { kind: 'span', from: noon, until: noon, firstDay: day, lastDay: day }
  const { rows } = await runRows(context, daysSource(context), { plan })
  return rows.at(-1)?.item.timezone ?? 'UTC'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
