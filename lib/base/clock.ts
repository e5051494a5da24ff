import { onAbort } from './timeout'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
export const SECONDS_PER_MINUTE = 60
export const SECONDS_PER_HOUR = 3_600
export const SECONDS_PER_DAY = 86_400

/** Time as a parameter, so that tests need not wait. */
export abstract class Clock {
  /** Unix milliseconds; those of `steadyClock` since some moment. */
  abstract now(): number

  /** Runs something once after `ms`; call the result to cancel it. */
  abstract after(ms: number, run: () => void): () => void

  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const stop = onAbort(signal, reason => {
        cancel()
        reject(reason)
      })
      const cancel = this.after(ms, () => {
        stop()
        resolve()
      })
    })
  }
}

class RealClock extends Clock {
  constructor(
    readonly now: () => number,
    private readonly keepsAlive: boolean
  ) {
    super()
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    if (!this.keepsAlive) timer.unref()
    return () => clearTimeout(timer)
  }
}

// Marked pure so that the editor's bundle, which needs only the constants, leaves the clocks out.

/** Its timers do not keep the process alive. */
export const systemClock: Clock = /* @__PURE__ */ new RealClock(() => Date.now(), false)

/** Monotonic, whatever sets the clock of the machine. For requests, so its timers keep the process alive. */
export const steadyClock: Clock = /* @__PURE__ */ new RealClock(() => performance.now(), true)

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
