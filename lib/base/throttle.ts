import type { Clock } from './clock'

/** Runs something at most once per `interval` (milliseconds): the first call at once, the last one late rather than never. */
export class Throttle {
  private last = -Infinity
  private cancelTimer: (() => void) | undefined

  constructor(
    private readonly interval: number,
    private readonly clock: Clock,
    private readonly run: () => void
  ) {}

  /** Runs now or, when it ran a moment ago, once the interval is over. */
  call(): void {
    if (this.cancelTimer !== undefined) return
    const elapsed = this.clock.now() - this.last
    // Negative when the clock was set back.
    if (elapsed >= this.interval || elapsed < 0) return this.callNow()
    this.cancelTimer = this.clock.after(this.interval - elapsed, () => this.callNow())
  }

  /** Runs now, whatever the interval says. */
  callNow(): void {
    this.stop()
    this.last = this.clock.now()
    this.run()
  }

  /** Drops the call that is due. */
  stop(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
