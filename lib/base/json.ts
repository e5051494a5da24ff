import { DAY_MS, SECONDS_PER_DAY } from './clock'

/** Narrow views on what a server sent: each gives the value in the wanted type, or undefined. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined
}

/** A list. An empty one was seen as an object without keys, and a single row without its list around it. */
export function asList(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[]
  const object = asObject(value)
  return object && (Object.keys(object).length === 0 ? [] : [object])
}

/** A number as people write it: no `0x10`, which JavaScript takes for 16. */
const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

/** A finite number, also one sent as text. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !DECIMAL.test(value)) return undefined
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : undefined
}

export function asInteger(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : asNumber(value)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

/** An integer above 0, as times and ids are. */
export function asPositive(value: unknown): number | undefined {
  const integer = asInteger(value)
  return integer !== undefined && integer > 0 ? integer : undefined
}

/** Text that says something. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** An id as text, whether it was sent as number or text (withings-api.md §11.2 no. 2). */
export function asId(value: unknown): string | undefined {
  const integer = asInteger(value)
  return integer === undefined ? asText(value) : digitsOf(integer)
}

const threeDigits = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))

/** JavaScript takes several times as long for an integer of more than 32 bits, which ids of groups are. */
function digitsOf(integer: number): string {
  if (integer < 2 ** 31) return String(integer)
  const rest = integer % 1e6
  return `${(integer - rest) / 1e6}${threeDigits[Math.floor(rest / 1000)]}${threeDigits[rest % 1000]}`
}

/** No measurement is younger than 2100: what claims to be comes from a wrong clock, or is in milliseconds. */
const LAST_DATE = Date.UTC(2100, 0, 1) / 1000

/**
 * ISO 8601 in UTC of a Unix time in seconds; undefined for what is no date, 0 included. Whole seconds are put
 * together from the text of their day: toISOString for each would cost more than parsing the answer.
 */
export function asIsoDate(value: unknown): string | undefined {
  const seconds = asNumber(value)
  if (seconds === undefined || seconds <= 0 || seconds >= LAST_DATE) return undefined
  if (!Number.isInteger(seconds)) return new Date(seconds * 1000).toISOString()
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  const second = seconds - day * SECONDS_PER_DAY
  const minute = Math.floor(second / 60)
  return midnightOf(day) + (minutesOfDay[minute] as string) + (ends[second - minute * 60] as string)
}

const twoDigits = threeDigits.slice(0, 60).map(digits => digits.slice(1))
/** `23:59:` by the minute of the day, and what follows by the second. */
const minutesOfDay = twoDigits.slice(0, 24).flatMap(hour => twoDigits.map(minute => `${hour}:${minute}:`))
const ends = twoDigits.map(second => `${second}.000Z`)
/** `2026-11-22T` by the number of the day; a history asks for the same days again and again. */
const midnights = new Map<number, string>()
const MOST_MIDNIGHTS = 5_000
let lastDay = NaN
let lastMidnight = ''

function midnightOf(day: number): string {
  if (day === lastDay) return lastMidnight
  lastDay = day
  lastMidnight = midnights.get(day) ?? newMidnight(day)
  return lastMidnight
}

function newMidnight(day: number): string {
  if (midnights.size >= MOST_MIDNIGHTS) midnights.clear()
  const midnight = new Date(day * DAY_MS).toISOString().slice(0, 11)
  midnights.set(day, midnight)
  return midnight
}

/** Whole Unix seconds of something that was recorded; undefined for what is no such time. */
export function asTime(value: unknown): number | undefined {
  const seconds = Math.floor(asNumber(value) ?? 0)
  return seconds > 0 && seconds < LAST_DATE ? seconds : undefined
}

/** Without "not computed", which Withings writes as -1: no value of a night or of a heart can be negative. */
export function withoutNegatives(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => !isNegative(value)))
}

export function isNegative(value: unknown): boolean {
  return (asNumber(value) ?? 0) < 0
}
