import { asCodedError, CodedError, type ErrorCode, hasCode, needsPerson } from '../../base/errors'
import { unlessAborted } from '../../base/timeout'
import {
  CHAPTER_NAMES,
  type ChapterName,
  type HistoryPlace,
  nextPlace,
  unreadAfter
} from '../../withings/history/history'
import type { ReadingItem } from '../model/items'
import { isFirstOfFeature } from '../model/items'
import { compareWithGladys } from './comparison'
import { type ImportPage, type ImportPageOptions, isWithheld, NO_PAGE, readPage } from './page'
import { ImportRate } from './rate'
import type { ImportRecord } from './record'
import { type Comparison, type ImportPhase, type ImportState, isOpen } from './state'
import { ImportTally, isMissing, type Missing } from './tally'

/**
 * States on their way at once. Enough for 30,000 a second, and few enough for V8, which takes more memory for young
 * objects the more of them it finds in use.
 */
export const SLICE = 10
/** Gladys stores a state twice that comes twice within seconds (gladys.md, "real server" no. 7). */
const REPEAT_PAUSE = 10_000
/** Milliseconds between tries, growing. */
const PAUSES = [15_000, 30_000, 60_000, 120_000, 300_000, 600_000]
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'WITHINGS_UNAVAILABLE',
  'RATE_LIMITED',
  'LOGIN_NEEDED',
  'BROKER_UNREACHABLE',
  'OUTBOX_FULL',
  // Also what is said when Gladys's HTTP API does not answer; a wrong login is not tried again and again.
  'GLADYS_REFUSED'
])
const LAST_CHAPTER: ChapterName = 'measures'

/** So many more states are acknowledged before the record says so: what a kill makes go out again, at most. */
const SAVE_EVERY = 500

/** The page that is being sent. */
interface OpenPage extends ImportPage {
  place: HistoryPlace
  /** States that were acknowledged, now or before a restart. */
  acknowledged: number
  /** So many of them the record knows of. */
  saved: number
}

/**
 * One person's history on its way to Gladys: a page at a time, each state with its own date. Goes on by itself after
 * what passes and, with its record, after the end of the process: with the page that it was on. Never throws and
 * never rejects.
 */
export class HistoryImport {
  private phase: ImportPhase
  private error: CodedError | undefined
  private page: OpenPage | undefined
  private readonly tally: ImportTally
  private comparison: Comparison | null = null
  /** What Gladys has heard of: telling it for each page would cost more than all the rest. */
  private introduced = new Set<string>()
  private total: number | null = null
  /** Date of the last state that was acknowledged, milliseconds since 1970. */
  private at: number | undefined
  /** No page goes out sooner: it may have gone out a moment ago. */
  private notBefore = 0
  private readonly rate = new ImportRate()
  private brokerAway = false
  private failures = 0
  /** Ends a request or a pause. */
  private interruption = new AbortController()
  /** Ends everything. */
  private readonly ending = new AbortController()
  private runs = Promise.resolve()

  constructor(
    private readonly record: ImportRecord,
    private readonly parts: ImportPageOptions
  ) {
    this.phase = record.paused ? 'paused' : 'running'
    this.tally = new ImportTally(parts.store.tallyOf(record.id))
    if (record.pageBegun) this.notBefore = parts.clock.now() + REPEAT_PAUSE
  }

  get state(): ImportState {
    const { at, done, error, phase, rate, record, total } = this
    const moving = phase === 'running'
    const left = total !== null && moving ? rate.secondsFor(total - done) : undefined
    return {
      id: record.id,
      node: record.node,
      account: record.account,
      userId: record.userId,
      deviceId: record.deviceId,
      from: record.from,
      state: phase,
      chapter: nextPlace(record.unread)?.chapter ?? LAST_CHAPTER,
      leftOut: record.leftOut,
      at: at === undefined ? null : new Date(at).toISOString(),
      done,
      total,
      rate: moving ? rate.perSecond : 0,
      secondsLeft: left ?? null,
      comparison: this.comparison,
      startedAt: record.startedAt,
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } })
    }
  }

  /** Begins, or goes on where the record stands. */
  start(): void {
    if (this.record.isRestarted) this.parts.restarted()
    delete this.record.isRestarted
    this.parts.store.save(this.record)
    this.runs = this.runs.then(() => this.run())
  }

  /** Holds it until `resume`, over restarts too; what is on its way arrives. */
  pause(): void {
    if (!this.isActive) return
    this.record.paused = true
    this.become('paused')
    this.parts.store.save(this.record)
    this.interrupt('The import was paused.')
  }

  /** After a pause; while it waits: tries again at once. */
  resume(): void {
    if (this.phase === 'waiting') return this.retry()
    if (this.phase !== 'paused') return
    this.record.paused = false
    if (this.brokerAway) this.become('waiting', brokerIsAway())
    else this.become('running')
    this.start()
  }

  cancel(): void {
    if (isOpen(this.phase)) this.end('cancelled')
  }

  /** The process or the node ends; the record stays. */
  stop(): void {
    if (this.isActive) this.parts.store.save(this.record)
    this.ending.abort(new CodedError('NOT_CONFIGURED', 'The node was closed.'))
    this.interrupt('The node was closed.')
  }

  /** Somebody logged in, or the like. */
  retry(): void {
    if (this.phase === 'waiting') this.interrupt('Another try.')
  }

  /** What waits for the broker goes on by itself; this only tells the user. */
  brokerIs(state: 'away' | 'connected'): void {
    this.brokerAway = state === 'away'
    if (this.phase === 'running' && this.brokerAway) this.become('waiting', brokerIsAway())
    else if (this.error?.code === 'BROKER_UNREACHABLE' && !this.brokerAway) this.goesWell()
  }

  private get done(): number {
    return this.record.done + (this.page?.acknowledged ?? 0)
  }

  private get isActive(): boolean {
    return !this.ending.signal.aborted && (this.phase === 'running' || this.phase === 'waiting')
  }

  private async run(): Promise<void> {
    while (this.isActive) {
      const { signal } = this.interruption
      try {
        await this.work(signal)
      } catch (error) {
        // Interrupted: whether it goes on depends on why, and that the loop finds out.
        if (!signal.aborted && !this.ending.signal.aborted) await this.afterFailure(error, signal)
      }
    }
  }

  private async work(signal: AbortSignal): Promise<void> {
    const { record } = this
    for (let place = nextPlace(record.unread); place && this.isActive; place = nextPlace(record.unread)) {
      const page = (this.page ??= await this.load(place, signal))
      await this.pauseBefore(signal)
      if (!(await this.sendRest(page))) return
      this.finishPage(page)
    }
    if (this.isActive) await this.compare(signal)
  }

  private async pauseBefore(signal: AbortSignal): Promise<void> {
    const { clock } = this.parts
    const pause = this.notBefore - clock.now()
    if (pause > 0) await clock.sleep(pause, signal)
  }

  private async load(place: HistoryPlace, signal: AbortSignal): Promise<OpenPage> {
    const { record, parts } = this
    let page: ImportPage
    try {
      page = await readPage(parts, record, { place, signal })
    } catch (error) {
      if (!isWithheld(error, place, record)) throw error
      this.leaveOut(place.chapter, error)
      page = NO_PAGE
    }
    await this.introduce(page.introduced)
    this.goesWell()
    record.pageBegun = page.states.length > 0
    parts.store.save(record)
    const { at } = record
    const begun = at === null ? 0 : page.states.findIndex(({ date }) => date <= at)
    const acknowledged = begun === -1 ? page.states.length : begun
    if (nextPlace(unreadAfter(record.unread, place, page)) === undefined)
      this.total = record.done + page.states.length
    parts.changed()
    return { ...page, place, acknowledged, saved: acknowledged }
  }

  private finishPage(page: OpenPage): void {
    const { record, parts, tally } = this
    if (page.unreadable > 0) parts.unreadable(page.unreadable)
    if (tally.add(page)) parts.store.saveTally(record.id, tally.record)
    const unread = unreadAfter(record.unread, page.place, page)
    Object.assign(record, { unread, pageBegun: false, at: null, done: record.done + page.states.length })
    this.page = undefined
    parts.store.save(record)
  }

  /** At the end, with a login: what the broker has acknowledged is not yet stored (gladys.md, "real server" no. 3, 5). */
  private async compare(signal: AbortSignal): Promise<void> {
    const { clock, counts } = this.parts
    if (counts === undefined) return this.end('done')
    this.comparison = { state: 'running' }
    this.parts.changed()
    const sendAgain = (missing: readonly Missing[]) => this.sendAgain(missing, signal)
    try {
      const { expected, found } = await compareWithGladys(
        { clock, tally: this.tally, counts, sendAgain },
        signal
      )
      this.comparison = { state: 'done', expected, found }
    } catch (error) {
      if (!hasCode(error, 'GLADYS_REFUSED')) throw error
      this.comparison = { state: 'failed' }
    }
    this.end('done')
  }

  private async sendAgain(missing: readonly Missing[], signal: AbortSignal): Promise<void> {
    for (const { place, months } of missing) {
      const { states } = await readPage(this.parts, this.record, { place, signal })
      const lacking = states.filter(state => isMissing(months, state))
      for (let at = 0; at < lacking.length && this.isActive; at += SLICE)
        await unlessAborted(this.parts.send(lacking.slice(at, at + SLICE)), this.ending.signal)
    }
  }

  private async introduce(items: readonly ReadingItem[]): Promise<void> {
    const fresh = items.filter(item => isFirstOfFeature(item, this.introduced))
    if (fresh.length === 0) return
    try {
      await this.parts.introduce(fresh)
    } catch (error) {
      // Gladys may not have heard of some.
      this.introduced = new Set()
      throw error
    }
  }

  /** Throws when there is nothing else. */
  private leaveOut(chapter: ChapterName, error: CodedError): void {
    const { record, parts } = this
    record.leftOut = [...new Set([...record.leftOut, chapter])]
    if (record.leftOut.length === CHAPTER_NAMES.length) throw error
    parts.leftOut(chapter, error)
  }

  /** Whether all was acknowledged. */
  private async sendRest(page: OpenPage): Promise<boolean> {
    const { parts, record } = this
    while (this.isActive) {
      const slice = page.states.slice(page.acknowledged, page.acknowledged + SLICE)
      if (slice.length === 0) return true
      await unlessAborted(parts.send(slice), this.ending.signal)
      page.acknowledged += slice.length
      this.at = slice.at(-1)?.date
      record.at = this.at ?? null
      if (page.acknowledged - page.saved >= SAVE_EVERY) {
        page.saved = page.acknowledged
        parts.store.save(record)
      }
      this.rate.advanced(slice.length, parts.clock.now())
      if (this.phase === 'waiting') this.goesWell()
      parts.changed()
    }
    return false
  }

  private async afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const coded = asCodedError(error, 'BAD_ANSWER')
    if (!PASSING.has(coded.code) && !needsPerson(coded)) return this.end('failed', coded)
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)] as number
    this.failures += 1
    if (this.isActive) this.become('waiting', coded)
    await this.parts.clock.sleep(pause, signal).catch(() => undefined)
  }

  private goesWell(): void {
    this.failures = 0
    if (this.phase === 'waiting' && !this.brokerAway) this.become('running')
  }

  private end(phase: 'done' | 'cancelled' | 'failed', error?: CodedError): void {
    this.record.done = this.done
    this.page = undefined
    if (phase === 'done') this.total = this.record.done
    this.parts.store.remove(this.record.id)
    this.become(phase, error)
    this.ending.abort(new CodedError('NOT_CONFIGURED', 'The import has ended.'))
    this.interrupt('The import has ended.')
  }

  private become(phase: ImportPhase, error?: CodedError): void {
    this.phase = phase
    this.error = error
    if (phase !== 'running') this.rate.stopped()
    this.parts.changed()
  }

  private interrupt(reason: string): void {
    const { interruption } = this
    this.interruption = new AbortController()
    interruption.abort(new CodedError('NOT_CONFIGURED', reason))
  }
}

function brokerIsAway(): CodedError {
  return new CodedError('BROKER_UNREACHABLE', 'the import waits for it')
}
