import type { Notification } from './notification'

/** Withings repeats after 10 s what was not answered well; later repeats mean that nothing was answered at all. */
const SPAN = 60_000
const MOST = 1_000

/**
 * Recognises a notification that came a moment ago. Only for those that say what they are about to the second: the
 * one for today's activity is the same all day long, and each may mean something new.
 */
export class Repeats {
  private readonly seen = new Map<string, number>()

  /** `now` in Unix milliseconds. */
  isRepeat(notification: Notification, now: number): boolean {
    if (notification.startDate === undefined && notification.deviceId === undefined) return false
    const key = JSON.stringify(notification)
    for (const [other, at] of this.seen) {
      if (now - at < SPAN && this.seen.size < MOST) break
      this.seen.delete(other)
    }
    const known = this.seen.has(key)
    if (!known) this.seen.set(key, now)
    return known
  }
}
