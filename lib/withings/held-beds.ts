import { bedKey, type BedEvent } from './bed-states'
import type { Notification } from './notification'

/** Beds that nobody knows of yet; a home has few. */
const MOST_UNKNOWN = 50

interface Held {
  event: BedEvent
  notification: Notification
}

/** What the flood of a minute held back: the newest of each bed, for the state of a bed must not be lost. */
export class HeldBeds {
  private readonly held = new Map<string, Held & { isKnown: boolean }>()

  /** `isKnown`: the bed has been heard of before. */
  hold(event: BedEvent, notification: Notification, isKnown: boolean): void {
    const key = bedKey(event)
    const before = this.held.get(key)
    if (before && before.event.at > event.at) return
    const unknown = [...this.held.values()].filter(each => !each.isKnown).length
    if (!before && !isKnown && unknown >= MOST_UNKNOWN) return
    this.held.set(key, { event, notification, isKnown })
  }

  /** All of them, oldest first; none is left. */
  release(): Held[] {
    const all = [...this.held.values()].sort((a, b) => a.event.at - b.event.at)
    this.held.clear()
    return all
  }
}
