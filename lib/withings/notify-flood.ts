import type { Clock } from '../clock'

/** Withings lets nobody fetch more often in a minute (withings-api.md §2.8). */
const MOST = 120
const MINUTE = 60_000

interface Minute {
  began: number
  count: number
  /** The first that was held back, Unix milliseconds. */
  heldSince: number | undefined
}

/**
 * Lets at most 120 notifications about data of one category pass in a minute: behind each waits a request. What is
 * above is put together into one at the end of the minute, so however many come, the nodes behind have a bounded
 * number to work off.
 */
export class NotifyFlood {
  private readonly minutes = new Map<number, Minute>()

  /** `release` is called with a category and the first moment that was held back, Unix milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly release: (category: number, since: number) => void
  ) {}

  /** Whether it may pass. */
  passes(category: number): boolean {
    const now = this.clock.now()
    let minute = this.minutes.get(category)
    if (!minute || now - minute.began >= MINUTE || now < minute.began) {
      minute = { began: now, count: 0, heldSince: undefined }
      this.minutes.set(category, minute)
    }
    minute.count += 1
    if (minute.count <= MOST) return true
    if (minute.heldSince === undefined) {
      minute.heldSince = now
      void this.clock.sleep(minute.began + MINUTE - now).then(() => this.release(category, now))
    }
    return false
  }
}
