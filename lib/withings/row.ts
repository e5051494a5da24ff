import type { Reading } from './reading'

/** What Withings lists, page by page: a group of measures, a day, a workout, a night, a recording. */
export interface Row {
  /** Unique among the rows of one call and user. */
  id: string
  /** Unix seconds of the last change. */
  modified: number
  readings: Reading[]
}

/** One answer of a call that lists rows. */
export interface RowsPage<R extends Row> {
  rows: R[]
  /** Server time of the answer in Unix seconds; undefined when it is not known. */
  updatetime: number | undefined
  /** Offset of the next page; undefined on the last one. */
  next: number | undefined
  problems: Problem[]
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

/** A call that lists rows. */
export interface RowSource<R extends Row> {
  /** `offset` is 0 for the first page, then `next` of the page before, with the same filter. */
  page(filter: Filter, offset: number): Promise<RowsPage<R>>
  /** Asks for what happened from `from` to `until` (Unix seconds). */
  span(from: number, until: number): Filter
  /** Asks for what changed since a server time in Unix seconds. */
  changed(since: number): Filter
  /** How far a run looks back behind the last one, in seconds. */
  overlap: number
  /** Oldest first. */
  order: (a: R, b: R) => number
}

/** Changes may become visible later than they are dated. */
export const CHANGE_OVERLAP = 3_600
