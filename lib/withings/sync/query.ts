import { SECONDS_PER_DAY } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { asObject, type JsonObject } from '../../base/json'

const MODES = ['new', 'period', 'all'] as const

/** Settings of a node that a message may override (design.md §2.4). */
export interface QuerySettings {
  mode: (typeof MODES)[number]
  /** Rolling days of 86,400 s; 0 means everything. */
  days: number
}

/** What one run asks Withings for: all that changed since the last run, or all that happened within a span. */
export type Query =
  | { kind: 'new'; days: number }
  | {
      kind: 'span'
      /** Unix seconds. */
      from: number
      /** Unix seconds; undefined: until now. */
      until: number | undefined
      /** The first and the last day, `YYYY-MM-DD`, where the message named days rather than instants. */
      firstDay?: string
      lastDay?: string
    }

/** The dates that narrow a run down (design.md §2.4). */
export const DATES = ['startDate', 'endDate'] as const
export type DateField = (typeof DATES)[number]

/** Where a node takes them from; without a type from the message, under their own names. */
export type SpanDates = { [Field in DateField]?: string } & { [Field in `${DateField}Type`]?: string }

/**
 * Node settings and `msg.mode`, `msg.startDate`, `msg.endDate` → query. `now` in Unix milliseconds.
 * Throws BAD_INPUT for an unknown mode, an unreadable date, or an end before its start.
 */
export function queryOf(settings: QuerySettings, message: unknown, now: number): Query {
  const msg = asObject(message) ?? {}
  const mode = modeOf(msg.mode) ?? settings.mode
  const start = dateOf(msg, 'startDate')
  const end = dateOf(msg, 'endDate')
  if (start !== undefined || end !== undefined) {
    if (start !== undefined && end !== undefined && end < start) {
      throw new CodedError('BAD_INPUT', 'wrongOrder')
    }
    const [firstDay, lastDay] = [namedDay(msg.startDate), namedDay(msg.endDate)]
    return {
      kind: 'span',
      from: start ?? 0,
      until: end,
      ...(firstDay !== undefined && { firstDay }),
      ...(lastDay !== undefined && { lastDay })
    }
  }
  if (mode === 'new') return { kind: 'new', days: settings.days }
  const isAll = mode === 'all' || settings.days === 0
  const from = isAll ? 0 : Math.floor(now / 1000) - settings.days * SECONDS_PER_DAY
  return { kind: 'span', from, until: undefined }
}

function modeOf(value: unknown): QuerySettings['mode'] | undefined {
  if (isAbsent(value)) return undefined
  const mode = MODES.find(known => known === value)
  if (!mode) throw new CodedError('BAD_INPUT', 'wrongMode', { modes: MODES.join(', ') })
  return mode
}

export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

/** Far in the future, yet well before milliseconds that were taken for seconds. */
const LATEST_SECOND = 1e11

/** ISO text, Date, Unix seconds or milliseconds → Unix seconds. */
function dateOf(msg: JsonObject, property: DateField): number | undefined {
  const value = msg[property]
  if (isAbsent(value)) return undefined
  const seconds = secondsOf(value)
  if (!(seconds >= 0 && seconds <= LATEST_SECOND)) {
    throw new CodedError('BAD_INPUT', 'wrongDate', { property })
  }
  return Math.floor(seconds)
}

const ISO_DATE = /^\d{4}-\d{2}(-\d{2})?(T.*)?$/
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/

/** Whether a text can stand for a date: a day, or an instant in ISO 8601. */
export function isIsoDate(text: string): boolean {
  return !Number.isNaN(isoSeconds(text.trim()))
}

/** NaN for what is no date. */
function secondsOf(value: unknown): number {
  if (typeof value === 'number') return asSeconds(value)
  if (value instanceof Date) return value.getTime() / 1000
  if (typeof value !== 'string') return NaN
  const text = value.trim()
  return /^\d+$/.test(text) ? asSeconds(Number(text)) : isoSeconds(text)
}

function isoSeconds(text: string): number {
  return ISO_DATE.test(text) ? Date.parse(text) / 1000 : NaN
}

/** Within a century a number can only be milliseconds, as `Date.now()` gives them. */
function asSeconds(time: number): number {
  return time >= Date.UTC(2001, 0) && time < Date.UTC(2101, 0) ? time / 1000 : time
}

function namedDay(value: unknown): string | undefined {
  return typeof value === 'string' && ISO_DAY.test(value.trim()) ? value.trim() : undefined
}
