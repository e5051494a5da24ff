import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../lib/clock'

interface Sleeper {
  until: number
  wake: () => void
}

/** Time that jumps to the next sleeper as soon as nothing is at work: nobody really waits, nobody is overtaken. */
export class IdleClock implements Clock {
  private sleepers: Sleeper[] = []
  private atWork = 0
  private watching = false

  constructor(private time = Date.UTC(2026, 10, 22, 7)) {}

  now(): number {
    return this.time
  }

  /** Time passes while nothing happens. */
  jump(ms: number): void {
    this.time += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const sleeper = {
        until: this.time + ms,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
      }
      const onAbort = () => {
        this.sleepers = this.sleepers.filter(other => other !== sleeper)
        reject(signal?.reason as Error)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.sleepers.push(sleeper)
      void this.watch()
    })
  }

  /** No time passes until this is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.atWork += 1
    try {
      return await work
    } finally {
      this.atWork -= 1
      void this.watch()
    }
  }

  private async watch(): Promise<void> {
    if (this.watching) return
    this.watching = true
    await nextTurn()
    while (this.atWork === 0 && this.sleepers.length > 0) {
      const next = this.sleepers.reduce((first, sleeper) => (sleeper.until < first.until ? sleeper : first))
      this.sleepers = this.sleepers.filter(other => other !== next)
      this.time = Math.max(this.time, next.until)
      next.wake()
      await nextTurn()
    }
    this.watching = false
  }
}
