import { SECONDS_PER_DAY } from '../../base/clock'
import { hasCode } from '../../base/errors'
import { inSlices, sortedInSlices } from '../../base/slices'
import { DayDevices, type DayRow, withDevice } from '../activity/days'
import { daysSource, workoutsSource } from '../activity/sync'
import type { WorkoutRow } from '../activity/workouts'
import type { FetchContext } from '../api/client'
import { HEART_LIST } from '../heart/ecg'
import { recordingsSource, STETHOSCOPE_LIST } from '../heart/recordings'
import { measuresSource } from '../measures/sync'
import { readingsIn, readingsOfRows, type Units } from '../readings/item-messages'
import { isUncertain } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import type { NightRules } from '../sleep/night'
import type { SleepRecord } from '../sleep/summary'
import { nightsIn, SLEEP_SOURCE } from '../sleep/sync'
import type { Query } from '../sync/query'
import type { Row, RowOfReadings, RowSource } from '../sync/row'
import { fetchPage, readPages } from '../sync/sync'

/** Everything that has a date of its own; what stands for "now" only, goals and devices, is no history. */
export type ChapterName = 'recordings' | 'stethoscope' | 'workouts' | 'days' | 'nights' | 'measures'

/** How the nodes of a flow decode the same data, so that the history agrees with them. */
export interface HistoryOptions {
  measures: { units: Units }
  days: { units: Units; external: 'include' | 'exclude' }
  workouts: { units: Units; external: 'include' | 'exclude' }
  sleep: NightRules & { units: Units }
}

export interface HistoryQuery {
  /** Unix seconds. */
  from: number
  until: number
  options: HistoryOptions
}

export interface YearSpan {
  /** The newest one. */
  year: number
  years: number
}

export interface HistoryPlace extends YearSpan {
  chapter: ChapterName
}

/** What to read next, by chapter; finished chapters are missing. */
export type Unread = Readonly<Partial<Record<ChapterName, YearSpan>>>

export interface HistorySlice {
  /** Newest first. */
  readings: Reading[]
  /** Number of rows or values that cannot be used. */
  problems: number
  /** Number of rows that Withings sent. */
  rows: number
  /** The chapter has nothing older. */
  isLast: boolean
}

type Span = Extract<Query, { kind: 'span' }> & { until: number }

/** With what the rows of a slice were requested. */
interface SliceContext {
  context: FetchContext
  options: HistoryOptions
  /** A little more than the slice, within the query of the history. */
  query: Span
}

type MakeSource<R extends Row> = (context: FetchContext, query: Span) => RowSource<R>
type Readings = Iterable<Reading> | Promise<Iterable<Reading>>
type ReadingsOf<R> = (rows: readonly R[], slice: SliceContext) => Readings
type ReadSlice = (context: FetchContext, query: HistoryQuery, span: YearSpan) => Promise<HistorySlice>

const heartSource = (context: FetchContext, query: Span) => recordingsSource(context, HEART_LIST, query)

const CHAPTERS: Readonly<Record<ChapterName, ReadSlice>> = {
  recordings: chapterOf(heartSource, readingsOfRows),
  stethoscope: chapterOf(
    (context, query) => recordingsSource(context, STETHOSCOPE_LIST, query),
    readingsOfStethoscope
  ),
  workouts: chapterOf(workoutsSource, readingsOfActivity),
  days: chapterOf(daysSource, readingsOfDays),
  nights: chapterOf(() => SLEEP_SOURCE, readingsOfNights),
  measures: chapterOf(
    ({ userId }, query) => measuresSource(userId, { ...query, types: [] }),
    (rows, { options }) =>
      readingsIn(options.measures.units, readingsOfRows(rows)).filter(({ source }) => !isUncertain(source))
  )
}

/** In the order in which a year is read. */
export const CHAPTER_NAMES = Object.keys(CHAPTERS) as ChapterName[]

/**
 * Reads some years of a chapter, to be called from now backwards: each feature's first value in Gladys has to be its
 * newest (gladys.md, "real server" no. 1). Throws what `FetchContext.call` throws.
 */
export function readSlice(
  context: FetchContext,
  query: HistoryQuery,
  place: HistoryPlace
): Promise<HistorySlice> {
  return CHAPTERS[place.chapter](context, query, place)
}

/** Each chapter from its newest year. */
export function allUnread({ until }: Pick<HistoryQuery, 'until'>): Unread {
  const newest = { year: yearOf(until), years: 1 }
  return Object.fromEntries(CHAPTER_NAMES.map(chapter => [chapter, newest]))
}

/** The newest unread years; undefined when everything was read. */
export function nextPlace(unread: Unread): HistoryPlace | undefined {
  let next: HistoryPlace | undefined
  for (const chapter of CHAPTER_NAMES) {
    const span = unread[chapter]
    if (span && (next === undefined || span.year > next.year)) next = { chapter, ...span }
  }
  return next
}

/** With fewer rows in a slice the next one covers more years, with more than MANY only one. */
const FEW = 300
const MANY = 1_500
const MOST_YEARS = 16

/** What is left after a place was read. */
export function unreadAfter(
  unread: Unread,
  { chapter, year, years }: HistoryPlace,
  { rows, isLast }: Pick<HistorySlice, 'rows' | 'isLast'>
): Unread {
  const { [chapter]: _read, ...others } = unread
  if (isLast) return others
  const next = rows > MANY ? 1 : rows < FEW ? Math.min(2 * years, MOST_YEARS) : years
  return { ...others, [chapter]: { year: year - years, years: next } }
}

function chapterOf<R extends Row>(makeSource: MakeSource<R>, readingsOf: ReadingsOf<R>): ReadSlice {
  return async (context, history, years) => {
    const slice = boundsOf(history, years)
    // The parts of a night, and a day in its own zone, may reach over the end of a year.
    const query: Span = {
      kind: 'span',
      from: Math.max(history.from, slice.from - SECONDS_PER_DAY),
      until: Math.min(history.until, slice.until + SECONDS_PER_DAY)
    }
    const source = makeSource(context, query)
    const { rows, problems } = await readWhole(context, source, query)
    const readings: Reading[] = []
    await inSlices(await readingsOf(rows, { context, options: history.options, query }), reading => {
      const at = Date.parse(reading.date) / 1000
      if (at >= slice.from && at < slice.until) readings.push(reading)
    })
    let isLast = slice.from === -Infinity
    if (!isLast && rows.length === 0) {
      const older = source.span(history.from, slice.from)
      const { raws, next } = await fetchPage(context, source, { filter: older, offset: 0 })
      isLast = raws.length === 0 && next === undefined
    }
    return {
      readings: await sortedInSlices(readings, newestFirst),
      problems: problems.length,
      rows: rows.length,
      isLast
    }
  }
}

/** The oldest slice is open towards the past, the newest one towards the future. */
function boundsOf({ from, until }: HistoryQuery, { year, years }: YearSpan): { from: number; until: number } {
  const first = year - years + 1
  return {
    from: first <= yearOf(from) ? -Infinity : Date.UTC(first, 0) / 1000,
    until: year >= yearOf(until) ? Infinity : Date.UTC(year + 1, 0) / 1000
  }
}

/** Withings' answer to an offset that it no longer knows (withings-api.md §3). */
const INVALID_PARAMS = 503
const MOST_BEGINNINGS = 4

/** All pages; restarts at the first one when Withings forgets the offset that it gave. */
async function readWhole<R extends Row>(context: FetchContext, source: RowSource<R>, query: Span) {
  for (let beginning = 1; ; beginning += 1) {
    let pages = 0
    const call: FetchContext['call'] = async request => {
      const body = await context.call(request)
      pages += 1
      return body
    }
    try {
      return await readPages({ call }, source, { query, filter: source.span(query.from, query.until) })
    } catch (error) {
      if (pages === 0 || !isInvalidParams(error) || beginning === MOST_BEGINNINGS) throw error
    }
  }
}

/** Whether Withings refuses the parameters of a call, as it does with an offset that it forgot. */
export function isInvalidParams(error: unknown): boolean {
  return hasCode(error, 'WITHINGS_REFUSED') && error.params.status === INVALID_PARAMS
}

/** Of two readings for the same moment the one that was changed last goes first. */
function newestFirst(a: Reading, b: Reading): number {
  const [one, other] = a.date === b.date ? [a.modified, b.modified] : [a.date, b.date]
  return one < other ? 1 : one > other ? -1 : 0
}

/** A recording of the heart may contain the result of its stethoscope; that is left out here. */
async function readingsOfStethoscope(
  rows: readonly RowOfReadings[],
  { context, query }: SliceContext
): Promise<Reading[]> {
  if (rows.length === 0) return []
  const { rows: recordings } = await readWhole(context, heartSource(context, query), query)
  const keyOf = ({ type, deviceId, date }: Reading) => `${type} ${deviceId ?? ''} ${date}`
  const known = new Set(readingsOfRows(recordings).map(keyOf))
  return readingsOfRows(rows).filter(reading => !known.has(keyOf(reading)))
}

async function readingsOfDays(rows: readonly DayRow[], slice: SliceContext): Promise<Iterable<Reading>> {
  const trackers = rows.flatMap(({ tracker }) => tracker ?? [])
  const { devices } = await new DayDevices().list(slice.context, trackers)
  const complete = rows.map(row => withDevice(row, devices))
  return readingsOfActivity(complete, slice)
}

/** Without days that are not over. */
function* readingsOfActivity(
  rows: readonly (DayRow | WorkoutRow)[],
  { options: { days, workouts } }: SliceContext
): Generator<Reading, void, undefined> {
  for (const { item, readings } of rows) {
    const { units, external } = item.kind === 'workout' ? workouts : days
    const isOver = item.kind === 'workout' || !item.isToday
    const isWanted = isOver && (external === 'include' || item.brand === 'withings')
    if (isWanted) yield* readingsIn(units, readings)
  }
}

/** Without a night that is not over: Withings writes it while it goes on. */
function* readingsOfNights(
  records: readonly SleepRecord[],
  { context, options: { sleep: rules }, query }: SliceContext
): Generator<Reading, void, undefined> {
  for (const { night } of nightsIn(records, context.userId, { rules, units: rules.units })) {
    const end = Date.parse(night.endDate) / 1000
    const isSettled = night.completed || end < context.now() / 1000 - SECONDS_PER_DAY
    if (isSettled && end >= query.from && end <= query.until) yield* night.readings
  }
}

/** The calendar year in UTC of Unix seconds. */
export function yearOf(seconds: number): number {
  return new Date(seconds * 1000).getUTCFullYear()
}
