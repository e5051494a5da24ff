import { CodedError } from '../../base/errors'
import { asObject, type JsonObject } from '../../base/json'

/** Settings of a node that a message may override (design.md §2.4). */
export interface QuerySettings {
  mode: 'new' | 'period' | 'all'
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

const DAY = 86_400
const MODES = ['new', 'period', 'all'] as const
/** Far in the future, yet well before milliseconds that were taken for seconds. */
const LATEST_SECOND = 1e11
/** From here to there a number is a time of this century in milliseconds, as `Date.now()` gives it, or nothing. */
const FIRST_MILLISECOND = Date.UTC(2001, 0)
const LAST_MILLISECOND = Date.UTC(2101, 0) - 1

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
    const [firstDay, lastDay] = [dayOf(msg.startDate), dayOf(msg.endDate)]
    return {
      kind: 'span',
      from: start ?? 0,
      until: end,
      ...(firstDay !== undefined && { firstDay }),
      ...(lastDay !== undefined && { lastDay })
    }
  }
  if (mode === 'new') return { kind: 'new', days: settings.days }
  const from = mode === 'all' || settings.days === 0 ? 0 : Math.floor(now / 1000) - settings.days * DAY
  return { kind: 'span', from, until: undefined }
}

function modeOf(value: unknown): QuerySettings['mode'] | undefined {
  if (isAbsent(value)) return undefined
  const mode = MODES.find(known => known === value)
  if (!mode) throw new CodedError('BAD_INPUT', 'wrongMode', { modes: MODES.join(', ') })
  return mode
}

/** ISO text, Date, Unix seconds or milliseconds → Unix seconds. */
function dateOf(msg: JsonObject, property: 'startDate' | 'endDate'): number | undefined {
  const value = msg[property]
  if (isAbsent(value)) return undefined
  const seconds = secondsOf(value)
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0 || seconds > LATEST_SECOND) {
    throw new CodedError('BAD_INPUT', 'wrongDate', { property })
  }
  return Math.floor(seconds)
}

const ISO_DATE = /^\d{4}-\d{2}(-\d{2})?(T.*)?$/
/** Whether a text can stand for a date: a day, or an instant in ISO 8601. */
export function isIsoDate(text: string): boolean {
  return ISO_DATE.test(text.trim()) && !Number.isNaN(Date.parse(text.trim()))
}

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/

function secondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return asSeconds(value)
  if (value instanceof Date) return value.getTime() / 1000
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return asSeconds(Number(text))
  return ISO_DATE.test(text) ? Date.parse(text) / 1000 : undefined
}

function asSeconds(time: number): number {
  return time >= FIRST_MILLISECOND && time <= LAST_MILLISECOND ? time / 1000 : time
}

function dayOf(value: unknown): string | undefined {
  return typeof value === 'string' && ISO_DAY.test(value.trim()) ? value.trim() : undefined
}

export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

/** The dates that narrow a run down (design.md §2.4). */
export const DATES = ['startDate', 'endDate'] as const
export type DateField = (typeof DATES)[number]

/** Where a node takes them from; without a type from the message, under their own names. */
export type SpanDates = { [Field in DateField]?: string } & { [Field in `${DateField}Type`]?: string }
