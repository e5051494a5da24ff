import { hasCode } from '../../base/errors'
import { inSlices, sortedInSlices } from '../../base/slices'
import { DayDevices, withDevice } from '../activity/day-devices'
import type { DayRow } from '../activity/days'
import { daysSource, workoutsSource } from '../activity/sync'
import type { WorkoutRow } from '../activity/workouts'
import type { FetchContext } from '../api/client'
import { HEART_LIST, recordingsSource, STETHOSCOPE_LIST } from '../heart/sync'
import { measuresSource } from '../measures/sync'
import { readingsIn, type Units } from '../readings/item-messages'
import { isUncertain } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import type { Night, NightRules } from '../sleep/night'
import type { SleepFrame } from '../sleep/summary'
import { nightsIn, SLEEP_SOURCE } from '../sleep/sync'
import { fetchPage } from '../sync/page'
import type { Query } from '../sync/query'
import type { Row, RowOfReadings, RowSource } from '../sync/row'
import { readPages } from '../sync/sync'

/** Everything that has a date of its own; what stands for "now" only, goals and devices, is no history. */
export type ChapterName = 'recordings' | 'stethoscope' | 'workouts' | 'days' | 'nights' | 'measures'

/** How the nodes of a flow tell the same data, so that a history does not contradict them. */
export interface HistoryOptions {
  measures: { units: Units }
  days: { units: Units; external: 'include' | 'exclude' }
  workouts: { units: Units; external: 'include' | 'exclude' }
  sleep: NightRules & { units: Units }
}

/** Of what time, in Unix seconds, and how it is to be decoded. */
export interface HistoryQuery {
  from: number
  until: number
  options: HistoryOptions
}

/** So many calendar years of a chapter, the newest one first. */
export interface YearSpan {
  year: number
  years: number
}

export interface HistoryPlace extends YearSpan {
  chapter: ChapterName
}

/** What of a history is not read yet: by chapter what comes next. Chapters that are over are missing. */
export type Unread = Readonly<Partial<Record<ChapterName, YearSpan>>>

export interface HistorySlice {
  /** Newest first. */
  readings: Reading[]
  /** So many rows or values make no sense. */
  problems: number
  /** So many rows Withings gave. */
  rows: number
  /** The chapter has nothing older. */
  isLast: boolean
}

type Span = Extract<Query, { kind: 'span' }> & { until: number }

/** What the rows of a slice were asked for with. */
interface Asked {
  context: FetchContext
  options: HistoryOptions
  /** A little more than the slice, within what the query asks for. */
  query: Span
}

interface Chapter<R extends Row> {
  source: (context: FetchContext, query: Span) => RowSource<R>
  readingsOf: (rows: readonly R[], asked: Asked) => Iterable<Reading> | Promise<Iterable<Reading>>
}

type ReadSlice = (context: FetchContext, query: HistoryQuery, span: YearSpan) => Promise<HistorySlice>

const CHAPTERS: Readonly<Record<ChapterName, ReadSlice>> = {
  recordings: chapterOf({
    source: (context, query) => recordingsSource(context, HEART_LIST, query),
    readingsOf: rows => rows.flatMap(({ readings }) => readings)
  }),
  stethoscope: chapterOf({
    source: (context, query) => recordingsSource(context, STETHOSCOPE_LIST, query),
    readingsOf: readingsOfStethoscope
  }),
  workouts: chapterOf({ source: workoutsSource, readingsOf: activityReadings }),
  days: chapterOf({ source: daysSource, readingsOf: readingsOfDays }),
  nights: chapterOf({ source: () => SLEEP_SOURCE, readingsOf: readingsOfNights }),
  measures: chapterOf({
    source: ({ userId }, query) => measuresSource(userId, { ...query, types: [] }),
    readingsOf: (rows, { options }) =>
      readingsIn(
        options.measures.units,
        rows.flatMap(({ readings }) => readings)
      ).filter(({ source }) => !isUncertain(source))
  })
}

/** In the order in which a year is read. */
export const CHAPTER_NAMES = Object.keys(CHAPTERS) as ChapterName[]

/**
 * Reads some years of a chapter. From now backwards, because each feature's first value in Gladys has to be its newest
 * (gladys.md, "real server" no. 1). Throws what `FetchContext.call` throws.
 */
export function readSlice(
  context: FetchContext,
  query: HistoryQuery,
  place: HistoryPlace
): Promise<HistorySlice> {
  return CHAPTERS[place.chapter](context, query, place)
}

/** Everything: of each chapter the newest year comes first. */
export function allUnread({ until }: Pick<HistoryQuery, 'until'>): Unread {
  const newest = { year: yearOf(until), years: 1 }
  return Object.fromEntries(CHAPTER_NAMES.map(chapter => [chapter, newest]))
}

/** Where to go on: where the newest is. */
export function nextPlace(unread: Unread): HistoryPlace | undefined {
  let next: HistoryPlace | undefined
  for (const chapter of CHAPTER_NAMES) {
    const span = unread[chapter]
    if (span && (next === undefined || span.year > next.year)) next = { chapter, ...span }
  }
  return next
}

/** Rows of which several years make no large page; and those that make one. */
const FEW = 300
const MANY = 1_500
const MOST_YEARS = 16

/** What is left when a place was read. The fewer rows it had, the more years the next one has: a call has its price. */
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

const DAY = 86_400

function chapterOf<R extends Row>({ source: sourceOf, readingsOf }: Chapter<R>): ReadSlice {
  return async (context, history, years) => {
    const slice = boundsOf(history, years)
    // The parts of a night, and a day in its own zone, may reach over the end of a year.
    const query: Span = {
      kind: 'span',
      from: Math.max(history.from, slice.from - DAY),
      until: Math.min(history.until, slice.until + DAY)
    }
    const source = sourceOf(context, query)
    const { rows, problems } = await readWhole(context, source, query)
    const readings: Reading[] = []
    await inSlices(await readingsOf(rows, { context, options: history.options, query }), reading => {
      const at = Date.parse(reading.date) / 1000
      if (at >= slice.from && at < slice.until) readings.push(reading)
    })
    const isLast =
      slice.from === -Infinity ||
      (rows.length === 0 && !(await hasRows(context, source, { from: history.from, until: slice.from })))
    return {
      readings: await sortedInSlices(readings, newestFirst),
      problems: problems.length,
      rows: rows.length,
      isLast
    }
  }
}

/** The first slice of a query is open towards the past, the newest one towards the future. */
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

/** All pages; from the first one again when Withings forgets the offset that it gave. */
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
  return hasCode(error, 'WITHINGS_REFUSED') && error.details.status === INVALID_PARAMS
}

async function hasRows<R extends Row>(
  context: FetchContext,
  source: RowSource<R>,
  { from, until }: { from: number; until: number }
): Promise<boolean> {
  const { raws, next } = await fetchPage(context, source, { filter: source.span(from, until), offset: 0 })
  return raws.length > 0 || next !== undefined
}

/** Of two readings for the same moment the one that was changed last goes first. */
function newestFirst(a: Reading, b: Reading): number {
  if (a.date !== b.date) return a.date < b.date ? 1 : -1
  return a.modified < b.modified ? 1 : a.modified > b.modified ? -1 : 0
}

/** A recording of the heart may list the result of its stethoscope too: that is told once. */
async function readingsOfStethoscope(
  rows: readonly RowOfReadings[],
  { context, query }: Asked
): Promise<Iterable<Reading>> {
  if (rows.length === 0) return []
  const { rows: recordings } = await readWhole(context, recordingsSource(context, HEART_LIST, query), query)
  const keyOf = ({ type, deviceId, date }: Reading) => `${type} ${deviceId ?? ''} ${date}`
  const known = new Set(recordings.flatMap(({ readings }) => readings.map(keyOf)))
  return rows.flatMap(({ readings }) => readings.filter(reading => !known.has(keyOf(reading))))
}

async function readingsOfDays(rows: readonly DayRow[], asked: Asked): Promise<Iterable<Reading>> {
  const trackers = rows.flatMap(({ tracker }) => tracker ?? [])
  const { devices } = await new DayDevices().list(asked.context, trackers)
  return activityReadings(
    rows.map(row => withDevice(row, devices)),
    asked
  )
}

/** The totals of a day that still runs are true for a moment only. */
function* activityReadings(
  rows: readonly (DayRow | WorkoutRow)[],
  { options: { days, workouts } }: Asked
): Generator<Reading, void, undefined> {
  for (const { item, readings } of rows) {
    const { units, external } = item.kind === 'workout' ? workouts : days
    const isOver = item.kind === 'workout' || !item.isToday
    const isWanted = isOver && (external === 'include' || item.brand === 'withings')
    if (isWanted) yield* readingsIn(units, readings)
  }
}

function* readingsOfNights(
  frames: readonly SleepFrame[],
  { context, options: { sleep }, query }: Asked
): Generator<Reading, void, undefined> {
  const { units, ...rules } = sleep
  for (const { night } of nightsIn(frames, context.userId, { rules, units }))
    if (isWithin(night, query) && isSettled(night, context.now())) yield* night.readings
}

function isWithin({ endDate }: Night, { from, until }: Span): boolean {
  const end = Date.parse(endDate) / 1000
  return end >= from && end <= until
}

/** Withings writes down a night while it goes on. */
function isSettled({ completed, endDate }: Night, now: number): boolean {
  return completed || Date.parse(endDate) / 1000 < now / 1000 - DAY
}

/** The calendar year in UTC of Unix seconds. */
export function yearOf(seconds: number): number {
  return new Date(seconds * 1000).getUTCFullYear()
}
