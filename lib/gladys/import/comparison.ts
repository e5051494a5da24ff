import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { asPositive } from '../../base/json'
import { dictionary, oneOf, or, type Parsed, shape } from '../../base/shape'
import { CHAPTER_NAMES, type ChapterName, type HistoryPlace } from '../../withings/history/history'
import type { State } from '../model/states'

/** Number of states by month, `YYYY-MM`. */
type Months = Record<string, number>

/** What Gladys has by feature; `none`: it keeps no history of it. */
export type StoredCounts = ReadonlyMap<string, Readonly<Months> | 'none'>

/** What Gladys lacks of one place of the history: `<feature> <month>`. */
export interface Missing {
  place: HistoryPlace
  months: Set<string>
}

/** `expected`: states that were sent and that Gladys keeps a history of. */
export interface Difference {
  expected: number
  found: number
  missing: Missing[]
}

export interface CompareDeps {
  clock: Clock
  tally: Pick<ImportTally, 'features' | 'compare'>
  /** What Gladys has of these features. Rejects with GLADYS_REFUSED. */
  counts: (features: readonly string[]) => Promise<StoredCounts>
  /** Sends what is missing once more; fulfilled when the broker has it. */
  sendAgain(missing: readonly Missing[]): Promise<void>
}

const POLL_INTERVAL = 5_000
/** Gladys stores what it has received some seconds later (gladys.md, "real server" no. 5). */
const SETTLED_AFTER = 10_000
/** The counts may never settle, since others send values too. */
const LONGEST_WAIT = 1_800_000
const RETRY_INTERVAL = 30_000
const TRIES = 10

/**
 * Compares what an import sent with what Gladys has, once its counts stand still, and sends what it lacks once more.
 * Rejects with GLADYS_REFUSED when Gladys does not answer for minutes, and with what `sendAgain` rejects with.
 */
export async function compareWithGladys(deps: CompareDeps, signal: AbortSignal): Promise<Difference> {
  const first = deps.tally.compare(await settledCounts(deps, signal))
  if (first.missing.length === 0) return first
  await deps.sendAgain(first.missing)
  return deps.tally.compare(await settledCounts(deps, signal))
}

async function settledCounts(deps: CompareDeps, signal: AbortSignal): Promise<StoredCounts> {
  const { clock } = deps
  const end = clock.now() + LONGEST_WAIT
  let counts = await countsOf(deps, signal)
  let since = clock.now()
  while (clock.now() - since < SETTLED_AFTER && clock.now() < end) {
    await clock.sleep(POLL_INTERVAL, signal)
    const next = await countsOf(deps, signal)
    if (totalOf(next) !== totalOf(counts)) since = clock.now()
    counts = next
  }
  return counts
}

async function countsOf({ clock, tally, counts }: CompareDeps, signal: AbortSignal): Promise<StoredCounts> {
  for (let tries = 1; ; tries += 1)
    try {
      return await counts(tally.features)
    } catch (error) {
      if (tries === TRIES || signal.aborted || !(error instanceof CodedError)) throw error
      await clock.sleep(RETRY_INTERVAL, signal)
    }
}

function totalOf(counts: StoredCounts): number {
  return [...counts.values()].reduce((total, months) => total + (months === 'none' ? 0 : sum(months)), 0)
}

const asCounts = dictionary(dictionary(asPositive))

/** Parser of a tally's file. */
export const parseTally = shape({
  /** By chapter, feature and month. */
  sent: dictionary(asCounts),
  /** By feature and month, what was left out because Gladys got it live. */
  live: asCounts,
  /** The page that was counted last: one that is sent again after a kill is counted once. */
  last: or(shape({ chapter: oneOf(CHAPTER_NAMES), year: asPositive }), null)
})

export type TallyRecord = Parsed<typeof parseTally>

/** How many states an import sent of each feature in each month. */
export class ImportTally {
  constructor(readonly record: TallyRecord = { sent: {}, live: {}, last: null }) {}

  /** Counts a page; false when it was counted before. */
  add(page: { place: HistoryPlace; states: readonly State[]; live: readonly State[] }): boolean {
    const { sent, live, last } = this.record
    const { chapter, year } = page.place
    if (last?.chapter === chapter && last.year === year) return false
    this.record.last = { chapter, year }
    count(page.states, (sent[chapter] ??= {}))
    count(page.live, live)
    return true
  }

  get features(): string[] {
    return Object.values(this.record.sent).flatMap(features => Object.keys(features))
  }

  compare(stored: StoredCounts): Difference {
    const difference: Difference = { expected: 0, found: 0, missing: [] }
    const missing = new Map<string, Missing>()
    for (const [chapter, features] of Object.entries(this.record.sent))
      for (const [feature, sent] of Object.entries(features)) {
        const there = stored.get(feature)
        if (there === 'none') continue
        const lacking = this.lackingOf(feature, sent, there ?? {})
        const expected = sum(sent)
        difference.expected += expected
        difference.found += expected - sum(lacking)
        // A feature that Gladys does not have yet cannot be sent again.
        if (there === undefined) continue
        for (const month of Object.keys(lacking)) {
          const place = { chapter: chapter as ChapterName, year: Number(month.slice(0, 4)), years: 1 }
          const key = `${place.year} ${place.chapter}`
          const { months } = missing.get(key) ?? { months: new Set<string>() }
          missing.set(key, { place, months: months.add(`${feature} ${month}`) })
        }
      }
    return { ...difference, missing: [...missing.values()] }
  }

  /** By month; nothing when the totals match, since Gladys's months begin at midnight of its own time zone. */
  private lackingOf(feature: string, sent: Readonly<Months>, there: Readonly<Months>): Months {
    const live = this.record.live[feature] ?? {}
    if (sum(there) - sum(live) >= sum(sent)) return {}
    const lacking = Object.entries(sent).map(([month, number]): [string, number] => [
      month,
      number + (live[month] ?? 0) - (there[month] ?? 0)
    ])
    return Object.fromEntries(lacking.filter(([, number]) => number > 0))
  }
}

/** Whether a state is among what is missing. */
export function isMissing(months: ReadonlySet<string>, { feature, date }: State): boolean {
  return months.has(`${feature} ${monthOf(date)}`)
}

/** `YYYY-MM` of a date in milliseconds since 1970. */
export function monthOf(date: number): string {
  return new Date(date).toISOString().slice(0, 7)
}

function count(states: readonly State[], features: Record<string, Months>): void {
  for (const { feature, date } of states) {
    const months = (features[feature] ??= {})
    const month = monthOf(date)
    months[month] = (months[month] ?? 0) + 1
  }
}

function sum(months: Readonly<Months>): number {
  return Object.values(months).reduce((total, number) => total + number, 0)
}
