import type { JsonObject } from '../../base/json'
import type { ApiRequest } from '../api/client'
import type { Reading } from '../readings/reading'
import type { Query } from './query'

/** What Withings lists, page by page: a group of measures, a day, a workout, a record of sleep, a recording. */
export interface Row {
  /** Unique among the rows of one call and user. */
  id: string
  /** Unix seconds of the last change. */
  modified: number
}

/** A row that is read at once. */
export interface RowOfReadings extends Row {
  readings: Reading[]
}

/** Something in an answer that could not be used, and its place, e.g. `measuregrps[3].measures[0]`. */
export interface Problem {
  place: string
  /** Id of the row that it is in, where that could be read. */
  id?: string
}

/** More of them are one: an answer may be nothing but problems. */
const MOST_PROBLEMS = 100
export const OTHERS = 'others'

/** Adds one to the problems of a page or of a run. */
export function note(problems: Problem[], problem: Problem): void {
  if (problems.length < MOST_PROBLEMS) problems.push(problem)
  else if (problems.length === MOST_PROBLEMS) problems.push({ place: OTHERS })
}

/** What tells a problem apart from others. */
export function problemKey({ id, place }: Problem): string {
  return id ?? place
}

/** What narrows a call down: `lastupdate`, or the start and the end of a span (withings-api.md §9). */
export type Filter = Readonly<Record<string, string>>

/** How the rows of one call are read. */
export interface RowFormat<R> {
  /** Where the list stands in the body. */
  list: string
  /**
   * Undefined for a row that cannot be used, null for one that is none. `index` is its place in the list; what of
   * it cannot be used is added to `problems`.
   */
  decode: (raw: JsonObject, index: number, problems: Problem[]) => R | undefined | null
  /** Id of an unusable row, where it has one. */
  idOf: (raw: JsonObject) => string | undefined
  /** When a row happened, as a number that grows with time. */
  dateOf: (raw: JsonObject) => number
}

/** A call that lists rows, and how they are followed. */
export interface RowSource<R extends Row> extends RowFormat<R> {
  /** Without what narrows it down. */
  request: ApiRequest
  /** Asks for what happened from `from` to `until` (Unix seconds). */
  span(from: number, until: number): Filter
  /** Asks for what changed since a server time in Unix seconds. */
  changed(since: number): Filter
  /** How far a run looks back behind the last one, in seconds. */
  overlap: number
  /** Server time of an answer in Unix seconds, undefined when it is not known; absent: the newest change it lists. */
  updatetime?(body: JsonObject): number | undefined
  /** Whether a row belongs to what was asked for, for Withings is asked for more than that; absent: all do. */
  within?(plan: Query, row: R, body: JsonObject): boolean
  /** Rows of one page with one id as one; absent: the one that was changed last stands. */
  unite?(a: R, b: R): R
  /** Oldest first. */
  order: (a: R, b: R) => number
}

/** Changes may become visible later than they are dated. */
export const CHANGE_OVERLAP = 3_600
