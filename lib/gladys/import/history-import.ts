import { asCodedError, CodedError, failureOf, hasCode, mayPass, needsPerson } from '../../base/errors'
import { unlessAborted } from '../../base/timeout'
import type { ChapterName, HistoryPlace } from '../../withings/history/history'
import { CHAPTER_NAMES, nextPlace, unreadAfter } from '../../withings/history/history'
import { isFirstOfFeature, type Item, type ReadingItem } from '../model/items'
import type { State } from '../model/states'
import { DUPLICATE_WINDOW } from '../outbox/duplicate-window'
import { type CompareDeps, compareWithGladys, ImportTally, isMissing, type Missing } from './comparison'
import { type ImportPage, isWithheld, NO_PAGE, type PageDeps, readPage } from './page'
import { ImportRate } from './rate'
import type { ImportRecord, ImportStore } from './resume-store'
import { type Comparison, type ImportPhase, type ImportState, isOpen } from './state'

export interface HistoryImportDeps extends PageDeps, Pick<CompareDeps, 'clock'> {
  store: ImportStore
  /** Announces or creates the features of these items; fulfilled when their states may follow. */
  introduce(items: readonly Item[]): Promise<void>
  /** Fulfilled when the broker has acknowledged all of them. */
  send(states: readonly State[]): Promise<void>
  /** undefined: without a login at Gladys. */
  counts: CompareDeps['counts'] | undefined
  /** The import starts again, since a version that went from old to new began it. */
  restarted(): void
  /** Number of groups or values of a page that cannot be read. */
  unreadable(count: number): void
  /** Withings does not give this part of the history; the import goes on without it. */
  leftOut(chapter: ChapterName, error: CodedError): void
  /** Called after all progress and every change of state. */
  changed(): void
}

/** States in flight at once: enough for 30,000 a second, few enough to keep V8's young generation small. */
export const SLICE = 10
/** Milliseconds between retries; the last one repeats. */
const PAUSES = [15_000, 30_000, 60_000, 120_000, 300_000, 600_000]
// GLADYS_REFUSED is also the code of an API that does not answer.
const RETRIED = ['BROKER_UNREACHABLE', 'OUTBOX_FULL', 'GLADYS_REFUSED'] as const
const BROKER_IS_AWAY = new CodedError('BROKER_UNREACHABLE', 'importWaits')
/** Acknowledged states between two saves: a kill repeats at most so many. */
const SAVE_EVERY = 500

/** The page that is being sent. */
interface OpenPage extends ImportPage {
  place: HistoryPlace
  /** States that were acknowledged, now or before a restart. */
  acknowledged: number
}

/**
 * Sends one person's history to Gladys, page by page, each state with its own date. Retries by itself, and resumes
 * from its record, with the page it was on, after a restart. Never throws and never rejects.
 */
export class HistoryImport {
  private phase: ImportPhase
  private error: CodedError | undefined
  private page: OpenPage | undefined
  private readonly tally: ImportTally
  private comparison: Comparison | null = null
  /** Features that Gladys knows; announcing them for each page would cost more than everything else. */
  private introduced = new Set<string>()
  private total: number | null = null
  /** Date of the last acknowledged state, milliseconds since 1970. */
  private at: number | undefined
  /** The next page is not sent sooner, since parts of it may just have gone out. */
  private notBefore = 0
  private readonly rate = new ImportRate()
  private brokerAway = false
  private failures = 0
  /** Aborts the current request or pause. */
  private interruption = new AbortController()
  private readonly ending = new AbortController()
  private runs = Promise.resolve()

  constructor(
    private readonly record: ImportRecord,
    private readonly deps: HistoryImportDeps
  ) {
    this.phase = record.paused ? 'paused' : 'running'
    this.tally = new ImportTally(deps.store.tallyOf(record.id))
    if (record.pageBegun) this.notBefore = deps.clock.now() + DUPLICATE_WINDOW
  }

  get state(): ImportState {
    const { at, done, error, phase, rate, record, total } = this
    const { id, node, account, userId, deviceId, from, leftOut, startedAt } = record
    const isRunning = phase === 'running'
    const secondsLeft = total === null || !isRunning ? null : (rate.secondsFor(total - done) ?? null)
    return {
      ...{ id, node, account, userId, deviceId, from, startedAt },
      ...{ state: phase, leftOut, done, total, secondsLeft },
      chapter: nextPlace(record.unread)?.chapter ?? 'measures',
      at: at === undefined ? null : new Date(at).toISOString(),
      rate: isRunning ? rate.perSecond : 0,
      comparison: this.comparison,
      ...(error && { error: failureOf(error) })
    }
  }

  /** Starts, or resumes where the record stands. */
  start(): void {
    if (this.record.isRestarted) this.deps.restarted()
    delete this.record.isRestarted
    this.save()
    this.runs = this.runs.then(() => this.run())
  }

  /** Holds it until `resume`, over restarts too; what is in flight arrives. */
  pause(): void {
    if (!this.isActive) return
    this.record.paused = true
    this.become('paused')
    this.save()
    this.interrupt()
  }

  /** After `pause`; retries at once while it waits. */
  resume(): void {
    if (this.phase === 'waiting') return this.retry()
    if (this.phase !== 'paused') return
    this.record.paused = false
    if (this.brokerAway) this.become('waiting', BROKER_IS_AWAY)
    else this.become('running')
    this.start()
  }

  cancel(): void {
    if (isOpen(this.phase)) this.end('cancelled')
  }

  /** The process or the node ends; the record stays for the next one. */
  stop(): void {
    if (this.isActive) this.save()
    this.ending.abort()
    this.interrupt()
  }

  /** Ends the pause before a retry, e.g. after a login. */
  retry(): void {
    if (this.phase === 'waiting') this.interrupt()
  }

  /** States wait for the broker in the outbox; this only changes what the user sees. */
  brokerIs(state: 'away' | 'connected'): void {
    this.brokerAway = state === 'away'
    if (this.phase === 'running' && this.brokerAway) this.become('waiting', BROKER_IS_AWAY)
    else if (this.error?.code === 'BROKER_UNREACHABLE' && !this.brokerAway) this.recovered()
  }

  private get done(): number {
    return this.record.done + (this.page?.acknowledged ?? 0)
  }

  private get isActive(): boolean {
    return !this.ending.signal.aborted && (this.phase === 'running' || this.phase === 'waiting')
  }

  private save(): void {
    this.deps.store.save(this.record)
  }

  private async run(): Promise<void> {
    while (this.isActive) {
      const { signal } = this.interruption
      try {
        await this.sendAll(signal)
      } catch (error) {
        // After an interruption the loop finds out whether to go on.
        if (!signal.aborted && !this.ending.signal.aborted) await this.afterFailure(error, signal)
      }
    }
  }

  private async sendAll(signal: AbortSignal): Promise<void> {
    const { record, deps } = this
    for (let place = nextPlace(record.unread); place && this.isActive; place = nextPlace(record.unread)) {
      const page = (this.page ??= await this.load(place, signal))
      const pause = this.notBefore - deps.clock.now()
      if (pause > 0) await deps.clock.sleep(pause, signal)
      if (!(await this.sendRest(page))) return
      this.finishPage(page)
    }
    if (this.isActive) await this.compare(signal)
  }

  private async load(place: HistoryPlace, signal: AbortSignal): Promise<OpenPage> {
    const { record, deps } = this
    const page = await this.read(place, signal)
    await this.introduce(page.introduced)
    this.recovered()
    record.pageBegun = page.states.length > 0
    this.save()
    const { at } = record
    const begun = at === null ? 0 : page.states.findIndex(({ date }) => date <= at)
    const acknowledged = begun === -1 ? page.states.length : begun
    if (nextPlace(unreadAfter(record.unread, place, page)) === undefined)
      this.total = record.done + page.states.length
    deps.changed()
    return { ...page, place, acknowledged }
  }

  /** Leaves out what Withings does not give; throws when nothing would be left. */
  private async read(place: HistoryPlace, signal: AbortSignal): Promise<ImportPage> {
    const { record, deps } = this
    try {
      return await readPage(deps, record, { place, signal })
    } catch (error) {
      if (!isWithheld(error, place, record)) throw error
      record.leftOut = [...new Set([...record.leftOut, place.chapter])]
      if (record.leftOut.length === CHAPTER_NAMES.length) throw error
      deps.leftOut(place.chapter, error)
      return NO_PAGE
    }
  }

  private finishPage(page: OpenPage): void {
    const { record, deps, tally } = this
    if (page.unreadable > 0) deps.unreadable(page.unreadable)
    if (tally.add(page)) deps.store.saveTally(record.id, tally.record)
    const unread = unreadAfter(record.unread, page.place, page)
    Object.assign(record, { unread, pageBegun: false, at: null, done: record.done + page.states.length })
    this.page = undefined
    this.save()
  }

  /** What the broker has acknowledged may be lost before Gladys stores it (gladys.md, "real server" no. 3, 5). */
  private async compare(signal: AbortSignal): Promise<void> {
    const { clock, counts } = this.deps
    if (counts === undefined) return this.end('done')
    this.comparison = { state: 'running' }
    this.deps.changed()
    const sendAgain = (missing: readonly Missing[]) => this.sendAgain(missing, signal)
    try {
      const deps = { clock, tally: this.tally, counts, sendAgain }
      const { expected, found } = await compareWithGladys(deps, signal)
      this.comparison = { state: 'done', expected, found }
    } catch (error) {
      if (!hasCode(error, 'GLADYS_REFUSED')) throw error
      this.comparison = { state: 'failed' }
    }
    this.end('done')
  }

  private async sendAgain(missing: readonly Missing[], signal: AbortSignal): Promise<void> {
    for (const { place, months } of missing) {
      const { states } = await readPage(this.deps, this.record, { place, signal })
      const lacking = states.filter(state => isMissing(months, state))
      for (let at = 0; at < lacking.length && this.isActive; at += SLICE)
        await unlessAborted(this.deps.send(lacking.slice(at, at + SLICE)), this.ending.signal)
    }
  }

  private async introduce(items: readonly ReadingItem[]): Promise<void> {
    const fresh = items.filter(item => isFirstOfFeature(item, this.introduced))
    if (fresh.length === 0) return
    try {
      await this.deps.introduce(fresh)
    } catch (error) {
      // Unknown how many of them Gladys has got.
      this.introduced = new Set()
      throw error
    }
  }

  /** Whether all was acknowledged. */
  private async sendRest(page: OpenPage): Promise<boolean> {
    const { deps, record } = this
    while (this.isActive) {
      const slice = page.states.slice(page.acknowledged, page.acknowledged + SLICE)
      if (slice.length === 0) return true
      await unlessAborted(deps.send(slice), this.ending.signal)
      const saved = Math.floor(page.acknowledged / SAVE_EVERY)
      page.acknowledged += slice.length
      this.at = slice.at(-1)?.date
      record.at = this.at ?? null
      if (Math.floor(page.acknowledged / SAVE_EVERY) > saved) this.save()
      this.rate.advanced(slice.length, deps.clock.now())
      if (this.phase === 'waiting') this.recovered()
      deps.changed()
    }
    return false
  }

  private async afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const coded = asCodedError(error, 'BAD_ANSWER')
    const isRetried = mayPass(coded) || needsPerson(coded) || hasCode(coded, ...RETRIED)
    if (!isRetried) return this.end('failed', coded)
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)] as number
    this.failures += 1
    if (this.isActive) this.become('waiting', coded)
    await this.deps.clock.sleep(pause, signal).catch(() => undefined)
  }

  private recovered(): void {
    this.failures = 0
    if (this.phase === 'waiting' && !this.brokerAway) this.become('running')
  }

  private end(phase: 'done' | 'cancelled' | 'failed', error?: CodedError): void {
    this.record.done = this.done
    this.page = undefined
    if (phase === 'done') this.total = this.record.done
    this.deps.store.remove(this.record.id)
    this.become(phase, error)
    this.ending.abort()
    this.interrupt()
  }

  private become(phase: ImportPhase, error?: CodedError): void {
    this.phase = phase
    this.error = error
    if (phase !== 'running') this.rate.stopped()
    this.deps.changed()
  }

  private interrupt(): void {
    const { interruption } = this
    this.interruption = new AbortController()
    interruption.abort()
  }
}
