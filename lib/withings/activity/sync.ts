import type { FetchContext } from '../api/client'
import { dataFields, type Field } from '../readings/fields'
import type { Cursor } from '../sync/cursor'
import { dayFilter, withinDays } from '../sync/local-day-range'
import type { Query } from '../sync/query'
import { CHANGE_OVERLAP, type Problem, type RowSource } from '../sync/row'
import { sync } from '../sync/sync'
import { type Day, dayFormat, type DayRow } from './days'
import { DAY_FIELDS, WORKOUT_FIELDS } from './fields'
import { type Workout, workoutFormat, type WorkoutRow } from './workouts'

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
    within: (query, { item }) => withinDays(query, item.day, item.timezone),
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
function workoutIsWithin(query: Query, { item }: { item: Workout }): boolean {
  if (query.kind === 'new') return true
  if (query.firstDay !== undefined || query.lastDay !== undefined) {
    return withinDays(query, item.day, item.timezone)
  }
  const [start, end] = [Date.parse(item.startDate) / 1000, Date.parse(item.endDate) / 1000]
  return end >= query.from && (query.until === undefined || start <= query.until)
}

/** The first day of a user from `from` to `until`, in Unix seconds; undefined when Withings knows of none. */
export async function firstDay(context: FetchContext, from: number, until: number): Promise<Day | undefined> {
  const { rows } = await sync(context, daysSource(context), { query: { kind: 'span', from, until } })
  return rows[0]?.item
}

/** The days of a user that changed since a server time in Unix seconds, oldest first. */
export async function changedDays(
  context: FetchContext,
  since: number
): Promise<{ days: Day[]; problems: Problem[] }> {
  const stored: Cursor = { userId: context.userId, upTo: since, delivered: [] }
  const query: Query = { kind: 'new', days: 0 }
  const { rows, problems } = await sync(context, daysSource(context), { query, stored })
  return { days: rows.map(({ item }) => item), problems }
}

/** The zone in which a user spent a day, `YYYY-MM-DD`; UTC where Withings knows nothing of that day. */
export async function zoneOfDay(context: FetchContext, day: string): Promise<string> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  const query: Query = { kind: 'span', from: noon, until: noon, firstDay: day, lastDay: day }
  const { rows } = await sync(context, daysSource(context), { query })
  return rows.at(-1)?.item.timezone ?? 'UTC'
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
