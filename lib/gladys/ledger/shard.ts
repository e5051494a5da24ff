import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AppendLog } from '../../base/append-log'
import type { StateKind } from '../model/states'

/** What was last sent for a date; the value as it is written. */
export interface Sent {
  readonly value: string
  readonly kind: StateKind
}

/** Milliseconds: about three days. */
const SPAN = 2 ** 28
/** `<epoch ms> <value>`, or `<epoch ms>=<value>` if sent live; text is percent-encoded. */
const LINE = /^(-?\d{1,15})([ =])(\S+)$/

/** Marked values by span and date. Many small Maps: one with a million entries blocks the process whenever it grows. */
type Spans = Map<number, Map<number, string>>

/** The last value sent for each date of one feature and year. `load` or `prepare` it before reading. */
export class SentShard {
  private spans: Spans | undefined
  /** The newest date; stays when the rest is unloaded. */
  private last: number | undefined
  /** Lines that are not on disk. */
  private unwritten = ''
  private preparing: Promise<void> | undefined

  /** `log`: undefined when kept in memory only. `knowsLast`: whether `last` is right, as it is for a new shard. */
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
    const load = async () => {
      const reading = this.reading()
      while (this.spans === undefined && reading.next().done !== true) await nextTurn()
    }
    this.preparing ??= load().finally(() => (this.preparing = undefined))
    await this.preparing
  }

  unload(): void {
    this.spans = undefined
  }

  get(date: number): Sent | undefined {
    const marked = this.spans?.get(spanOf(date))?.get(date)
    return marked === undefined ? undefined : sentOf(marked)
  }

  /** Works without loading. */
  set(date: number, { value, kind }: Sent): void {
    const marked = `${kind === 'live' ? '=' : ' '}${value}`
    if (this.spans !== undefined) put(this.spans, date, marked)
    if (this.knowsLast) this.last = Math.max(this.last ?? date, date)
    if (this.log !== undefined) this.unwritten += `${date}${marked}\n`
  }

  /** Throws what the file system throws; then it may be tried again. */
  flush(): void {
    this.log?.append(this.unwritten)
    this.unwritten = ''
  }

  /** Whether `newest` works without loading. */
  knowsNewest(until: number): boolean {
    return this.knowsLast && (this.last ?? until) <= until
  }

  /** The newest date up to a moment. */
  newest(until: number): number | undefined {
    return this.knowsNewest(until) ? this.last : this.newestFirst(until).next().value?.date
  }

  /** What was sent up to a moment, newest first. */
  *newestFirst(until: number): Generator<Sent & { date: number }, undefined, undefined> {
    for (const [, span] of [...(this.spans ?? [])].sort(([a], [b]) => b - a))
      for (const [date, marked] of [...span].filter(([at]) => at <= until).sort(([a], [b]) => b - a))
        yield { date, ...sentOf(marked) }
    return undefined
  }

  /** The caller may do something else at each `yield`; a short file has none. */
  private *reading(): Generator<void, void, undefined> {
    const spans: Spans = new Map()
    const take = (line: string): void => {
      const [, date, mark = '', value] = LINE.exec(line) ?? []
      if (date !== undefined && value !== undefined) put(spans, Number(date), mark + value)
    }
    for (const { lines } of this.log?.read() ?? []) {
      if (spans.size > 0) yield
      lines.forEach(take)
    }
    this.unwritten.split('\n').forEach(take)
    this.spans = spans
    this.last = this.newestFirst(Infinity).next().value?.date
    this.knowsLast = true
  }
}

function spanOf(date: number): number {
  return Math.floor(date / SPAN)
}

function sentOf(marked: string): Sent {
  return { value: marked.slice(1), kind: marked.startsWith('=') ? 'live' : 'historical' }
}

function put(spans: Spans, date: number, marked: string): void {
  const span = spans.get(spanOf(date)) ?? new Map<number, string>()
  spans.set(spanOf(date), span.set(date, marked))
}
