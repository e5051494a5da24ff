import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../lib/clock'

interface Sleeper {
  until: number
  wake: () => void
}

/** Time that passes only by `advance`. */
export class FakeClock implements Clock {
  private sleepers: Sleeper[] = []

  constructor(private time = Date.UTC(2026, 10, 22, 7)) {}

  now(): number {
    return this.time
  }

  /** How many sleep now. */
  get asleep(): number {
    return this.sleepers.length
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
    })
  }

  /** Wakes all who sleep no longer than `ms`, each at its time, and lets follow what follows. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms
    for (;;) {
      await settled()
      const next = this.sleepers.reduce<Sleeper | undefined>(
        (first, sleeper) =>
          sleeper.until <= target && (!first || sleeper.until < first.until) ? sleeper : first,
        undefined
      )
      if (!next) break
      this.sleepers = this.sleepers.filter(other => other !== next)
      this.time = Math.max(this.time, next.until)
      next.wake()
    }
    this.time = target
    await settled()
  }
}

/** Lets all promises that can settle without time or network do so. */
export async function settled(): Promise<void> {
  await nextTurn()
}
