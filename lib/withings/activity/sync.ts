import { byText } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { dataFields, type Field } from '../readings/fields'
import type { Cursor } from '../sync/cursor'
import { dayFilter, namesDays, withinDays } from '../sync/local-days'
import type { Query } from '../sync/query'
import { CHANGE_OVERLAP, type Problem, type RowSource } from '../sync/row'
import { sync } from '../sync/sync'
import { type Day, dayFormat, type DayRow } from './days'
import { DAY_FIELDS, WORKOUT_FIELDS } from './fields'
import { type Workout, workoutFormat, type WorkoutRow } from './workouts'

/** getactivity and getworkouts list rows of local days (withings-api.md §5.1, §5.3). */
function listRequest(action: 'getactivity' | 'getworkouts', fields: readonly Field[]) {
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
    ...listRequest('getactivity', DAY_FIELDS),
    ...dayFormat(userId, Math.floor(now() / 1000)),
    within: (query, { item }) => withinDays(query, item.day, item.timezone),
    order: ({ item: a }, { item: b }) => byText(a.day, b.day) || byText(a.date, b.date)
  }
}

export function workoutsSource({ userId }: Pick<FetchContext, 'userId'>): RowSource<WorkoutRow> {
  return {
    ...listRequest('getworkouts', WORKOUT_FIELDS),
    ...workoutFormat(userId),
    within: (query, { item }) =>
      query.kind === 'new' ||
      (namesDays(query) ? withinDays(query, item.day, item.timezone) : overlaps(item, query)),
    order: ({ item: a }, { item: b }) => byText(a.startDate, b.startDate) || byText(a.id, b.id)
  }
}

function overlaps(
  { startDate, endDate }: Workout,
  { from, until = Infinity }: Query & { kind: 'span' }
): boolean {
  return Date.parse(endDate) / 1000 >= from && Date.parse(startDate) / 1000 <= until
}

/** The first day of a user from `from` to `until`, in Unix seconds; undefined when Withings knows of none. */
export async function fetchFirstDay(
  context: FetchContext,
  from: number,
  until: number
): Promise<Day | undefined> {
  const [day] = (await fetchDays(context, { kind: 'span', from, until })).days
  return day
}

/** The days of a user that changed since a server time in Unix seconds, oldest first. */
export function fetchChangedDays(
  context: FetchContext,
  since: number
): Promise<{ days: Day[]; problems: Problem[] }> {
  const stored = { userId: context.userId, upTo: since, delivered: [] }
  return fetchDays(context, { kind: 'new', days: 0 }, stored)
}

/** The zone in which a user spent a day, `YYYY-MM-DD`; UTC where Withings knows nothing of that day. */
export async function fetchZoneOfDay(context: FetchContext, day: string): Promise<string> {
  const noon = Date.parse(`${day}T12:00:00Z`) / 1000
  const query: Query = { kind: 'span', from: noon, until: noon, firstDay: day, lastDay: day }
  return (await fetchDays(context, query)).days.at(-1)?.timezone ?? 'UTC'
}

async function fetchDays(context: FetchContext, query: Query, stored?: Cursor) {
  const { rows, problems } = await sync(context, daysSource(context), { query, stored })
  return { days: rows.map(({ item }) => item), problems }
}
