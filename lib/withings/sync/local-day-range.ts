import { dayOf, daysLater, endOfDay, startOfDay } from './local-days'
import type { Query } from './query'
import type { Filter } from './row'

const DAY = 86_400

/**
 * Filter of the calls that count in local days. Which zone each row is in stands in the row only, and somewhere
 * on earth it is already tomorrow or still yesterday, so a day more is asked for on both sides: `withinDays` has
 * the last word. Nothing lies before 1970, nor would Withings understand it.
 */
export function dayFilter(from: number, until: number): Filter {
  return {
    startdateymd: daysLater(dayOf(Math.max(DAY, from)), -1),
    enddateymd: daysLater(dayOf(Math.max(from, until)), 1)
  }
}

/**
 * Filter of the calls that count in instants, from `from` to `until` in Unix seconds, which a part of a day may give
 * fractions. Withings refuses an end before the start: that finds nothing.
 */
export function spanFilter(from: number, until: number): Filter {
  const start = Math.max(1, Math.floor(from))
  return { startdate: String(start), enddate: String(Math.max(start, Math.ceil(until))) }
}

/**
 * From and until, in Unix seconds, of the calls that count in instants, where a message named days of whatever zone:
 * a day more on both sides, for `isNamedDay` has the last word.
 */
export function aroundNamedDays(query: Query, from: number, until: number): [from: number, until: number] {
  if (query.kind === 'new') return [from, until]
  const { firstDay, lastDay } = query
  return [firstDay === undefined ? from : from - DAY, lastDay === undefined ? until : until + 2 * DAY]
}

/** Whether a message named days rather than instants. */
export function namesDays(query: Query): boolean {
  return query.kind === 'span' && (query.firstDay ?? query.lastDay) !== undefined
}

/** Whether a local `day` is among those that a message named; any day is where it named none. */
export function isNamedDay(query: Query, day: string): boolean {
  if (query.kind === 'new') return true
  const { firstDay = day, lastDay = day } = query
  return day >= firstDay && day <= lastDay
}

/** Whether a row of a local `day` in its `zone` belongs to what was asked for. */
export function withinDays(query: Query, day: string, zone: string): boolean {
  if (query.kind === 'new') return true
  const { from, until, firstDay, lastDay } = query
  const after = firstDay === undefined ? endOfDay(day, zone) > from : day >= firstDay
  if (lastDay !== undefined) return after && day <= lastDay
  return after && (until === undefined || startOfDay(day, zone) <= until)
}
