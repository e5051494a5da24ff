import { type Clock, MINUTE_MS } from '../../base/clock'

/** Requests that Withings allows in a minute (withings-api.md §2.8). */
const MOST = 120

/**
 * Lets at most 120 notifications about data of one category pass in a minute: each causes a request. What is above
 * becomes one at the end of the minute, so however many come, the nodes behind have a bounded number to work off.
 */
export class RateLimit {
  private readonly minutes = new Map<number, { began: number; count: number }>()

  /** `release` is called with a category and the time of the first one above the limit, Unix milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly release: (category: number, since: number) => void
  ) {}

  passes(category: number): boolean {
    const now = this.clock.now()
    let minute = this.minutes.get(category)
    if (!minute || now - minute.began >= MINUTE_MS || now < minute.began) {
      minute = { began: now, count: 0 }
      this.minutes.set(category, minute)
    }
    minute.count += 1
    if (minute.count === MOST + 1)
      void this.clock.sleep(minute.began + MINUTE_MS - now).then(() => this.release(category, now))
    return minute.count <= MOST
  }
}
