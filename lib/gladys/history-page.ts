import type { FetchContext } from '../withings/fetch-context'
import { CHAPTERS, type ChapterName, type HistoryQuery } from '../withings/history'
import type { Reading } from '../withings/reading'
import { inSlices } from '../withings/slices'
import { MANUAL, type Addressing } from './ids'
import { parseInput, type Item } from './input'
import { introduces } from './introduction'
import { whereDaysGoOn } from './manual-days'
import { statesOf, type State } from './states'

/** Which page of a history, and how it reaches Gladys. */
export interface PageQuery extends HistoryQuery {
  chapter: ChapterName
  /** 0 or the `next` of the page before. */
  offset: number
  /** null: of all devices. */
  deviceId: string | null
  addressing: Addressing
  /** Types of days that go on without a device. */
  manualDays: readonly string[]
}

export interface PageContent {
  /** Oldest first; made one after the other while they are taken, so that a page is never in memory twice. */
  states: Iterator<State, void, undefined>
  /** How many there are. */
  count: number
  /** Of each feature, unit and model the first item. */
  introduced: Item[]
  /** Place of the next page; undefined on the last one. */
  next: number | undefined
  /** So many groups or values make no sense. */
  unreadable: number
}

/** Gets a page by one call or more. Rejects with what `FetchContext.call` rejects with. */
export async function readHistoryPage(context: FetchContext, query: PageQuery): Promise<PageContent> {
  const page = await CHAPTERS[query.chapter](context, query, query.offset)
  const introduced: Item[] = []
  const known = new Set<string>()
  let [count, beyond] = [0, 0]
  await inSlices(itemsIn(page.readings(), query), items => {
    introduced.push(...items.filter(item => introduces(item, known)))
    const made = statesIn(items, query).length
    count += made
    if (made === 0) beyond += 1
  })
  const unreadable = page.problems.length + beyond
  return { states: states(page.readings(), query), count, introduced, next: page.next, unreadable }
}

function* states(readings: Iterable<Reading>, query: PageQuery): Generator<State, void, undefined> {
  for (const items of itemsIn(readings, query)) yield* statesIn(items, query)
}

/**
 * The items of each reading of the wanted device; none for what cannot be an item, e.g. for a date beyond 2100. Words
 * are left out: Gladys keeps no history of them and would show an old one as the latest (gladys.md, "MQTT topics").
 */
function* itemsIn(
  readings: Iterable<Reading>,
  { deviceId, manualDays }: PageQuery
): Generator<Item[], void, undefined> {
  for (const read of readings) {
    const reading = whereDaysGoOn(read, manualDays)
    const isWanted = deviceId === null || (reading.deviceId ?? MANUAL) === deviceId
    if (isWanted && typeof reading.value === 'number') yield itemsOf(reading)
  }
}

/** It must not stop the rest. */
function itemsOf(reading: Reading): Item[] {
  try {
    return parseInput(reading)
  } catch {
    return []
  }
}

function statesIn(items: readonly Item[], { addressing }: PageQuery): State[] {
  return statesOf(items, { addressing, liveMinutes: 0, now: Date.now }).states
}
