import { readingsIn, type Units } from './activity-item'
import { daysSource, workoutsSource } from './activity-run'
import { DayDevices, namelessTracker, withDevice } from './day-devices'
import { dayFilter } from './day-span'
import type { FetchContext } from './fetch-context'
import type { DayRow } from './getactivity'
import type { WorkoutRow } from './getworkouts'
import { asObject } from './json'
import { dayOf } from './local-days'
import { measuresSource } from './measures-run'
import type { Night, NightRules } from './night'
import type { Reading } from './reading'
import { HEART_LIST, recordingsSource, STETHOSCOPE_LIST } from './recordings-page'
import type { Problem, RowOfReadings, RowSource } from './row'
import { fetchPage, oldestFirst, rowsOf, type Page } from './rows-page'
import { readPages } from './rows-run'
import { nightsIn, SLEEP_SOURCE } from './sleep-run'
import { isUncertain } from './sources'
import type { SpanPlan } from './span-plan'

/** Everything that has a date of its own; what stands for "now" only, goals and devices, is no history. */
export type ChapterName = 'recordings' | 'stethoscope' | 'workouts' | 'days' | 'nights' | 'measures'

/** How the nodes of a flow tell the same data, so that a history does not contradict them. */
export interface HistoryOptions {
  measures: { units: Units }
  activity: { units: Units; external: 'include' | 'exclude' }
  sleep: NightRules & { units: Units }
}

/** Of what time, in Unix seconds, and how it is to be decoded. */
export interface HistoryQuery {
  from: number
  until: number
  options: HistoryOptions
}

export interface HistoryPage {
  /** Oldest first; each time they are taken they are decoded anew, one row after the other. */
  readings(): Iterable<Reading>
  /** Place of the next page; undefined on the last one. */
  next: number | undefined
  /** What cannot be used; decoding adds to it. */
  problems: readonly Problem[]
}

/** Reads the page at `place`, 0 or the `next` of the page before. Throws what `FetchContext.call` throws. */
type ReadPage = (context: FetchContext, query: HistoryQuery, place: number) => Promise<HistoryPage>

/** By chapter, in their order: the measures have the most pages, and only with the last one a total is known. */
export const CHAPTERS: Readonly<Record<ChapterName, ReadPage>> = {
  recordings: chapterOf({ source: (context, plan) => recordingsSource(context, HEART_LIST, plan) }),
  stethoscope: chapterOf({ source: (context, plan) => recordingsSource(context, STETHOSCOPE_LIST, plan) }),
  workouts: chapterOf({ source: workoutsSource, readingsOf: activityReadings }),
  days: chapterOf({ source: daysSource, complete: ofTheirDevices, readingsOf: activityReadings }),
  nights: nightsPage,
  measures: chapterOf({
    source: ({ userId }, plan) => measuresSource(userId, { ...plan, types: [] }),
    readingsOf: ({ readings }, { measures }) =>
      readingsIn(measures.units, readings).filter(({ source }) => !isUncertain(source))
  })
}

export const FIRST_CHAPTER: ChapterName = 'recordings'
export const CHAPTER_NAMES = Object.keys(CHAPTERS) as ChapterName[]

interface Chapter<R extends RowOfReadings> {
  source: (context: FetchContext, plan: SpanPlan) => RowSource<R>
  /** Gives, once it knows a page, what makes one of its rows complete. */
  complete?: (context: FetchContext, page: Page<R>) => Promise<(row: R) => R>
  readingsOf?: (row: R, options: HistoryOptions) => readonly Reading[]
}

/** A chapter whose pages are those of Withings. */
function chapterOf<R extends RowOfReadings>({
  source: sourceOf,
  complete,
  readingsOf
}: Chapter<R>): ReadPage {
  return async (context, { from, until, options }, place) => {
    const plan: SpanPlan = { kind: 'span', from, until }
    const source = sourceOf(context, plan)
    const page = await fetchPage(context, source, { filter: source.span(from, until), offset: place })
    const completed = await complete?.(context, page)
    const isWanted = (row: R) => source.within?.(plan, row, page.body) !== false
    function* readings(): Generator<Reading, void, undefined> {
      for (const row of rowsOf(page, oldestFirst(page))) {
        if (!isWanted(row)) continue
        const whole = completed ? completed(row) : row
        yield* readingsOf ? readingsOf(whole, options) : whole.readings
      }
    }
    return { readings, next: page.next, problems: page.problems }
  }
}

async function ofTheirDevices(
  context: FetchContext,
  { raws }: Page<DayRow>
): Promise<(row: DayRow) => DayRow> {
  const trackers = raws.flatMap(raw => namelessTracker(asObject(raw) ?? {}) ?? [])
  const { devices } = await new DayDevices().list(context, trackers)
  return row => withDevice(row, devices)
}

/** The totals of a day that still runs are true for a moment only. */
function activityReadings(
  { item, readings }: DayRow | WorkoutRow,
  { activity }: HistoryOptions
): readonly Reading[] {
  const isOver = item.kind === 'workout' || !item.isToday
  const isWanted = isOver && (activity.external === 'include' || item.brand === 'withings')
  return isWanted ? readingsIn(activity.units, readings) : []
}

/** Nobody had a device of Withings before. */
const FIRST_YEAR = 2008
const DAY = 86_400

/**
 * A page is a year, counted from the first one: the parts of a split night may stand on any page of Withings, and
 * all nights of a life at once would be too much. A night belongs to the year of its local day.
 */
async function nightsPage(context: FetchContext, query: HistoryQuery, place: number): Promise<HistoryPage> {
  const { from, until, options } = query
  const year = Math.max(FIRST_YEAR, new Date(from * 1000).getUTCFullYear()) + place
  const [firstDay, lastDay] = [`${year}-01-01`, `${year}-12-31`]
  const { rows, problems } = await readPages(context, SLEEP_SOURCE, {
    plan: { kind: 'span', from, until },
    filter: dayFilter(noonOf(firstDay), noonOf(lastDay))
  })
  const isLast = year >= Number(dayOf(until + DAY).slice(0, 4))
  const { units, ...rules } = options.sleep
  function* readings(): Generator<Reading, void, undefined> {
    for (const { night } of nightsIn(rows, context.userId, { rules, units })) {
      const isOfThisYear = night.day >= firstDay && night.day <= lastDay
      if (isOfThisYear && isWithin(night, query) && isSettled(night, context.now())) yield* night.readings
    }
  }
  return { readings, next: isLast ? undefined : place + 1, problems }
}

function isWithin({ endDate }: Night, { from, until }: HistoryQuery): boolean {
  const end = Date.parse(endDate) / 1000
  return end >= from && end <= until
}

/** Withings writes down a night while it goes on. */
function isSettled({ completed, endDate }: Night, now: number): boolean {
  return completed || Date.parse(endDate) / 1000 < now / 1000 - DAY
}

function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00Z`) / 1000
}
