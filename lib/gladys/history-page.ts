import type { FetchContext } from '../withings/fetch-context'
import { CHAPTERS, type ChapterName, type HistoryQuery } from '../withings/history'
import type { Reading } from '../withings/reading'
import { inSlices } from '../withings/slices'
import { isOfDevice } from '../withings/wanted-device'
import type { Addressing } from './ids'
import { itemOf, type Item } from './input'
import { introduces } from './introduction'
import { whereDaysGoOn } from './manual-days'
import { stateOf, type State } from './states'

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
  /** How many there are at most. */
  count: number
  /** Of each feature, unit and model the first item. */
  introduced: Item[]
  /** Place of the next page; undefined on the last one. */
  next: number | undefined
  /** So many groups or values make no sense; known when all states were taken. */
  unreadable(): number
}

/** Gets a page by one call or more. Rejects with what `FetchContext.call` rejects with. */
export async function readHistoryPage(context: FetchContext, query: PageQuery): Promise<PageContent> {
  const page = await CHAPTERS[query.chapter](context, query, query.offset)
  const introduced: Item[] = []
  const known = new Set<string>()
  let [count, beyond] = [0, 0]
  await inSlices(wantedOf(page.readings(), query), reading => {
    count += 1
    const item = itemOf(reading)
    if (item && introduces(item, known)) introduced.push(item)
  })
  // To decode it once more adds the same ones.
  const problems = page.problems.length
  function* states(): Generator<State, void, undefined> {
    for (const reading of wantedOf(page.readings(), query)) {
      const item = itemOf(reading)
      const state = item && stateOf(item, item.date, { addressing: query.addressing, liveMinutes: 0 })
      if (state) yield state
      else beyond += 1
    }
  }
  return {
    states: states(),
    count,
    introduced,
    next: page.next,
    unreadable: () => problems + beyond
  }
}

/** Those of the wanted device. Words are left out: Gladys keeps no history of them and would show an old one as the latest. */
function* wantedOf(
  readings: Iterable<Reading>,
  { deviceId, manualDays }: PageQuery
): Generator<Reading, void, undefined> {
  for (const read of readings) {
    const reading = manualDays.length === 0 ? read : whereDaysGoOn(read, manualDays)
    if (isOfDevice(reading, deviceId ?? '') && typeof reading.value === 'number') yield reading
  }
}
