/** Somebody got into or out of a bed. */
export interface BedEvent {
  userId: string
  /** The mat; null when Withings did not say which. */
  deviceId: string | null
  inBed: boolean
  /** Unix seconds. */
  at: number
}

const DAY = 86_400
const MOST_BEDS = 50
/** By so much the sleep data may differ from the event of the same moment: they count in minutes. */
const SAME_MOMENT = 120

/**
 * Who is in which bed, by person and mat: the last event told of each. Repeated events and those older than the
 * last one told are not told again (design.md §2.6), so whatever the order they come in, the last state is the
 * right one.
 */
export class BedStates {
  private readonly last = new Map<string, BedEvent>()

  constructor(known: readonly BedEvent[]) {
    for (const event of known) this.last.set(keyOf(event), event)
  }

  /** Takes an event that Withings told; true when it is to be told. `now` in Unix seconds. */
  take(event: BedEvent, now: number): boolean {
    const last = this.last.get(keyOf(event))
    // What a wrong clock dated far ahead would hide all events until then.
    if (event.at > now + DAY) return false
    if (last && (event.at < last.at || (event.at === last.at && event.inBed === last.inBed))) return false
    this.remember(event)
    return true
  }

  /** Takes what the sleep data know, in any order; gives the events that were lost, oldest first. */
  correct(events: readonly BedEvent[], now: number): BedEvent[] {
    const inOrder = [...events].sort((a, b) => a.at - b.at || Number(b.inBed) - Number(a.inBed))
    return inOrder.filter(event => {
      const last = this.last.get(keyOf(event))
      if (last && (event.at <= last.at + SAME_MOMENT || event.inBed === last.inBed)) return false
      return this.take(event, now)
    })
  }

  all(): BedEvent[] {
    return [...this.last.values()]
  }

  private remember(event: BedEvent): void {
    const key = keyOf(event)
    this.last.delete(key)
    this.last.set(key, event)
    const [oldest] = this.last.keys()
    if (this.last.size > MOST_BEDS && oldest !== undefined) this.last.delete(oldest)
  }
}

function keyOf({ userId, deviceId }: BedEvent): string {
  return `${userId} ${deviceId ?? ''}`
}
