import { bedKey, type BedEvent } from './bed-states'
import type { Notification } from './notification'

/** Beds that nobody knows of yet; a home has few. */
const MOST_UNKNOWN = 50

interface Pending {
  event: BedEvent
  notification: Notification
}

/** What is over the rate limit of a minute: the newest event of each bed, so that no bed ends in the wrong state. */
export class PendingBeds {
  private readonly pending = new Map<string, Pending & { isKnown: boolean }>()

  /** `isKnown`: the bed has been heard of before. */
  add(event: BedEvent, notification: Notification, isKnown: boolean): void {
    const key = bedKey(event)
    const before = this.pending.get(key)
    if (before && before.event.at > event.at) return
    const unknown = [...this.pending.values()].filter(each => !each.isKnown).length
    if (!before && !isKnown && unknown >= MOST_UNKNOWN) return
    this.pending.set(key, { event, notification, isKnown })
  }

  /** All of them, oldest first; none is left. */
  takeAll(): Pending[] {
    const all = [...this.pending.values()].sort((a, b) => a.event.at - b.event.at)
    this.pending.clear()
    return all
  }
}
