import { dayOf, daysLater, endOfDay, startOfDay } from './local-days'
import type { Filter } from './row'
import type { SpanPlan } from './span-plan'

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

/** Whether a row of a local `day` in its `zone` belongs to what was asked for. */
export function withinDays(plan: SpanPlan, day: string, zone: string): boolean {
  if (plan.kind === 'new') return true
  const { from, until, firstDay, lastDay } = plan
  const after = firstDay === undefined ? endOfDay(day, zone) > from : day >= firstDay
  if (lastDay !== undefined) return after && day <= lastDay
  return after && (until === undefined || startOfDay(day, zone) <= until)
}
