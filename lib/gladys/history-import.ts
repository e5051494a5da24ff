import { unlessAborted } from '../abort'
import type { Clock } from '../clock'
import { asCodedError, CodedError, hasCode, type ErrorCode } from '../errors'
import type { CallOptions } from '../withings/client'
import type { FetchContext } from '../withings/fetch-context'
import { CHAPTER_NAMES, type ChapterName, type HistoryOptions } from '../withings/history'
import { readHistoryPage, type PageContent } from './history-page'
import type { Addressing } from './ids'
import { ImportRate } from './import-rate'
import type { ImportRecord } from './import-record'
import { isOpen, type ImportPhase, type ImportState } from './import-state'
import type { ImportStore } from './import-store'
import type { Item } from './input'
import { introduces } from './introduction'
import type { State } from './states'

export interface HistoryImportParts {
  clock: Clock
  store: Pick<ImportStore, 'save' | 'remove'>
  /** Of the linked account; throws LOGIN_NEEDED and NOT_CONFIGURED. */
  context(options: CallOptions): FetchContext
  /** How the flows decode the same data. */
  options(): HistoryOptions
  /** Under which ids Gladys has the features. */
  addressing(): Addressing
  /** Types of days that go on without a device. */
  manualDays(userId: string): readonly string[]
  /** Fulfilled once whatever Gladys must know before the states of these items is on its way. */
  introduce(items: readonly Item[]): Promise<void>
  /** Fulfilled when the broker has acknowledged all of them. */
  send(states: readonly State[]): Promise<void>
  /** So many groups or values of a page make no sense. */
  unreadable(count: number): void
  /** Withings does not give this part of the history, and so the import goes on without it. */
  leftOut(chapter: ChapterName, error: CodedError): void
  /** Called after every progress and every change of state. */
  changed(): void
}

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
/** Withings' answer to an offset that it no longer knows (withings-api.md §3). */
const INVALID_PARAMS = 503
const MOST_BEGINNINGS = 3

/** Of a part of the history that is left out. */
const NOTHING: PageContent = {
  states: [].values(),
  count: 0,
  introduced: [],
  next: undefined,
  unreadable: () => 0
}

/** The page that is being sent. */
interface OpenPage extends PageContent {
  /** States that were acknowledged. */
  acknowledged: number
  /** Taken, and not acknowledged yet. */
  slice: State[]
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
  private beginnings = 0
  /** Ends a request or a pause. */
  private interruption = new AbortController()
  /** Ends everything. */
  private readonly ending = new AbortController()
  private runs = Promise.resolve()

  constructor(
    private readonly record: ImportRecord,
    private readonly parts: HistoryImportParts
  ) {
    this.phase = record.paused ? 'paused' : 'running'
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
      chapter: record.chapter,
      leftOut: record.leftOut,
      at: at === undefined ? null : new Date(at).toISOString(),
      done,
      total,
      rate: moving ? rate.perSecond : 0,
      secondsLeft: left ?? null,
      startedAt: record.startedAt,
      ...(error === undefined ? {} : { error: { code: error.code, message: error.message } })
    }
  }

  /** Begins, or goes on where the record stands. */
  start(): void {
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
    const { record, parts } = this
    while (this.isActive) {
      const page = (this.page ??= await this.load(signal))
      const pause = this.notBefore - parts.clock.now()
      if (pause > 0) await parts.clock.sleep(pause, signal)
      if (!(await this.sendRest(page))) return
      if (page.unreadable() > 0) parts.unreadable(page.unreadable())
      const next = page.next === undefined ? nextChapter(record.chapter) : record.chapter
      if (next === undefined) return this.end('done')
      this.page = undefined
      this.moveTo(next, page.next ?? 0, record.done + page.acknowledged)
    }
  }

  private async load(signal: AbortSignal): Promise<OpenPage> {
    const { record, parts } = this
    const context = parts.context({ priority: 'import', signal })
    const { userId } = context
    if (userId !== record.userId)
      throw new CodedError('NOT_CONFIGURED', 'the account is linked to another Withings user now')
    let page: PageContent
    try {
      page = await readHistoryPage(context, {
        from: record.startdate,
        until: record.enddate,
        options: parts.options(),
        chapter: record.chapter,
        offset: record.offset,
        deviceId: record.deviceId,
        addressing: parts.addressing(),
        manualDays: parts.manualDays(userId)
      })
    } catch (error) {
      if (isWithheld(error, record)) return this.withoutChapter(error)
      if (record.offset === 0 || !isInvalidParams(error) || this.beginnings >= MOST_BEGINNINGS) throw error
      this.beginnings += 1
      this.notBefore = parts.clock.now() + REPEAT_PAUSE
      this.moveTo(record.chapter, 0, record.before)
      return this.load(signal)
    }
    await this.introduce(page.introduced)
    this.goesWell()
    record.pageBegun = page.count > 0
    parts.store.save(record)
    if (page.next === undefined && nextChapter(record.chapter) === undefined)
      this.total = record.done + page.count
    parts.changed()
    return { ...page, acknowledged: 0, slice: [] }
  }

  private async introduce(items: readonly Item[]): Promise<void> {
    const fresh = items.filter(item => introduces(item, this.introduced))
    if (fresh.length === 0) return
    try {
      await this.parts.introduce(fresh)
    } catch (error) {
      // Gladys may not have heard of some.
      this.introduced = new Set()
      throw error
    }
  }

  /** A chapter without anything; throws when there is nothing but such. */
  private withoutChapter(error: CodedError): OpenPage {
    const { record, parts } = this
    record.leftOut = [...record.leftOut, record.chapter]
    if (record.leftOut.length === CHAPTER_NAMES.length) throw error
    parts.leftOut(record.chapter, error)
    if (nextChapter(record.chapter) === undefined) this.total = record.done
    return { ...NOTHING, acknowledged: 0, slice: [] }
  }

  /** Whether all was acknowledged. */
  private async sendRest(page: OpenPage): Promise<boolean> {
    const { parts } = this
    while (this.isActive) {
      const slice = sliceOf(page)
      if (slice.length === 0) return true
      await unlessAborted(parts.send(slice), this.ending.signal)
      page.acknowledged += slice.length
      page.slice = []
      this.at = slice.at(-1)?.date
      this.rate.advanced(slice.length, parts.clock.now())
      if (this.phase === 'waiting') this.goesWell()
      parts.changed()
    }
    return false
  }

  private moveTo(chapter: ChapterName, offset: number, done: number): void {
    const { record } = this
    if (chapter !== record.chapter) Object.assign(record, { chapter, before: done })
    Object.assign(record, { offset, done, pageBegun: false })
    this.parts.store.save(record)
  }

  private async afterFailure(error: unknown, signal: AbortSignal): Promise<void> {
    const coded = asCodedError(error, 'BAD_ANSWER')
    if (!PASSING.has(coded.code)) return this.end('failed', coded)
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

/** What was taken and not acknowledged, else the next states. */
function sliceOf({ slice, states }: OpenPage): readonly State[] {
  while (slice.length < SLICE) {
    const taken = states.next()
    if (taken.done) break
    slice.push(taken.value)
  }
  return slice
}

function nextChapter(chapter: ChapterName): ChapterName | undefined {
  return CHAPTER_NAMES[CHAPTER_NAMES.indexOf(chapter) + 1]
}

/**
 * Not granted at the login, or not given to this application at all: some calls are not for everybody
 * (withings-api.md §2.8). Measures are, so that a refusal of those tells of something else.
 */
function isWithheld(error: unknown, { chapter, offset }: ImportRecord): error is CodedError {
  const isBeginning = chapter !== 'measures' && offset === 0
  return hasCode(error, 'SCOPE_MISSING') || (isBeginning && hasCode(error, 'WITHINGS_REFUSED'))
}

function isInvalidParams(error: unknown): boolean {
  return hasCode(error, 'WITHINGS_REFUSED') && error.details.status === INVALID_PARAMS
}

function brokerIsAway(): CodedError {
  return new CodedError('BROKER_UNREACHABLE', 'the import waits for it')
}
