/** Lines read in one go. */
const PORTION = 5_000
/** Milliseconds: about three days. */
const SPAN = 2 ** 28
const LINE = /^(-?\d{1,15}) (\S+)$/
const LINE_END = 10

/** What lies on both sides of a moment. */
export interface Around {
  /** The newest date up to it. */
  newest: number | undefined
  /** The oldest date after it; Infinity: none. */
  ahead: number
}

/**
 * The last value sent for each date of one feature and year, in many small Maps: one that has a million entries stops
 * everything for a while each time it grows.
 */
export class SentShard {
  private readonly spans = new Map<number, Map<number, string>>()
  private count = 0

  /** How many dates. */
  get size(): number {
    return this.count
  }

  get(date: number): string | undefined {
    return this.spans.get(Math.floor(date / SPAN))?.get(date)
  }

  set(date: number, value: string): void {
    const key = Math.floor(date / SPAN)
    const span = this.spans.get(key) ?? new Map<number, string>()
    this.count -= span.size
    span.set(date, value)
    this.count += span.size
    this.spans.set(key, span)
  }

  around(until: number): Around {
    const around: Around = { newest: undefined, ahead: Infinity }
    for (const key of this.keys()) {
      for (const date of this.spans.get(key)?.keys() ?? [])
        if (date > until) around.ahead = Math.min(around.ahead, date)
        else if (around.newest === undefined || date > around.newest) around.newest = date
      if (around.newest !== undefined) break
    }
    return around
  }

  /** Up to a moment, newest first. */
  *newestFirst(until: number): Generator<[number, string], void, undefined> {
    for (const key of this.keys()) {
      const sent = [...(this.spans.get(key) ?? [])].filter(([date]) => date <= until)
      yield* sent.sort(([a], [b]) => b - a)
    }
  }

  /** Takes lines `<epoch ms> <value>` as far as they are whole; the caller may do something else at each `yield`. */
  *read(bytes: Buffer): Generator<void, void, undefined> {
    let count = 0
    for (let start = 0, end; (end = bytes.indexOf(LINE_END, start)) >= 0; start = end + 1) {
      const [, date, value] = LINE.exec(bytes.toString('latin1', start, end)) ?? []
      if (date !== undefined && value !== undefined) this.set(Number(date), value)
      count += 1
      if (count % PORTION === 0) yield
    }
  }

  /** As `read`, in one go. */
  readAtOnce(bytes: Buffer): this {
    const reading = this.read(bytes)
    while (reading.next().done !== true);
    return this
  }

  private keys(): number[] {
    return [...this.spans.keys()].sort((a, b) => b - a)
  }
}
