import { HOUR_MS } from '../../base/clock'

/** Milliseconds after which an old speed counts for little. */
const MEMORY = 5_000
/** Shorter spans say nothing about the speed. */
const SHORTEST = 250

/** How many states a second an import sends, smoothed. Times are milliseconds. */
export class ImportRate {
  private smoothed = 0
  private counted = 0
  private since: number | undefined

  /** Counts what was sent since the last call. */
  advanced(count: number, now: number): void {
    this.since ??= now
    this.counted += count
    const span = now - this.since
    if (span >= 0 && span < SHORTEST) return
    // After a longer one the clock was set.
    if (span >= 0 && span <= HOUR_MS) {
      const weight = this.smoothed === 0 ? 1 : 1 - Math.exp(-span / MEMORY)
      this.smoothed += ((this.counted / span) * 1000 - this.smoothed) * weight
    }
    this.counted = 0
    this.since = now
  }

  /** The next `advanced` starts a new span. */
  stopped(): void {
    this.smoothed = this.counted = 0
    this.since = undefined
  }

  /** States a second, one decimal. */
  get perSecond(): number {
    return Math.round(this.smoothed * 10) / 10
  }

  /** undefined while the speed is unknown. */
  secondsFor(count: number): number | undefined {
    if (count === 0) return 0
    return this.smoothed > 0 ? Math.ceil(count / this.smoothed) : undefined
  }
}
