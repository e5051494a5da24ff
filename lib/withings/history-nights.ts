import { dayFilter } from './day-span'
import { parseSleep, SLEEP_FRAMES, type SleepFrame } from './getsleepsummary'
import type { HistoryAsking, HistoryPage } from './history'
import { dayOf } from './local-days'
import { nightOf, type Night } from './night'
import type { Reading } from './reading'
import { note, type Filter, type Problem } from './row'
import { decodeRow, openRowsPage } from './rows-page'
import { MOST_PAGES } from './rows-run'
import { splitNights } from './sleep-parts'
import { callGetsummary, rowsIn } from './sleep-run'

/** Nobody had a device of Withings before. */
const FIRST_YEAR = 2008
const DAY = 86_400

/**
 * A page is a year, counted from the first one: the parts of a split night may stand on any page of Withings, and
 * all nights of a life at once would be too much. Which year a night belongs to is told by its local day.
 */
export async function nightsPage(asking: HistoryAsking, place: number): Promise<HistoryPage> {
  const { from, until } = asking
  const year = Math.max(FIRST_YEAR, new Date(from * 1000).getUTCFullYear()) + place
  const [firstDay, lastDay] = [`${year}-01-01`, `${year}-12-31`]
  const { frames, problems } = await readFrames(asking, dayFilter(noonOf(firstDay), noonOf(lastDay)))
  const isLast = year >= Number(dayOf(until + DAY).slice(0, 4))
  const readings = readingsOf(frames, asking, ({ day }) => day >= firstDay && day <= lastDay)
  return { readings, next: isLast ? undefined : place + 1, problems }
}

/** All pages of a filter. A record that stands on two of them counts as it was changed last. */
async function readFrames(
  asking: HistoryAsking,
  filter: Filter
): Promise<{ frames: SleepFrame[]; problems: Problem[] }> {
  const frames = new Map<string, SleepFrame>()
  const problems: Problem[] = []
  let pages = 0
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page = openRowsPage(await callGetsummary(asking, filter, offset), offset, SLEEP_FRAMES.list)
    for (const index of page.raws.keys()) {
      const frame = decodeRow(page, index, SLEEP_FRAMES)
      if (frame && frame.modified >= (frames.get(frame.id)?.modified ?? 0)) frames.set(frame.id, frame)
    }
    page.problems.forEach(problem => note(problems, problem))
    offset = page.next
    pages += 1
    if (offset === undefined || pages < MOST_PAGES) continue
    note(problems, { place: 'offset' })
    break
  }
  return { frames: [...frames.values()], problems }
}

/** Of one night after the other, each decoded when it is its turn, as the measures are. */
function* readingsOf(
  frames: readonly SleepFrame[],
  { userId, from, until, wish: { sleep }, clock }: HistoryAsking,
  isOfThisPage: (night: Night) => boolean
): Generator<Reading, void, undefined> {
  const now = clock.now() / 1000
  for (const parts of splitNights(frames, sleep.joinMinutes)) {
    const rows = parts.flatMap(({ raw }) => parseSleep(raw, userId) ?? [])
    const [first, ...others] = rowsIn(sleep.units, rows)
    if (first === undefined) continue
    const night = nightOf([first, ...others], sleep)
    if (isOfThisPage(night) && isWithin(night, from, until) && isSettled(night, now)) yield* night.readings
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

function noonOf(day: string): number {
  return Date.parse(`${day}T12:00:00Z`) / 1000
}
