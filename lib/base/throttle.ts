import type { Clock } from './clock'

/** Runs something at most once in so many milliseconds: the first time at once, the last time late rather than never. */
export class Throttle {
  private last = -Infinity
  private cancelTimer: (() => void) | undefined

  constructor(
    private readonly interval: number,
    private readonly clock: Clock,
    private readonly run: () => void
  ) {}

  /** Now or, when it ran a moment ago, once the interval is over. */
  call(): void {
    if (this.cancelTimer !== undefined) return
    const elapsed = this.clock.now() - this.last
    // A clock that was set back must not hold it up.
    if (elapsed >= this.interval || elapsed < 0) return this.callNow()
    this.cancelTimer = this.clock.after(this.interval - elapsed, () => this.callNow())
  }

  /** Whatever the interval says. */
  callNow(): void {
    this.stop()
    this.last = this.clock.now()
    this.run()
  }

  /** Forgets the call that is due. */
  stop(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
