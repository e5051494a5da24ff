import type { Clock } from '../../base/clock'
import { CodedError, hasCode } from '../../base/errors'
import type { CallOptions, FetchContext } from '../../withings/api/client'
import {
  type ChapterName,
  type HistoryOptions,
  type HistoryPlace,
  isInvalidParams,
  yearOf
} from '../../withings/history/history'
import type { Addressing } from '../model/external-ids'
import type { Item, ReadingItem } from '../model/items'
import type { State } from '../model/states'
import type { ManualDays } from './manual-days'
import { type PageContent, readHistoryPage } from './page-states'
import type { ImportRecord } from './record'
import { withoutExcepted } from './record'
import type { ImportStore } from './store'
import type { StoredCounts } from './tally'

export interface ImportPageOptions {
  clock: Clock
  store: Pick<ImportStore, 'save' | 'remove' | 'tallyOf' | 'saveTally'>
  /** Of the linked account; throws LOGIN_NEEDED and NOT_CONFIGURED. */
  context(options: CallOptions): FetchContext
  /** How the flows decode the same data. */
  options(): HistoryOptions
  /** Under which ids Gladys has the features. */
  addressing(): Addressing
  /** What of the days goes on without a device. */
  manualDays(userId: string): ManualDays
  /** The item in the unit that its feature was made with. */
  inFeatureUnit(item: ReadingItem): ReadingItem
  /** Fulfilled once whatever Gladys must know before the states of these items is on its way. */
  introduce(items: readonly Item[]): Promise<void>
  /** Fulfilled when the broker has acknowledged all of them. */
  send(states: readonly State[]): Promise<void>
  /** Those that Gladys got live while it had their feature: it has them already, at the moment when they arrived. */
  sentLive(states: readonly State[]): Promise<ReadonlySet<State>>
  /** What Gladys has of these features; undefined: there is no login to ask it with. Rejects with GLADYS_REFUSED. */
  counts: ((features: readonly string[]) => Promise<StoredCounts>) | undefined
  /** A version that went from old to new began it, and so it begins once more. */
  restarted(): void
  /** So many groups or values of a page make no sense. */
  unreadable(count: number): void
  /** Withings does not give this part of the history, and so the import goes on without it. */
  leftOut(chapter: ChapterName, error: CodedError): void
  /** Called after every progress and every change of state. */
  changed(): void
}

/** What of a page is to be sent. */
export interface ImportPage extends PageContent {
  /** Left out, because Gladys got them live. */
  live: readonly State[]
}

/** That of a part of the history that is left out. */
export const NO_PAGE: ImportPage = {
  states: [],
  live: [],
  introduced: [],
  unreadable: 0,
  rows: 0,
  isLast: true
}

/** Reads a page of what an import asks for. Throws what `context` and its calls throw. */
export async function readPage(
  parts: ImportPageOptions,
  record: ImportRecord,
  { place, signal }: { place: HistoryPlace; signal: AbortSignal }
): Promise<ImportPage> {
  const context = parts.context({ priority: 'import', signal })
  const { userId } = context
  if (userId !== record.userId)
    throw new CodedError('NOT_CONFIGURED', 'the account is linked to another Withings user now')
  const addressing = parts.addressing()
  const page = await readHistoryPage(context, {
    from: record.startdate,
    until: record.enddate,
    options: parts.options(),
    ...{ chapter: place.chapter, year: place.year, years: place.years },
    deviceId: record.deviceId,
    addressing,
    manualDays: parts.manualDays(userId),
    inFeatureUnit: item => parts.inFeatureUnit(item)
  })
  const content = withoutExcepted(page, record, addressing)
  const sentLive = await parts.sentLive(content.states)
  return {
    ...content,
    states: content.states.filter(state => !sentLive.has(state)),
    live: content.states.filter(state => sentLive.has(state))
  }
}

/**
 * Not granted at the login, or not given to this application at all: some calls are not for everybody
 * (withings-api.md §2.8). Measures are, so that a refusal of those tells of something else.
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
