import { SECONDS_PER_DAY, SECONDS_PER_HOUR } from '../../base/clock'
import { asIsoDate, asList, asNumber, asObject } from '../../base/json'

export type NightEventType =
  | 'got_in_bed'
  | 'fell_asleep'
  | 'woke_up'
  | 'left_bed'
  | 'manual_sleep_start'
  | 'manual_sleep_end'
  | `event_${string}`

/** What happened in a night, and when (ISO 8601). */
export interface NightEvent {
  type: NightEventType
  date: string
}

const TYPES: ReadonlyMap<string, NightEventType> = new Map([
  ['1', 'got_in_bed'],
  ['2', 'fell_asleep'],
  ['3', 'woke_up'],
  ['4', 'left_bed'],
  ['5', 'manual_sleep_start'],
  ['6', 'manual_sleep_end']
])

/** Events of a running night may be newer than its bounds. */
const SLACK = SECONDS_PER_HOUR
/** Of a night whose end is not known. */
const LONGEST = 7 * SECONDS_PER_DAY

/**
 * `night_events` (withings-api.md §6.2) of a night from `start` to `end` (Unix seconds) → events within the night, oldest
 * first; none for what cannot be read. They come as JSON text or as an object of lists by type. In a list, the first
 * number counts from the start of the night, the others from the one before; only where that would end after the
 * night, each counts from the start, as the specification says.
 */
export function parseNightEvents(value: unknown, start: number, end: number): NightEvent[] {
  const raw = asObject(typeof value === 'string' ? parseJson(value) : value) ?? {}
  const lists = Object.entries(raw).map(([type, list]) => ({
    type: TYPES.get(type) ?? (`event_${type}` as const),
    seconds: (asList(list) ?? []).map(asNumber).filter(second => second !== undefined)
  }))
  const length = end - start
  const summed = lists.map(({ type, seconds }) => {
    let sum = 0
    return { type, seconds: seconds.map(second => (sum += second)) }
  })
  const fits = (all: typeof lists) => all.every(({ seconds }) => seconds.every(second => second <= length))
  const chosen = !fits(summed) && fits(lists) ? lists : summed
  const latest = (Number.isNaN(length) ? LONGEST : length) + SLACK
  return chosen
    .flatMap(({ type, seconds }) => seconds.map(second => ({ type, second })))
    .filter(({ second }) => second >= 0 && second <= latest)
    .sort((a, b) => a.second - b.second)
    .flatMap(({ type, second }) => {
      const date = asIsoDate(start + second)
      return date === undefined ? [] : [{ type, date }]
    })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
