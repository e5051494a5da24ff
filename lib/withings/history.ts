import type { Clock } from '../clock'
import { readingsIn, type Units } from './activity-item'
import { activitySource, DAYS, WORKOUTS, type ActivityList } from './activity-run'
import type { CallOptions, WithingsClient } from './client'
import type { DayRow } from './getactivity'
import { decodeGroup, type UndecodedPage } from './getmeas'
import type { WorkoutRow } from './getworkouts'
import { byDate } from './heart-run'
import { asInteger, asObject } from './json'
import { dayOf } from './local-days'
import { readUndecodedPage, spanFilter } from './measures-pages'
import type { Night, NightRules } from './night'
import type { Reading } from './reading'
import type { RecordingBase } from './recording'
import { HEART_LIST, readRecordingsPage, STETHOSCOPE_LIST, type RecordingList } from './recordings-page'
import type { Problem } from './row'
import { runSleep } from './sleep-run'
import { AMBIGUOUS } from './sources'

/** Everything that has a date of its own; what stands for "now" only, goals and devices, is no history. */
export type ChapterName = 'recordings' | 'stethoscope' | 'workouts' | 'days' | 'nights' | 'measures'

/** How the nodes of a flow tell the same data, so that a history does not contradict them. */
export interface HistoryWish {
  measures: { units: Units }
  activity: { units: Units; external: 'include' | 'exclude' }
  sleep: NightRules & { units: Units }
}

/** Whose history is asked for, and of what time. */
export interface HistoryAsking {
  client: Pick<WithingsClient, 'call'>
  userId: string
  /** Unix seconds. */
  from: number
  until: number
  wish: HistoryWish
  clock: Clock
  options: CallOptions
}

export interface HistoryPage {
  /** Oldest first; decoded while they are taken, which may add to the problems. */
  readings: Iterable<Reading>
  /** Place of the next page; undefined on the last one. */
  next: number | undefined
  problems: Problem[]
}

/** Reads the page at `place`, 0 or the `next` of the page before. Throws what `WithingsClient.call` throws. */
type ReadPage = (asking: HistoryAsking, place: number) => Promise<HistoryPage>

/** By chapter, in their order: the measures have the most pages, and only with the last one a total is known. */
export const CHAPTERS: Readonly<Record<ChapterName, ReadPage>> = {
  recordings: recordingsOf(HEART_LIST),
  stethoscope: recordingsOf(STETHOSCOPE_LIST),
  workouts: activityOf(WORKOUTS),
  days: activityOf(DAYS),
  nights: nightsPage,
  measures: measuresPage
}

export const FIRST_CHAPTER: ChapterName = 'recordings'
export const CHAPTER_NAMES = Object.keys(CHAPTERS) as ChapterName[]

function recordingsOf<R extends RecordingBase>(list: RecordingList<R>): ReadPage {
  return async ({ client, userId, from, until, options }, place) => {
    const filter = spanFilter(from, until)
    const { rows, next, problems } = await readRecordingsPage(client, list, userId, filter, place, options)
    return { readings: rows.sort(byDate).flatMap(row => row.readings), next, problems }
  }
}

function activityOf<R extends DayRow | WorkoutRow>(list: ActivityList<R>): ReadPage {
  return async (asking, place) => {
    const { from, until, wish } = asking
    const source = activitySource(asking, list)
    const { rows, next, problems } = await source.page(source.span(from, until), place)
    const wanted = rows
      .filter(row => list.within({ kind: 'span', from, until }, row))
      .filter(
        ({ item }) => isOver(item) && (wish.activity.external === 'include' || item.brand === 'withings')
      )
      .sort(list.order)
    return { readings: wanted.flatMap(row => readingsIn(wish.activity.units, row.readings)), next, problems }
  }
}

/** The totals of a day that still runs are true for a moment only. */
function isOver(item: (DayRow | WorkoutRow)['item']): boolean {
  return item.kind === 'workout' || !item.isToday
}

/** Nobody had a device of Withings before. */
const FIRST_YEAR = 2008
const DAY = 86_400

/**
 * A page is a year, counted from the first one: the parts of a split night may stand on any page of Withings, and
 * all nights of a life at once would be too much. Which year a night belongs to is told by its local day.
 */
async function nightsPage(asking: HistoryAsking, place: number): Promise<HistoryPage> {
  const { from, until, wish, clock } = asking
  const year = Math.max(FIRST_YEAR, new Date(from * 1000).getUTCFullYear()) + place
  const [firstDay, lastDay] = [`${year}-01-01`, `${year}-12-31`]
  const plan = {
    kind: 'span',
    from: secondsOf(firstDay),
    until: secondsOf(lastDay),
    firstDay,
    lastDay
  } as const
  const { nights, problems } = await runSleep(
    { ...asking, ...wish.sleep, rules: wish.sleep },
    plan,
    undefined
  )
  const now = clock.now() / 1000
  const wanted = nights.filter(({ night }) => isWithin(night, from, until) && isSettled(night, now))
  const isLast = year >= Number(dayOf(until + DAY).slice(0, 4))
  return {
    readings: wanted.flatMap(({ night }) => night.readings),
    next: isLast ? undefined : place + 1,
    problems
  }
}

function isWithin({ endDate }: Night, from: number, until: number): boolean {
  const end = Date.parse(endDate) / 1000
  return end >= from && end <= until
}

/** Withings writes down a night while it goes on. */
function isSettled({ completed, endDate }: Night, now: number): boolean {
  return completed || Date.parse(endDate) / 1000 < now - DAY
}

function secondsOf(day: string): number {
  return Date.parse(`${day}T12:00:00Z`) / 1000
}

async function measuresPage(asking: HistoryAsking, place: number): Promise<HistoryPage> {
  const { client, userId, from, until, wish, options } = asking
  const page = await readUndecodedPage(client, spanFilter(from, until), place, options)
  return {
    readings: decoded(page, userId, wish.measures.units),
    next: page.next,
    problems: page.problems
  }
}

/**
 * Groups of a page come in any order (withings-api.md §11.2 no. 16). Each is decoded when it is its turn: a whole
 * page of readings would outlive what V8 takes for short-lived (docs/decisions/0009-history-import.md).
 */
function* decoded(
  { raws, problems }: UndecodedPage,
  userId: string,
  units: Units
): Generator<Reading, void, undefined> {
  for (const index of oldestFirst(raws))
    for (const reading of readingsIn(units, decodeGroup(raws, index, userId, problems)?.readings ?? []))
      if (reading.source !== AMBIGUOUS) yield reading
}

function oldestFirst(raws: readonly unknown[]): number[] {
  const dates = raws.map(raw => asInteger(asObject(raw)?.date) ?? 0)
  return [...dates.keys()].sort((a, b) => (dates[a] as number) - (dates[b] as number))
}
