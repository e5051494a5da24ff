import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AppendLog } from '../../base/append-log'
import type { StateKind } from '../model/states'

/** Milliseconds: about three days. */
const SPAN = 2 ** 28
/** `<epoch ms> <value>`, or `<epoch ms>=<value>` of what went out live. */
const LINE = /^(-?\d{1,15})([ =])(\S+)$/

/** Many small Maps: one that has a million entries stops everything for a while each time it grows. */
type Spans = Map<number, Map<number, string>>

const LIVE = '='

/** The last value sent for each date of one feature and year. Has to be loaded before it is asked. */
export class SentShard {
  private spans: Spans | undefined
  /** The newest date, kept when the rest is unloaded. */
  private last: number | undefined
  /** Lines that are not on disk. */
  private unwritten = ''
  private preparing: Promise<void> | undefined

  /** `log`: where it is kept; undefined: in memory. `knowsLast`: whether `last` is right, as it is of a new one. */
  constructor(
    readonly year: number,
    private readonly log: AppendLog | undefined,
    private knowsLast: boolean
  ) {}

  /** How many dates are in memory. */
  get size(): number {
    let size = 0
    for (const span of this.spans?.values() ?? []) size += span.size
    return size
  }

  load(): void {
    const reading = this.reading()
    while (this.spans === undefined) reading.next()
  }

  /** As `load`, without blocking for long. */
  async prepare(): Promise<void> {
    this.preparing ??= this.loadSlowly().finally(() => (this.preparing = undefined))
    await this.preparing
  }

  unload(): void {
    this.spans = undefined
  }

  get(date: number): string | undefined {
    return this.spans
      ?.get(Math.floor(date / SPAN))
      ?.get(date)
      ?.slice(1)
  }

  /** Whether the last value for this date went out live. */
  isLive(date: number): boolean {
    return (
      this.spans
        ?.get(Math.floor(date / SPAN))
        ?.get(date)
        ?.startsWith(LIVE) === true
    )
  }

  /** Need not be loaded. */
  set(date: number, value: string, kind: StateKind): void {
    const marked = `${kind === 'live' ? LIVE : ' '}${value}`
    if (this.spans !== undefined) put(this.spans, date, marked)
    if (this.knowsLast) this.last = Math.max(this.last ?? date, date)
    if (this.log !== undefined) this.unwritten += `${date}${marked}\n`
  }

  /** Throws what the file system says; then it may be tried again. */
  flush(): void {
    this.log?.append(this.unwritten)
    this.unwritten = ''
  }

  /** Whether `newest` can say so without being loaded. */
  knowsNewest(until: number): boolean {
    return this.knowsLast && (this.last ?? until) <= until
  }

  /** The newest date up to a moment. */
  newest(until: number): number | undefined {
    return this.knowsNewest(until) ? this.last : this.newestFirst(until).next().value?.[0]
  }

  /** Up to a moment, newest first. */
  *newestFirst(until: number): Generator<[number, string], undefined, undefined> {
    for (const [, span] of [...(this.spans ?? [])].sort(([a], [b]) => b - a))
      for (const [date, marked] of [...span].filter(([at]) => at <= until).sort(([a], [b]) => b - a))
        yield [date, marked.slice(1)]
    return undefined
  }

  private async loadSlowly(): Promise<void> {
    const reading = this.reading()
    while (this.spans === undefined && reading.next().done !== true) await nextTurn()
  }

  /** The caller may do something else at each `yield`; a short file has none. */
  private *reading(): Generator<void, void, undefined> {
    const spans: Spans = new Map()
    const take = (line: string): void => {
      const [, date, mark, value] = LINE.exec(line) ?? []
      if (date !== undefined && value !== undefined) put(spans, Number(date), `${mark}${value}`)
    }
    for (const { lines } of this.log?.read() ?? []) {
      if (spans.size > 0) yield
      lines.forEach(take)
    }
    this.unwritten.split('\n').forEach(take)
    this.spans = spans
    this.last = this.newestFirst(Infinity).next().value?.[0]
    this.knowsLast = true
  }
}

function put(spans: Spans, date: number, value: string): void {
  const key = Math.floor(date / SPAN)
  spans.set(key, (spans.get(key) ?? new Map<number, string>()).set(date, value))
}
