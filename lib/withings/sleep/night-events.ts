import { asIsoDate, asNumber, asObject } from '../../base/json'

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

/** The events may know more of a night that goes on than its bounds do. */
const SLACK = 3_600
/** Of a night whose end is not known. */
const LONGEST = 7 * 86_400

/**
 * `night_events` (withings-api.md §6.2) of a night from `start` to `end` (Unix seconds) → events, oldest first.
 * Comes as JSON text or as an object of lists by type. A list counts from the start of the night, each number
 * from the one before; where that would end after the night, and only then, each counts from the start, as the
 * specification has it. None for what cannot be read, and no event that lies outside the night.
 */
export function parseNightEvents(value: unknown, start: number, end: number): NightEvent[] {
  const lists = Object.entries(asObject(typeof value === 'string' ? parsed(value) : value) ?? {}).map(
    ([type, list]): [NightEventType, number[]] => [TYPES.get(type) ?? `event_${type}`, numbersOf(list)]
  )
  const length = end - start
  const summed = lists.map(([type, list]): (typeof lists)[number] => [type, sumsOf(list)])
  const fits = (each: typeof lists) => each.every(([, seconds]) => seconds.every(second => second <= length))
  const chosen = !fits(summed) && fits(lists) ? lists : summed
  const latest = (Number.isNaN(length) ? LONGEST : length) + SLACK
  return chosen
    .flatMap(([type, seconds]) => seconds.map(second => ({ type, second })))
    .filter(({ second }) => second >= 0 && second <= latest)
    .sort((a, b) => a.second - b.second)
    .flatMap(({ type, second }) => {
      const date = asIsoDate(start + second)
      return date === undefined ? [] : [{ type, date }]
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function numbersOf(value: unknown): number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  return list.map(asNumber).filter((number): number is number => number !== undefined)
}

function sumsOf(deltas: readonly number[]): number[] {
  let sum = 0
  return deltas.map(delta => (sum += delta))
}
