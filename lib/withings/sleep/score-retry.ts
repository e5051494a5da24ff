import { type Clock, DAY_MS, MINUTE_MS } from '../../base/clock'
import type { Night } from './night'

/** A night that was sent without a score. */
export type UnscoredNight = Pick<Night, 'id' | 'userId' | 'day' | 'modified'>

/** Before each try, in milliseconds; after the last one, 4 hours after the night was sent, a score is unlikely. */
const PAUSES: readonly number[] = [10, 20, 30, 60, 120].map(minutes => minutes * MINUTE_MS)
/** While the node is busy. */
const BUSY_PAUSE = MINUTE_MS

/** Whether a score is still to come; `now` in Unix milliseconds. Old nights, naps and those of no device may get none. */
export function isScorePending({ kind, scored, deviceId, endDate }: Night, now: number): boolean {
  return kind === 'night' && !scored && deviceId !== null && now - Date.parse(endDate) < DAY_MS
}

/** Fetches unscored nights again. In memory only: after a restart the next poll finds a scored night as changed. */
export class ScoreRetry {
  private readonly pending = new Map<string, { night: UnscoredNight; closing: AbortController }>()

  /** `fetch` starts fetching a night; false: the node is busy. */
  constructor(
    private readonly clock: Clock,
    private readonly fetch: (night: UnscoredNight) => boolean
  ) {}

  /** After nights were sent. One that is still unscored keeps its place in the schedule. */
  sent(nights: readonly Night[]): void {
    for (const night of nights) {
      const pending = this.pending.get(night.id)
      if (!isScorePending(night, this.clock.now())) this.forget(night.id)
      else if (pending) pending.night = night
      else {
        const closing = new AbortController()
        this.pending.set(night.id, { night, closing })
        // Rejects when it is aborted.
        this.retry(night.id, closing.signal).catch(() => undefined)
      }
    }
  }

  close(): void {
    for (const id of this.pending.keys()) this.forget(id)
  }

  private async retry(id: string, signal: AbortSignal): Promise<void> {
    for (const pause of PAUSES) {
      await this.clock.sleep(pause, signal)
      // A fetch that fails counts as a try, too: the schedule ends in any case.
      while (!this.fetch(this.pending.get(id)?.night as UnscoredNight))
        await this.clock.sleep(BUSY_PAUSE, signal)
    }
    this.forget(id)
  }

  private forget(id: string): void {
    this.pending.get(id)?.closing.abort()
    this.pending.delete(id)
  }
}
