import { asPositive } from '../../base/json'
import { dictionary, oneOf, or, shape } from '../../base/shape'
import { CHAPTER_NAMES, type ChapterName, type HistoryPlace } from '../../withings/history/history'
import type { State } from '../model/states'

type Months = Record<string, number>

/** What Gladys has: by feature how many states in each month, `YYYY-MM`; `none` where it keeps no history. */
export type StoredCounts = ReadonlyMap<string, Readonly<Months> | 'none'>

/** What Gladys lacks: `<feature> <month>`, by the place of the history that they are in. */
export interface Missing {
  place: HistoryPlace
  months: Set<string>
}

/** How an import compares with what Gladys has. */
export interface Difference {
  /** States that were sent and of which Gladys keeps a history. */
  expected: number
  found: number
  missing: Missing[]
}

/** What was sent of a page, and what was left out because Gladys got it live. */
export interface SentPage {
  place: HistoryPlace
  states: readonly State[]
  live: readonly State[]
}

const asCounts = dictionary(dictionary(asPositive))

/** Content of a tally's file; undefined for what is none. */
export const parseTally = shape({
  /** By chapter, feature and month. */
  sent: dictionary(asCounts),
  /** By feature and month. */
  live: asCounts,
  /** The page that was counted last: one that is sent again after a kill is counted once. */
  last: or(shape({ chapter: oneOf(CHAPTER_NAMES), year: asPositive }), null)
})

export type TallyRecord = Exclude<ReturnType<typeof parseTally>, undefined>

/** How many states an import sent of each feature in each month. */
export class ImportTally {
  constructor(readonly record: TallyRecord = { sent: {}, live: {}, last: null }) {}

  /** False when the page was counted before. */
  add({ place, states, live }: SentPage): boolean {
    const { record } = this
    if (record.last?.chapter === place.chapter && record.last.year === place.year) return false
    record.last = { chapter: place.chapter, year: place.year }
    count(states, (record.sent[place.chapter] ??= {}))
    count(live, record.live)
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
        // What is no device in Gladys yet cannot be sent again.
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

  /**
   * Nothing of a feature of which Gladys has as many as were sent: its months begin at midnight of its own zone, and a
   * state near that may be in another one.
   */
  private lackingOf(feature: string, sent: Readonly<Months>, there: Readonly<Months>): Months {
    const live = this.record.live[feature] ?? {}
    const had = (month: string) => (there[month] ?? 0) - (live[month] ?? 0)
    if (sum(there) - sum(live) >= sum(sent)) return {}
    const lacking = Object.entries(sent).map(([month, number]) => [month, Math.max(0, number - had(month))])
    return Object.fromEntries(lacking.filter(([, number]) => number !== 0)) as Months
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
