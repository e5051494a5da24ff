import type { Clock } from '../../base/clock'
import type { Night } from './night'

/** A night that was sent without a score. */
export type UnscoredNight = Pick<Night, 'id' | 'userId' | 'day' | 'modified'>

const MINUTE = 60_000
const DAY = 86_400_000
/** Before each try, in milliseconds; after the last one, 4 hours after the night was sent, nobody waits any more. */
const PAUSES: readonly number[] = [10, 20, 30, 60, 120].map(minutes => minutes * MINUTE)
/** The node may be busy. */
const BUSY_PAUSE = MINUTE

/**
 * Whether a night was sent without the score that it is going to get; `now` in Unix milliseconds. Older nights, naps and
 * what no device recorded often never get one.
 */
export function isScorePending({ kind, scored, deviceId, endDate }: Night, now: number): boolean {
  return kind === 'night' && !scored && deviceId !== null && now - Date.parse(endDate) < DAY
}

/**
 * Asks again for nights that were sent without a score. In memory only: after a restart the next poll brings the score,
 * for a night that gets one has changed.
 */
export class ScoreRetry {
  private readonly waiting = new Map<string, { night: UnscoredNight; stop: AbortController }>()

  /** `fetch` is called with a night that is due; false: it cannot be done just now. */
  constructor(
    private readonly clock: Clock,
    private readonly fetch: (night: UnscoredNight) => boolean
  ) {}

  /** After nights were sent. One that comes again without a score keeps its place in the schedule. */
  sent(nights: readonly Night[]): void {
    for (const night of nights) {
      const known = this.waiting.get(night.id)
      if (!isScorePending(night, this.clock.now())) this.forget(night.id)
      else if (known) known.night = night
      else {
        const stop = new AbortController()
        this.waiting.set(night.id, { night, stop })
        // Ends by being aborted, too.
        this.retry(night.id, stop.signal).catch(() => undefined)
      }
    }
  }

  close(): void {
    for (const id of this.waiting.keys()) this.forget(id)
  }

  private async retry(id: string, signal: AbortSignal): Promise<void> {
    for (const pause of PAUSES) {
      await this.clock.sleep(pause, signal)
      // A try that fails counts as well: what fails once a minute for days helps nobody.
      while (!this.fetch(this.waiting.get(id)?.night as UnscoredNight)) await this.clock.sleep(BUSY_PAUSE, signal)
    }
    this.forget(id)
  }

  private forget(id: string): void {
    this.waiting.get(id)?.stop.abort()
    this.waiting.delete(id)
  }
}
