/** Narrow views on what a server sent: each gives the value in the wanted type, or undefined. */
export type JsonObject = Readonly<Record<string, unknown>>

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
  return `${(integer - rest) / 1e6}${threeDigits[Math.floor(rest / 1000)] as string}${threeDigits[rest % 1000] as string}`
}

/** Nobody has measured anything in 2100 yet: what lies behind is a wrong clock, or milliseconds. */
export const LAST_DATE = Date.UTC(2100, 0, 1) / 1000
const DAY = 1440 // minutes
const two = threeDigits.slice(0, 60).map(digits => digits.slice(1))
/** `23:59:` by the minute of the day, and what follows by the second. */
const minutes = two.slice(0, 24).flatMap(hour => two.map(minute => `${hour}:${minute}:`))
const ends = two.map(second => `${second}.000Z`)
/** `2026-11-22T` by the number of the day; a history asks for the same days again and again. */
const midnights = new Map<number, string>()
let last = { day: NaN, midnight: '' }

/**
 * ISO 8601 in UTC of a Unix time in seconds; undefined for what is no date, 0 included. Whole seconds are put
 * together from the text of their day, for toISOString alone would cost more than parsing the whole answer.
 */
export function asIsoDate(value: unknown): string | undefined {
  const seconds = asNumber(value)
  if (seconds === undefined || seconds <= 0 || seconds >= LAST_DATE) return undefined
  if (!Number.isInteger(seconds)) return new Date(seconds * 1000).toISOString()
  const minute = Math.floor(seconds / 60)
  const day = Math.floor(minute / DAY)
  return midnightOf(day) + (minutes[minute - day * DAY] as string) + (ends[seconds - minute * 60] as string)
}

function midnightOf(day: number): string {
  if (day === last.day) return last.midnight
  const midnight = midnights.get(day) ?? new Date(day * DAY * 60_000).toISOString().slice(0, 11)
  if (midnights.size >= 5_000) midnights.clear()
  midnights.set(day, midnight)
  last = { day, midnight }
  return midnight
}

/**
 * Unix seconds of something that was recorded, in whole ones; undefined for what is no such time. One from the future
 * would be the newest for good.
 */
export function asTime(value: unknown): number | undefined {
  const seconds = Math.floor(asNumber(value) ?? 0)
  return seconds > 0 && seconds < LAST_DATE ? seconds : undefined
}

/** Nothing that is known of a night or of a heart can be negative: -1 stands for "not computed". */
export function withoutNegatives(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => !isNegative(value)))
}

export function isNegative(value: unknown): boolean {
  return (asNumber(value) ?? 0) < 0
}
