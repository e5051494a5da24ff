import { DAY_MS, SECONDS_PER_DAY, SECONDS_PER_HOUR, SECONDS_PER_MINUTE } from '../../base/clock'
import type { Query } from './query'
import type { Filter } from './row'

const MOST_ZONES = 100
const formats = new Map<string, Intl.DateTimeFormat | undefined>()

/** False for a zone that Node.js does not know: a wrong one, or one of a newer tz database. */
export function isZone(name: string): boolean {
  return formatOf(name) !== undefined
}

/** Seconds by which clocks of the zone are ahead of UTC at an instant in Unix seconds; 0 for an unknown zone. */
export function utcOffset(instant: number, zone: string): number {
  // `1/1/2026, GMT+05:30`; seconds before the zone had its time, `GMT` in UTC.
  const text = formatOf(zone)?.format(instant * 1000) ?? ''
  const [, sign, hours = 0, minutes = 0, seconds = 0] = /GMT(.)(\d+):(\d+):?(\d+)?/.exec(text) ?? []
  const offset = Number(hours) * SECONDS_PER_HOUR + Number(minutes) * SECONDS_PER_MINUTE + Number(seconds)
  return sign === '-' ? -offset : offset
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone)
  if (formats.size >= MOST_ZONES) formats.clear()
  let format: Intl.DateTimeFormat | undefined
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  } catch {
    // Unknown, which is worth remembering too.
  }
  formats.set(zone, format)
  return format
}

/** The local day, `YYYY-MM-DD`, of an instant in Unix seconds. */
export function dayOf(instant: number, zone = 'UTC'): string {
  return new Date((instant + utcOffset(instant, zone)) * 1000).toISOString().slice(0, 10)
}

/** When a local day begins, in Unix seconds; days in March and October have 23 and 25 hours in many zones. */
export function startOfDay(day: string, zone = 'UTC'): number {
  const wall = Date.parse(`${day}T00:00:00Z`) / 1000
  const guess = wall - utcOffset(wall, zone)
  const start = wall - utcOffset(guess, zone)
  // Where clocks go forward at midnight, no such instant exists: the day begins an hour later.
  return dayOf(start, zone) < day ? guess : start
}

/** When the next local day begins, in Unix seconds. */
export function endOfDay(day: string, zone = 'UTC'): number {
  return startOfDay(daysLater(day, 1), zone)
}

export function daysLater(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** Of years in which anybody measured. */
const ISO_DAY = /^(1\d|20)\d{2}-\d{2}-\d{2}$/

/** A day of the calendar as Withings writes it; undefined for anything else. */
export function asDay(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ISO_DAY.test(value)) return undefined
  const midnight = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(value) ? value : undefined
}

/**
 * Filter of the calls that count in local days. A row's zone stands in the row only, and somewhere on earth it is
 * already tomorrow or still yesterday, so one more day is asked for on both sides: `withinDays` decides. Nothing lies
 * before 1970, nor would Withings understand it.
 */
export function dayFilter(from: number, until: number): Filter {
  return {
    startdateymd: daysLater(dayOf(Math.max(SECONDS_PER_DAY, from)), -1),
    enddateymd: daysLater(dayOf(Math.max(from, until)), 1)
  }
}

/**
 * Filter of the calls that count in instants, from `from` to `until` in Unix seconds, which a part of a day may give
 * fractions. Withings refuses an end before the start; here that finds nothing. Where the query names days of whatever
 * zone, one more day is asked for on both sides: `isNamedDay` decides.
 */
export function spanFilter(query: Query, from: number, until: number): Filter {
  const { firstDay, lastDay } = namedDays(query)
  const start = Math.max(1, Math.floor(firstDay === undefined ? from : from - SECONDS_PER_DAY))
  const end = Math.ceil(lastDay === undefined ? until : until + 2 * SECONDS_PER_DAY)
  return { startdate: String(start), enddate: String(Math.max(start, end)) }
}

/** Whether a message named days rather than instants. */
export function namesDays(query: Query): boolean {
  const { firstDay, lastDay } = namedDays(query)
  return (firstDay ?? lastDay) !== undefined
}

/** Whether a local `day` is among those that a message named; any day is where it named none. */
export function isNamedDay(query: Query, day: string): boolean {
  const { firstDay = day, lastDay = day } = namedDays(query)
  return day >= firstDay && day <= lastDay
}

/** Whether a row of a local `day` in its `zone` belongs to what was asked for. */
export function withinDays(query: Query, day: string, zone: string): boolean {
  if (query.kind === 'new') return true
  const { from, until, firstDay, lastDay } = query
  const isAfter = firstDay !== undefined || endOfDay(day, zone) > from
  const isBefore = lastDay !== undefined || until === undefined || startOfDay(day, zone) <= until
  return isAfter && isBefore && isNamedDay(query, day)
}

function namedDays(query: Query): { firstDay?: string; lastDay?: string } {
  return query.kind === 'span' ? query : {}
}
