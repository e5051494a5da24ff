import { type BedEvent, bedKey } from './bed-events'
import type { Notification } from './notification'

/** Withings repeats after 10 s what was not answered well; later repeats mean that nothing was answered at all. */
const REPEAT_SPAN = 60_000
const MOST_REMEMBERED = 1_000

/** Recognises what came within the last minute, if it has a time or a device: today's activity may be new each time. */
export class RecentDeliveries {
  private readonly seen = new Map<string, number>()

  /** `now` in Unix milliseconds. */
  isDuplicate(notification: Notification, now: number): boolean {
    if (notification.startDate === undefined && notification.deviceId === undefined) return false
    const key = JSON.stringify(notification)
    for (const [other, at] of this.seen) {
      if (now - at < REPEAT_SPAN && this.seen.size < MOST_REMEMBERED) break
      this.seen.delete(other)
    }
    const isKnown = this.seen.has(key)
    if (!isKnown) this.seen.set(key, now)
    return isKnown
  }
}

/** Seconds by which the clocks of Withings and of this computer may differ. */
const AHEAD = 300
const MOST_BEDS = 50
/** Seconds by which sleep data may differ from the event of the same moment: they count in minutes. */
const SAME_MOMENT = 120

/** The last event of each person and mat, whatever the order: drops repeated and older ones (design.md §2.6). */
export class LastBedEvents {
  /** Those confirmed by sleep data come first, then the oldest. */
  private last = new Map<string, BedEvent>()
  /** Beds in the sleep data, which nobody else can forge. */
  private readonly confirmed = new Set<string>()

  constructor(stored: readonly BedEvent[]) {
    for (const event of stored) this.last.set(bedKey(event), event)
  }

  /** Remembers a new event; false for one to be dropped. `now` in Unix seconds. */
  accept(event: BedEvent, now: number): boolean {
    const isNew = this.isNew(event, now)
    if (isNew) this.remember(event)
    return isNew
  }

  isNew(event: BedEvent, now: number): boolean {
    if (event.at > now + AHEAD) return false
    const last = this.lastOf(event, now)
    return !last || event.at > last.at || (event.at === last.at && event.inBed !== last.inBed)
  }

  /** Takes events of the sleep data, in any order; returns those that were missed, oldest first. */
  takeMissed(events: readonly BedEvent[], now: number): BedEvent[] {
    const inOrder = [...events].sort((a, b) => a.at - b.at || Number(b.inBed) - Number(a.inBed))
    const missed = inOrder.filter(event => {
      const last = this.lastOf(event, now)
      if (last && (event.at <= last.at + SAME_MOMENT || event.inBed === last.inBed)) return false
      return this.accept(event, now)
    })
    new Set(events.map(bedKey)).forEach(key => this.confirm(key))
    return missed
  }

  all(): BedEvent[] {
    return [...this.last.values()]
  }

  isKnown(event: BedEvent): boolean {
    return this.last.has(bedKey(event))
  }

  /** Ignores one dated ahead by a wrong clock or a forger, which would hide all events until then. */
  private lastOf(event: BedEvent, now: number): BedEvent | undefined {
    const last = this.last.get(bedKey(event))
    return last && last.at <= now + AHEAD ? last : undefined
  }

  /** A full list drops the newest bed, so that forged beds displace no real one. */
  private remember(event: BedEvent): void {
    const key = bedKey(event)
    const newest = [...this.last.keys()].at(-1)
    if (this.last.size >= MOST_BEDS && !this.last.has(key) && newest !== undefined) this.last.delete(newest)
    this.last.set(key, event)
  }

  private confirm(key: string): void {
    const event = this.last.get(key)
    if (!event || this.confirmed.has(key)) return
    this.confirmed.add(key)
    this.last = new Map([[key, event], ...this.last])
  }
}
