import type { Clock } from '../clock'
import { readingsIn, type Units } from './activity-item'
import { callActivity, DAYS, WORKOUTS, type ActivityList } from './activity-run'
import type { CallOptions, WithingsClient } from './client'
import { DayDevices, namelessTracker, withDevice } from './day-devices'
import { dayFilter } from './day-span'
import type { DayRow } from './getactivity'
import { decodeGroup } from './getmeas'
import type { WorkoutRow } from './getworkouts'
import { nightsPage } from './history-nights'
import { asInteger, asObject, asText, type JsonObject } from './json'
import { readUndecodedPage, spanFilter } from './measures-pages'
import type { NightRules } from './night'
import type { Reading } from './reading'
import type { RecordingBase } from './recording'
import {
  callRecordings,
  HEART_LIST,
  recordingsFormat,
  STETHOSCOPE_LIST,
  type RecordingList
} from './recordings-page'
import type { Problem } from './row'
import { decodeRow, openRowsPage } from './rows-page'
import { isUncertain } from './sources'

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
  clock: Pick<Clock, 'now'>
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

/** When a row that was not decoded yet happened, as a number that grows with time. */
type DateOf = (raw: JsonObject | undefined) => number

const measuredAt: DateOf = raw => asInteger(raw?.date) ?? 0
const recordedAt: DateOf = raw => asInteger(raw?.timestamp) ?? 0
const startedAt: DateOf = raw => asInteger(raw?.startdate) ?? 0
const spentOn: DateOf = raw => Date.parse(asText(raw?.date) ?? '') || 0

/** By chapter, in their order: the measures have the most pages, and only with the last one a total is known. */
export const CHAPTERS: Readonly<Record<ChapterName, ReadPage>> = {
  recordings: recordingsOf(HEART_LIST),
  stethoscope: recordingsOf(STETHOSCOPE_LIST),
  workouts: activityOf(WORKOUTS, startedAt),
  days: activityOf(DAYS, spentOn, daysOfDevices),
  nights: nightsPage,
  measures: measuresPage
}

export const FIRST_CHAPTER: ChapterName = 'recordings'
export const CHAPTER_NAMES = Object.keys(CHAPTERS) as ChapterName[]

function recordingsOf<R extends RecordingBase>(list: RecordingList<R>): ReadPage {
  return async ({ client, userId, from, until, options }, place) => {
    const filter = spanFilter(from, until)
    const format = recordingsFormat(list, userId)
    const body = await callRecordings(client, list, filter, place, options)
    const page = openRowsPage(body, place, format.list)
    const readings = decoded(page.raws, recordedAt, index => decodeRow(page, index, format)?.readings ?? [])
    return { readings, next: page.next, problems: page.problems }
  }
}

/** Gives, once it knows the raw rows of a page, what makes one of them complete. */
type Completing<R> = (asking: HistoryAsking, raws: readonly unknown[]) => Promise<(row: R) => R>

async function daysOfDevices(
  asking: HistoryAsking,
  raws: readonly unknown[]
): Promise<(row: DayRow) => DayRow> {
  const trackers = raws.flatMap(raw => namelessTracker(asObject(raw) ?? {}) ?? [])
  const { devices } = await new DayDevices().list(asking, trackers)
  return row => withDevice(row, devices)
}

async function asItIs<R>(): Promise<(row: R) => R> {
  return Promise.resolve(row => row)
}

function activityOf<R extends DayRow | WorkoutRow>(
  list: ActivityList<R>,
  dateOf: DateOf,
  completing: Completing<R> = asItIs
): ReadPage {
  return async (asking, place) => {
    const { userId, from, until, wish, clock } = asking
    const body = await callActivity(asking, list, dayFilter(from, until), place)
    const format = list.format(userId, Math.floor(clock.now() / 1000))
    const page = openRowsPage(body, place, format.list)
    const complete = await completing(asking, page.raws)
    const isWanted = (row: R): boolean =>
      list.within({ kind: 'span', from, until }, row) &&
      isOver(row.item) &&
      (wish.activity.external === 'include' || row.item.brand === 'withings')
    const readings = decoded(page.raws, dateOf, index => {
      const row = decodeRow(page, index, format)
      return row && isWanted(row) ? readingsIn(wish.activity.units, complete(row).readings) : []
    })
    return { readings, next: page.next, problems: page.problems }
  }
}

/** The totals of a day that still runs are true for a moment only. */
function isOver(item: (DayRow | WorkoutRow)['item']): boolean {
  return item.kind === 'workout' || !item.isToday
}

async function measuresPage(asking: HistoryAsking, place: number): Promise<HistoryPage> {
  const { client, userId, from, until, wish, options } = asking
  const { raws, problems, next } = await readUndecodedPage(client, spanFilter(from, until), place, options)
  const readings = decoded(raws, measuredAt, index =>
    readingsIn(wish.measures.units, decodeGroup(raws, index, userId, problems)?.readings ?? [])
  )
  return { readings: certain(readings), next, problems }
}

function* certain(readings: Iterable<Reading>): Generator<Reading, void, undefined> {
  for (const reading of readings) if (!isUncertain(reading.source)) yield reading
}

/**
 * Rows of a page come in any order (withings-api.md §11.2 no. 16). Each is decoded when it is its turn, so that the
 * readings of a page are never in memory all at once.
 */
function* decoded(
  raws: readonly unknown[],
  dateOf: DateOf,
  readingsAt: (index: number) => readonly Reading[]
): Generator<Reading, void, undefined> {
  const dates = raws.map(raw => dateOf(asObject(raw)))
  const oldestFirst = [...dates.keys()].sort((a, b) => (dates[a] as number) - (dates[b] as number))
  for (const index of oldestFirst) yield* readingsAt(index)
}
