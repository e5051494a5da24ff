import { SECONDS_PER_HOUR } from '../../base/clock'
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

/** A row whose readings are decoded with it. */
export interface RowOfReadings extends Row {
  readings: Reading[]
}

/** Something in an answer that could not be used, and its place, e.g. `measuregrps[3].measures[0]`. */
export interface Problem {
  place: string
  /** Id of the row that it is in, where that could be read. */
  id?: string
}

/** Problems beyond these are counted as one, `OTHERS`. */
const MOST_PROBLEMS = 100
export const OTHERS = 'others'

/** Adds a problem to those of a page or of a run. */
export function addProblem(problems: Problem[], problem: Problem): void {
  if (problems.length < MOST_PROBLEMS) problems.push(problem)
  else if (problems.length === MOST_PROBLEMS) problems.push({ place: OTHERS })
}

/** The same for a problem that comes again. */
export function problemKey({ id, place }: Problem): string {
  return id ?? place
}

/** Parameters that narrow a call down: `lastupdate`, or start and end of a span (withings-api.md §9). */
export type Filter = Readonly<Record<string, string>>

/** How the rows of one call are read. */
export interface RowFormat<R> {
  /** Where the list stands in the body. */
  list: string
  /** Undefined: unusable; null: to be skipped. `index`: place in the list; unusable parts go to `problems`. */
  decode: (raw: JsonObject, index: number, problems: Problem[]) => R | undefined | null
  /** Id of an unusable row, where it has one. */
  idOf: (raw: JsonObject) => string | undefined
}

/** A call that lists rows, and how they are synced. */
export interface RowSource<R extends Row> extends RowFormat<R> {
  /** Without its filter. */
  request: ApiRequest
  /** Filter for what happened from `from` to `until` (Unix seconds). */
  span(from: number, until: number): Filter
  /** Filter for what changed since a server time in Unix seconds. */
  changed(since: number): Filter
  /** Seconds that a run looks back behind the last one. */
  overlap: number
  /** Server time of an answer in Unix seconds, undefined when unknown; absent: the newest change it lists. */
  updatetime?(body: JsonObject): number | undefined
  /** Whether a row belongs to the query, for Withings is asked for more than that; absent: all do. */
  within?(query: Query, row: R, body: JsonObject): boolean
  /** Merges rows of one page with one id; absent: the one that was changed last stands. */
  merge?(a: R, b: R): R
  /** Oldest first. */
  order: (a: R, b: R) => number
}

/** Changes may become visible later than they are dated. */
export const CHANGE_OVERLAP = SECONDS_PER_HOUR
