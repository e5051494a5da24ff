import { onAbort } from './timeout'

/** Time from outside, so that tests need not wait. */
export abstract class Clock {
  /** Unix milliseconds; those of `steadyClock` since some moment. */
  abstract now(): number

  /** Runs something once after so many milliseconds; call the result to forget about it. */
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
    private readonly time: () => number,
    private readonly keepsAlive: boolean
  ) {
    super()
  }

  now(): number {
    return this.time()
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms)
    if (!this.keepsAlive) timer.unref()
    return () => clearTimeout(timer)
  }
}

/** Its timers do not keep the process alive. */
export const systemClock: Clock = new RealClock(() => Date.now(), false)

/**
 * Time since some moment: it goes on evenly when the clock of the machine is set. For requests, so its timers keep the
 * process alive.
 */
export const steadyClock: Clock = new RealClock(() => performance.now(), true)
