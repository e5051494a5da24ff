const DAY = 86_400
const MOST_ZONES = 100
const MOST_DAYS = 5_000

/** What is known of a zone: by UTC day, how far its clocks are ahead of UTC at the beginning of that day. */
interface Zone {
  format: Intl.DateTimeFormat
  offsets: Map<number, number>
}

const zones = new Map<string, Zone | undefined>()

/** Undefined for a zone that nobody knows, a wrong one of Withings or of a newer tz database. */
function zoneOf(name: string): Zone | undefined {
  if (!zones.has(name)) {
    if (zones.size >= MOST_ZONES) zones.clear()
    const format = makeFormat(name)
    zones.set(name, format && { format, offsets: new Map<number, number>() })
  }
  return zones.get(name)
}

export function isZone(name: string): boolean {
  return zoneOf(name) !== undefined
}

function makeFormat(zone: string): Intl.DateTimeFormat | undefined {
  const two = '2-digit'
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two
    })
  } catch {
    return undefined
  }
}

/**
 * Seconds by which clocks of the zone are ahead of UTC at an instant in Unix seconds; 0 for an unknown zone. Days on
 * which no clock is changed are remembered: asking Intl for each row of a history would cost more than all the rest.
 */
export function utcOffset(instant: number, zone: string): number {
  const known = zoneOf(zone)
  if (!known) return 0
  const day = Math.floor(instant / DAY)
  const offset = offsetAtStart(known, day)
  return offset === offsetAtStart(known, day + 1) ? offset : offsetIn(known, instant)
}

function offsetAtStart(zone: Zone, day: number): number {
  const { offsets } = zone
  let offset = offsets.get(day)
  if (offset === undefined) {
    if (offsets.size >= MOST_DAYS) offsets.clear()
    offset = offsetIn(zone, day * DAY)
    offsets.set(day, offset)
  }
  return offset
}

function offsetIn({ format }: Zone, instant: number): number {
  const part = new Map(format.formatToParts(instant * 1000).map(({ type, value }) => [type, Number(value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => part.get(type) ?? 0
  const wall = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return wall / 1000 - Math.floor(instant)
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
  return new Date((Date.parse(`${day}T00:00:00Z`) / 1000 + days * DAY) * 1000).toISOString().slice(0, 10)
}

/** Of years in which anybody measured. */
const ISO_DAY = /^(1\d|20)\d{2}-\d{2}-\d{2}$/

/** A day of the calendar as Withings writes it; undefined for anything else. */
export function asDay(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ISO_DAY.test(value)) return undefined
  const midnight = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(value) ? value : undefined
}
