import { SECONDS_PER_DAY, SECONDS_PER_HOUR } from '../../base/clock'
import { type Item, valuesOf } from '../readings/item-messages'
import { NAP, type Reading } from '../readings/reading'
import { utcOffset } from '../sync/local-days'
import { lastChangeOf, lastOf, longestOf, readingsOfParts, type SleepParts } from './join-parts'
import { isoOf, type NightEvent, type NightEventType, type SleepRow, valueIn } from './summary'

/** What the user can change about how records become nights and naps. */
export interface NightRules {
  /** A sleep that takes fewer hours may be a nap; 0: nothing is one. */
  napHours: number
  /** It is one if its middle lies from this local hour … */
  napFrom: number
  /** … until this one. */
  napUntil: number
  /** What begins fewer minutes after the last part belongs to the same night; 0: nothing is joined. */
  joinMinutes: number
}

/** Those of a dropped node. */
export const USUAL_NIGHT_RULES: NightRules = { napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 }

/** A night or a nap, with all its parts as one. Dates are ISO 8601 in UTC; null where nobody knows. */
export interface Night extends Item {
  kind: 'night' | 'nap'
  /** Id at Withings of the first part. */
  id: string
  /** Local day of waking up, `YYYY-MM-DD`. */
  day: string
  timezone: string
  model: string | null
  source: string
  startDate: string
  endDate: string
  inBedDate: string
  asleepDate: string | null
  awakeDate: string | null
  outOfBedDate: string
  /** Withings has given a score and is done with all parts. */
  scored: boolean
  completed: boolean
  /** Last change at Withings. */
  modified: string
  events: NightEvent[]
  /** What Withings recorded apart, oldest first; one for a night without a break. */
  parts: NightPart[]
  /** By the type of the reading, as are those of the parts. */
  values: Record<string, Reading['value']>
}

export interface NightPart {
  id: string
  startDate: string
  endDate: string
  events: NightEvent[]
  values: Record<string, Reading['value']>
}

/** A night and the rows that it is made of. */
export interface NightWithRows {
  night: Night
  rows: SleepParts
}

/** All that belongs to one sleep → a night or a nap. */
export function nightOf(parts: SleepParts, rules: NightRules): Night {
  const [first, last] = [parts[0], lastOf(parts)]
  const kind = isNap(first, last, rules) ? 'nap' : 'night'
  const named = (readings: Reading[]) =>
    kind === 'nap' ? readings.map(reading => ({ ...reading, type: NAP + reading.type })) : readings
  const readings = named(readingsOfParts(parts))
  const completed = parts.every(part => part.completed)
  const { id, userId, deviceId, model, source } = first
  const { day, timezone } = last
  return {
    kind,
    ...{ id, day, timezone, userId, deviceId, model, source },
    startDate: isoOf(first.start),
    endDate: isoOf(last.end),
    ...timesOf(parts),
    scored: completed && valueIn(longestOf(parts), 'sleep_score') !== undefined,
    completed,
    modified: isoOf(lastChangeOf(parts)),
    events: parts.flatMap(part => part.events),
    parts: parts.map(part => ({
      id: part.id,
      startDate: isoOf(part.start),
      endDate: isoOf(part.end),
      events: part.events,
      values: valuesOf(named(part.readings))
    })),
    values: valuesOf(readings),
    readings
  }
}

/** Short, and by day in the zone of whoever slept: a short night is still a night. */
function isNap(
  { start }: SleepRow,
  { end, timezone }: SleepRow,
  { napHours, napFrom, napUntil }: NightRules
): boolean {
  const middle = (start + end) / 2
  const hour =
    ((((middle + utcOffset(middle, timezone)) % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY) /
    SECONDS_PER_HOUR
  const within = napFrom < napUntil ? hour >= napFrom && hour < napUntil : hour >= napFrom || hour < napUntil
  return end - start < napHours * SECONDS_PER_HOUR && within
}

/** From the events; else from the bounds of the record and the times it took to fall asleep and to get up. */
function timesOf(parts: SleepParts): Pick<Night, 'inBedDate' | 'asleepDate' | 'awakeDate' | 'outOfBedDate'> {
  const [first, last] = [parts[0], lastOf(parts)]
  const events = parts.flatMap(part => part.events)
  const dates = (...types: NightEventType[]) =>
    events.filter(({ type }) => types.includes(type)).map(({ date }) => date)
  const latency = valueIn(first, 'sleep_latency') ?? Infinity
  const wakeupLatency = valueIn(last, 'wakeup_latency') ?? Infinity
  const [asleep, awake] = [first.start + latency, last.end - wakeupLatency]
  return {
    inBedDate: dates('got_in_bed')[0] ?? isoOf(first.start),
    asleepDate: dates('fell_asleep', 'manual_sleep_start')[0] ?? (asleep <= first.end ? isoOf(asleep) : null),
    awakeDate: dates('woke_up', 'manual_sleep_end').at(-1) ?? (awake >= last.start ? isoOf(awake) : null),
    outOfBedDate: dates('left_bed').at(-1) ?? isoOf(last.end)
  }
}

/**
 * The newest night and the newest nap, oldest first; each whole, for values of two nights do not belong together. Of
 * two devices that recorded the same sleep it is the one with a score, else the one that measured more, else the longer
 * one: a mat knows of snoring and of the bed, a watch that was put on late knows half a night.
 */
export function newestSleeps(nights: readonly Night[]): Night[] {
  return (['night', 'nap'] as const)
    .flatMap(kind => newestOf(nights.filter(night => night.kind === kind)) ?? [])
    .sort((a, b) => a.endDate.localeCompare(b.endDate))
}

function newestOf(nights: readonly Night[]): Night | undefined {
  const [first, ...others] = nights
  if (!first) return undefined
  const last = others.reduce((newest, night) => (night.endDate >= newest.endDate ? night : newest), first)
  // Nights that overlap are the same sleep.
  return nights
    .filter(night => night === last || (night.startDate < last.endDate && night.endDate > last.startDate))
    .reduce(better, last)
}

function better(best: Night, night: Night): Night {
  const order =
    Number(night.scored) - Number(best.scored) ||
    night.readings.length - best.readings.length ||
    lengthOf(night) - lengthOf(best)
  return order > 0 ? night : best
}

function lengthOf({ startDate, endDate }: Night): number {
  return Date.parse(endDate) - Date.parse(startDate)
}
