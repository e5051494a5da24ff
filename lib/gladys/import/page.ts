import { CodedError, hasCode } from '../../base/errors'
import { inSlices } from '../../base/slices'
import type { CallOptions, FetchContext } from '../../withings/api/client'
import type { HistoryOptions, HistoryPlace, HistoryQuery } from '../../withings/history/history'
import { isInvalidParams, readSlice, yearOf } from '../../withings/history/history'
import { isOfDevice } from '../../withings/readings/reading'
import type { Addressing } from '../model/external-ids'
import { itemOf } from '../model/input'
import { isFirstOfFeature, type ReadingItem } from '../model/items'
import { type ManualDays, withDayDevice } from '../model/manual-days'
import { type State, stateOf } from '../model/states'
import type { ImportRecord } from './resume-store'

export interface PageDeps {
  /** Of the linked account; throws LOGIN_NEEDED and NOT_CONFIGURED. */
  context(options: CallOptions): FetchContext
  /** How the flows decode the same data. */
  options(): HistoryOptions
  /** Under which ids Gladys has the features. */
  addressing(): Addressing
  /** Which days belong to no device. */
  manualDays(userId: string): ManualDays
  /** The item in the unit of its feature. */
  inFeatureUnit(item: ReadingItem): ReadingItem
  /** Those that Gladys got live, dated on arrival, while it had their feature. */
  sentLive(states: readonly State[]): Promise<ReadonlySet<State>>
}

export interface ImportPage {
  /** To be sent: newest first, each feature and date once (gladys.md, "real server" no. 7). */
  states: State[]
  /** Left out, since Gladys got them live. */
  live: readonly State[]
  /** The first item of each feature, unit and model. */
  introduced: readonly ReadingItem[]
  /** Number of groups or values that cannot be read. */
  unreadable: number
  /** Number of rows that Withings gave. */
  rows: number
  /** Nothing of its chapter is older. */
  isLast: boolean
}

/** The page of a part that is left out. */
export const NO_PAGE: ImportPage = {
  ...{ states: [], live: [], introduced: [], unreadable: 0, rows: 0, isLast: true }
}

/** Reads a page for an import. Throws what `context` and its calls throw. */
export async function readPage(
  deps: PageDeps,
  record: ImportRecord,
  { place, signal }: { place: HistoryPlace; signal: AbortSignal }
): Promise<ImportPage> {
  const context = deps.context({ priority: 'import', signal })
  const { userId } = context
  if (userId !== record.userId) throw new CodedError('NOT_CONFIGURED', 'otherUser')
  const page = await readHistoryPage(context, {
    ...{ from: record.startdate, until: record.enddate, options: deps.options() },
    ...{ chapter: place.chapter, year: place.year, years: place.years },
    ...{ deviceId: record.deviceId, except: record.except },
    ...{ addressing: deps.addressing(), manualDays: deps.manualDays(userId) },
    inFeatureUnit: item => deps.inFeatureUnit(item)
  })
  const sentLive = await deps.sentLive(page.states)
  return {
    ...page,
    states: page.states.filter(state => !sentLive.has(state)),
    live: page.states.filter(state => sentLive.has(state))
  }
}

/**
 * Whether Withings does not give this part: not granted at the login, or not available to this application
 * (withings-api.md §2.8). Every application gets measures, so a refusal of those has another reason.
 */
export function isWithheld(
  error: unknown,
  { chapter, year }: HistoryPlace,
  { enddate }: ImportRecord
): error is CodedError {
  const isBeginning = chapter !== 'measures' && year === yearOf(enddate)
  const isRefused = hasCode(error, 'WITHINGS_REFUSED') && !isInvalidParams(error)
  return hasCode(error, 'SCOPE_MISSING') || (isBeginning && isRefused)
}

/** Which page of a history, and how it reaches Gladys. `deviceId`: null for all devices but `except`. */
export type PageQuery = HistoryQuery &
  HistoryPlace &
  Pick<ImportRecord, 'deviceId' | 'except'> &
  Pick<PageDeps, 'inFeatureUnit'> & { addressing: Addressing; manualDays: ManualDays }

/** Reads a page in one or more calls. Rejects with what `FetchContext.call` rejects with. */
export async function readHistoryPage(
  context: FetchContext,
  query: PageQuery
): Promise<Omit<ImportPage, 'live'>> {
  const { deviceId, except, addressing, manualDays, inFeatureUnit } = query
  const { readings, problems, rows, isLast } = await readSlice(context, query, query)
  const states: State[] = []
  const introduced: ReadingItem[] = []
  const known = new Set<string>()
  const isNew = duplicateFilter()
  let unusable = 0
  await inSlices(readings, given => {
    const reading = withDayDevice(given, manualDays)
    if (!isOfDevice(reading, deviceId ?? '') || except.some(id => isOfDevice(reading, id))) return
    // Gladys keeps no history of texts, and would show an old one as the latest.
    if (typeof reading.value !== 'number') return
    const read = itemOf(reading)
    const item = read && inFeatureUnit(read)
    const state = item && stateOf(item, item.date, { addressing, liveMinutes: 0 })
    if (item === undefined || state === undefined) unusable += 1
    else if (isNew(state)) {
      if (isFirstOfFeature(item, known)) introduced.push(item)
      states.push(state)
    }
  })
  return { states, introduced, unreadable: problems + unusable, rows, isLast }
}

/** True for the first state of each feature and date, called in the order of the dates. */
function duplicateFilter(): (state: State) => boolean {
  let date: number | undefined
  let features = new Set<string>()
  return state => {
    if (state.date !== date) features = new Set()
    date = state.date
    return features.size < features.add(state.feature).size
  }
}
