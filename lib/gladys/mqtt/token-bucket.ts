import type { Clock } from '../../base/clock'

/** Lets through `rate` per second, and a tenth of that at once. */
export class TokenBucket {
  private readonly burst: number
  private tokens: number
  private refilledAt: number
  private cancelTimer: (() => void) | undefined

  /** `ready` is called when there is a token again after `take` had none. */
  constructor(
    private readonly rate: number,
    private readonly clock: Clock,
    private readonly ready: () => void
  ) {
    this.burst = Math.max(1, Math.ceil(rate / 10))
    this.tokens = this.burst
    this.refilledAt = clock.now()
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    const now = this.clock.now()
    // The clock may have been set back.
    const elapsed = Math.max(0, now - this.refilledAt)
    this.tokens = Math.min(this.burst, this.tokens + (elapsed / 1000) * this.rate)
    this.refilledAt = now
    if (this.tokens >= 1) {
      this.tokens -= 1
      return true
    }
    this.cancelTimer ??= this.clock.after(Math.ceil(((1 - this.tokens) / this.rate) * 1000), () => {
      this.cancelTimer = undefined
      this.ready()
    })
    return false
  }

  /** Cancels the call of `ready`. */
  stop(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
