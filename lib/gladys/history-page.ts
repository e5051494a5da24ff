import { textOf } from '../bytes'
import type { ApiRequest } from '../withings/client'
import { bodyOf } from '../withings/envelope'
import { CHAPTERS, type ChapterName, type HistoryAsking } from '../withings/history'
import type { Reading } from '../withings/reading'
import type { Addressing } from './ids'
import { wantedReadings } from './import-readings'
import { parseInput, type Item } from './input'
import { introduces } from './introduction'
import { whereDaysGoOn } from './manual-days'
import { packStates, type PackedStates } from './page-states'
import { statesOf, type State } from './states'

/** Which page of whose history, and how it is told. Plain data, for another thread may read it. */
export interface PageOrder extends Pick<HistoryAsking, 'userId' | 'from' | 'until' | 'wish'> {
  chapter: ChapterName
  /** 0 or the `next` of the page before. */
  offset: number
  /** null: of all devices. */
  deviceId: string | null
  addressing: Addressing
  /** Types of days that go on without a device. */
  manualDays?: readonly string[]
  /** Unix milliseconds. */
  now: number
}

/** What came of it; plain data too. */
export interface PageContent {
  states: PackedStates
  /** Of each feature, unit and model the first item. */
  introduced: Item[]
  /** Place of the next page; undefined on the last one. */
  next: number | undefined
  /** So many groups or values make no sense. */
  unreadable: number
}

/** Bytes of a successful answer, as `WithingsClient.callUnread` gives it. */
export type CallUnread = (request: ApiRequest) => Promise<Uint8Array>

/** Gets a page by one call or more. Rejects with what those reject with; with the reason of `signal`. */
export type ReadPage = (order: PageOrder, callUnread: CallUnread, signal: AbortSignal) => Promise<PageContent>

/** Reads a page in this thread. Rejects with what `callUnread` rejects with; WITHINGS_UNAVAILABLE for half an answer. */
export async function readHistoryPage(order: PageOrder, callUnread: CallUnread): Promise<PageContent> {
  const { chapter, offset, deviceId, addressing, manualDays = [], now, ...asked } = order
  const clock = { now: () => now }
  const client = { call: (request: ApiRequest) => callUnread(request).then(textOf).then(bodyOf) }
  const options = { priority: 'import' } as const
  const page = await CHAPTERS[chapter]({ ...asked, client, clock, options }, offset)
  const introduced: Item[] = []
  const known = new Set<string>()
  let beyond = 0
  function* states(): Generator<State, void, undefined> {
    for (const reading of wantedReadings(goingOn(page.readings, manualDays), deviceId)) {
      const items = itemsOf(reading)
      introduced.push(...items.filter(item => introduces(item, known)))
      const made = statesOf(items, { addressing, liveMinutes: 0, now: clock.now }).states
      if (made.length === 0) beyond += 1
      yield* made
    }
  }
  const packed = packStates(states())
  return { states: packed, introduced, next: page.next, unreadable: page.problems.length + beyond }
}

function* goingOn(
  readings: Iterable<Reading>,
  types: readonly string[]
): Generator<Reading, void, undefined> {
  for (const reading of readings) yield whereDaysGoOn(reading, types)
}

/** None for what cannot be an item, e.g. for a date beyond 2100; it must not stop the rest. */
function itemsOf(reading: Reading): Item[] {
  try {
    return parseInput(reading)
  } catch {
    return []
  }
}
