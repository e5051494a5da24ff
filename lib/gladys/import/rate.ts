/** Milliseconds after which an old speed counts for little. */
const MEMORY = 5_000
/** Shorter spans say nothing about the speed. */
const SHORTEST = 250
/** Nor do longer ones, or those that end before they begin: the clock was set meanwhile. */
const LONGEST = 3_600_000

/** How many a second get through, smoothed. Times are milliseconds. */
export class ImportRate {
  private smoothed = 0
  private counted = 0
  private since: number | undefined

  /** So many more since the last call. */
  advanced(count: number, now: number): void {
    this.since ??= now
    this.counted += count
    const span = now - this.since
    if (span < 0 || span > LONGEST) return this.begin(now)
    if (span < SHORTEST) return
    const speed = (this.counted / span) * 1000
    const weight = this.smoothed === 0 ? 1 : 1 - Math.exp(-span / MEMORY)
    this.smoothed += (speed - this.smoothed) * weight
    this.begin(now)
  }

  /** Nothing moves from now on; the next `advanced` starts a new span. */
  stopped(): void {
    this.smoothed = 0
    this.counted = 0
    this.since = undefined
  }

  private begin(now: number): void {
    this.counted = 0
    this.since = now
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
