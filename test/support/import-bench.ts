import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError, type ErrorCode } from '../../lib/base/errors'
import type { JsonObject } from '../../lib/base/json'
import type { StoredCounts } from '../../lib/gladys/import/comparison'
import { HistoryImport } from '../../lib/gladys/import/history-import'
import { type ImportRecord, ImportStore, newRecord } from '../../lib/gladys/import/resume-store'
import type { Item } from '../../lib/gladys/model/items'
import type { State } from '../../lib/gladys/model/states'
import type { ApiRequest, CallOptions } from '../../lib/withings/api/client'
import type { ChapterName } from '../../lib/withings/history/history'
import { DEFAULT_HISTORY_OPTIONS } from './default-history-options'
import { FakeClock, settled } from './fake-clock'

/** A minute before the first group, Unix seconds. */
export const START = 1_600_000_000

/** Pages of weights: `sizes` groups each, newest first on a page, all of one scale. */
export function pagesOf(...sizes: number[]): JsonObject[] {
  let next = 0
  return sizes.map((size, index) => ({
    measuregrps: Array.from({ length: size }, () => groupOf((next += 1))).reverse(),
    ...(index < sizes.length - 1 ? { more: 1, offset: (index + 1) * 100 } : { more: 0 })
  }))
}

/** A weighing, so many minutes after the start. */
export const groupOf = (number: number, changes: JsonObject = {}): JsonObject => ({
  grpid: number,
  attrib: 0,
  date: START + number * 60,
  category: 1,
  deviceid: 'scale',
  measures: [{ type: 1, value: 80_000 + number, unit: -3 }],
  ...changes
})

const ASKED = {
  ...{ id: '0123456789abcdef', node: 'state', account: 'account' },
  ...{ userId: '12', deviceId: null, from: null }
}

/** A Withings of prepared pages of measures and nothing else, a broker in the test's hands, and a directory. */
export class ImportBench {
  readonly clock = new FakeClock(Date.UTC(2020, 10, 22, 7))
  readonly directory = mkdtempSync(join(tmpdir(), 'history-import-'))
  readonly asked: string[] = []
  readonly priorities: string[] = []
  readonly sent: number[] = []
  readonly states: string[] = []
  readonly unreadable: number[] = []
  readonly leftOut: [ChapterName, string][] = []
  /** Dates of states that went live while Gladys had their feature, in minutes after the start. */
  live: number[] = []
  /** Answers of Gladys, the last one again and again; undefined: there is no login. */
  counts: (() => StoredCounts | Error)[] | undefined
  restarts = 0
  pages = pagesOf(50, 50, 30)
  userId = '12'
  failures: (() => CodedError)[] = []
  /** Types that Gladys was told of. */
  readonly introduced: string[] = []
  /** Failures of telling it. */
  deafness: CodedError[] = []
  /** Failures of the calls before the measures. */
  earlyFailures: Partial<Record<string, CodedError>> = {}
  /** Offsets that Withings does not know. */
  refuse: (offset: string) => boolean = () => false
  /** The signals of calls to which no answer comes, while there is none. */
  hanging: AbortSignal[] | undefined
  /** Acknowledges at once, or when the test says so. */
  automatic = true
  private waiting: ((failure?: Error) => void)[] = []
  store!: ImportStore
  import!: HistoryImport

  open(changes: Partial<ImportRecord> = {}): this {
    this.store = new ImportStore(this.directory, reason => {
      throw new Error(reason)
    })
    const record: ImportRecord = this.store.load()[0] ?? {
      ...newRecord(ASKED, this.clock.now()),
      ...changes
    }
    this.import = new HistoryImport(record, {
      clock: this.clock,
      store: this.store,
      context: options => ({
        ...options,
        call: request => this.call(request, options),
        userId: this.userId,
        now: () => this.clock.now()
      }),
      addressing: () => 'own',
      manualDays: () => ({ types: [], moved: [] }),
      inFeatureUnit: item => item,
      introduce: items => this.hear(items),
      send: states => this.take(states),
      options: () => DEFAULT_HISTORY_OPTIONS,
      unreadable: count => this.unreadable.push(count),
      leftOut: (chapter, { code }) => this.leftOut.push([chapter, code]),
      sentLive: states =>
        Promise.resolve(new Set(states.filter(({ date }) => this.live.includes((date / 1000 - START) / 60)))),
      counts: this.counts && (() => this.count()),
      restarted: () => (this.restarts += 1),
      changed: () => this.note()
    })
    this.import.start()
    return this
  }

  /** As after a kill: what was not acknowledged is gone. */
  restart(): this {
    this.import.stop()
    this.waiting = []
    return this.open()
  }

  /** The import ends without a word: what it did not write down is forgotten. */
  kill(): this {
    const kept = new Map(this.files.map(name => [name, readFileSync(join(this.directory, name))]))
    this.import.stop()
    for (const [name, content] of kept) writeFileSync(join(this.directory, name), content)
    this.waiting = []
    return this.open()
  }

  /** What is on its way does not arrive. */
  fail(code: ErrorCode): void {
    this.waiting.shift()?.(new CodedError(code, 'verbatim', { text: 'refused' }))
  }

  async acknowledge(): Promise<void> {
    this.waiting.shift()?.()
    await settled()
  }

  get files(): string[] {
    return existsSync(join(this.directory)) ? readdirSync(this.directory) : []
  }

  close(): void {
    this.import.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  private call(request: ApiRequest, { priority, signal }: CallOptions): Promise<JsonObject> {
    const { action = '', offset = '0' } = request.params
    this.priorities.push(priority)
    if (action !== 'getmeas') {
      const failure = this.earlyFailures[`${request.path} ${action}`]
      return failure ? Promise.reject(failure) : Promise.resolve({ series: [], activities: [], more: false })
    }
    const { startdate = '0', enddate = '0' } = request.params
    // Whatever is prepared was measured in the year of the start.
    if (START < Number(startdate) || START > Number(enddate)) return Promise.resolve({ measuregrps: [] })
    this.asked.push(offset)
    if (this.hanging !== undefined && signal !== undefined) {
      this.hanging.push(signal)
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      )
    }
    const failure = this.failures.shift()
    if (failure) return Promise.reject(failure())
    if (this.refuse(offset)) return Promise.reject(new CodedError('WITHINGS_REFUSED', null, { status: 503 }))
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    return Promise.resolve(this.pages[Number(offset) / 100] as JsonObject)
  }

  private async count(): Promise<StoredCounts> {
    const answers = this.counts ?? []
    const answer = (answers.length > 1 ? answers.shift() : answers[0])?.()
    if (answer === undefined) throw new Error('no answer is prepared')
    if (answer instanceof Error) throw answer
    return Promise.resolve(answer)
  }

  private hear(items: readonly Item[]): Promise<void> {
    for (const item of items) if (item.kind === 'reading') this.introduced.push(item.type)
    const refused = this.deafness.shift()
    return refused ? Promise.reject(refused) : Promise.resolve()
  }

  private take(states: readonly State[]): Promise<void> {
    this.sent.push(...states.map(({ date }) => (date / 1000 - START) / 60))
    if (this.automatic) return Promise.resolve()
    return new Promise((resolve, reject) =>
      this.waiting.push(failure => (failure === undefined ? resolve() : reject(failure)))
    )
  }

  private note(): void {
    const { state } = this.import.state
    if (this.states.at(-1) !== state) this.states.push(state)
  }
}
