import { inSlices } from '../../base/slices'
import type { FetchContext } from '../../withings/api/client'
import { type HistoryPlace, type HistoryQuery, readSlice } from '../../withings/history/history'
import type { Reading } from '../../withings/readings/reading'
import { isOfDevice } from '../../withings/readings/reading'
import type { Addressing } from '../model/external-ids'
import { itemOf } from '../model/input'
import type { ReadingItem } from '../model/items'
import { isFirstOfFeature } from '../model/items'
import { type State, stateOf } from '../model/states'
import { type ManualDays, whereDaysGoOn } from './manual-days'

/** Which page of a history, and how it reaches Gladys. */
export interface PageQuery extends HistoryQuery, HistoryPlace {
  /** null: of all devices. */
  deviceId: string | null
  addressing: Addressing
  /** What of the days goes on without a device. */
  manualDays: ManualDays
  /** The item in the unit that its feature was made with. */
  inFeatureUnit: (item: ReadingItem) => ReadingItem
}

export interface PageContent {
  /** Newest first, each feature and date once: Gladys would store it twice (gladys.md, "real server" no. 7). */
  states: State[]
  /** Of each feature, unit and model the first item. */
  introduced: ReadingItem[]
  /** So many groups or values make no sense. */
  unreadable: number
  /** So many rows Withings gave. */
  rows: number
  /** Nothing of its chapter is older. */
  isLast: boolean
}

/** Gets a page by one call or more. Rejects with what `FetchContext.call` rejects with. */
export async function readHistoryPage(context: FetchContext, query: PageQuery): Promise<PageContent> {
  const { readings, problems, rows, isLast } = await readSlice(context, query, query)
  const states: State[] = []
  const introduced: ReadingItem[] = []
  const known = new Set<string>()
  const isNew = newStates()
  let beyond = 0
  await inSlices(readings, read => {
    const reading = wanted(read, query)
    if (reading === undefined) return
    const item = itemIn(reading, query)
    const state = item && stateOf(item, item.date, { addressing: query.addressing, liveMinutes: 0 })
    if (item === undefined || state === undefined) beyond += 1
    else if (isNew(state)) {
      if (isFirstOfFeature(item, known)) introduced.push(item)
      states.push(state)
    }
  })
  return { states, introduced, unreadable: problems + beyond, rows, isLast }
}

function itemIn(reading: Reading, { inFeatureUnit }: PageQuery): ReadingItem | undefined {
  const item = itemOf(reading)
  return item && inFeatureUnit(item)
}

/** One of the wanted device. Words are left out: Gladys keeps no history of them and would show an old one as the latest. */
function wanted(read: Reading, { deviceId, manualDays }: PageQuery): Reading | undefined {
  const reading = whereDaysGoOn(read, manualDays)
  return isOfDevice(reading, deviceId ?? '') && typeof reading.value === 'number' ? reading : undefined
}

/** Tells the first state of each feature and date, of states in the order of their dates. */
function newStates(): (state: State) => boolean {
  let date: number | undefined
  let features = new Set<string>()
  return state => {
    if (state.date !== date) features = new Set()
    date = state.date
    return features.size < features.add(state.feature).size
  }
}
