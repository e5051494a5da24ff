import { asInteger, asIsoDate, asList, asObject, asText, asTime, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { type NightEventType, parseNightEvents } from '../sleep/night-events'
import { nextOffset } from '../sync/page'
import { MOST_PAGES } from '../sync/sync'
import { BED_IN, BED_OUT, categoryOf } from './categories'
import type { Notification } from './notification'

/** Somebody got into or out of a bed. */
export interface BedEvent {
  userId: string
  /** The mat; null when Withings did not say which. */
  deviceId: string | null
  inBed: boolean
  /** Unix seconds. */
  at: number
}

/** So far may the clocks of Withings and of this computer differ. */
const AHEAD = 300
const MOST_BEDS = 50
/** By so much the sleep data may differ from the event of the same moment: they count in minutes. */
const SAME_MOMENT = 120

/**
 * Who is in which bed, by person and mat: the last event told of each. Repeated events and those older than the
 * last one told are not told again (design.md §2.6), so whatever the order they come in, the last state is the
 * right one.
 */
export class LastBedEvents {
  /** Those that the sleep data know come first, then those known for longest. */
  private last = new Map<string, BedEvent>()
  /** Beds that the sleep data know; nobody else can make one up there. */
  private readonly confirmed = new Set<string>()

  constructor(known: readonly BedEvent[]) {
    for (const event of known) this.last.set(bedKey(event), event)
  }

  /** Takes an event that Withings told; true when it is to be told. `now` in Unix seconds. */
  accept(event: BedEvent, now: number): boolean {
    const isNew = this.isNew(event, now)
    if (isNew) this.remember(event)
    return isNew
  }

  /** Whether an event is to be told. */
  isNew(event: BedEvent, now: number): boolean {
    if (event.at > now + AHEAD) return false
    const last = this.lastOf(event, now)
    return !last || event.at > last.at || (event.at === last.at && event.inBed !== last.inBed)
  }

  /** Takes what the sleep data know, in any order; gives the events that were lost, oldest first. */
  takeMissed(events: readonly BedEvent[], now: number): BedEvent[] {
    const inOrder = [...events].sort((a, b) => a.at - b.at || Number(b.inBed) - Number(a.inBed))
    const lost = inOrder.filter(event => {
      const last = this.lastOf(event, now)
      if (last && (event.at <= last.at + SAME_MOMENT || event.inBed === last.inBed)) return false
      return this.accept(event, now)
    })
    new Set(events.map(bedKey)).forEach(key => this.confirm(key))
    return lost
  }

  all(): BedEvent[] {
    return [...this.last.values()]
  }

  isKnown(event: BedEvent): boolean {
    return this.last.has(bedKey(event))
  }

  /** One that a wrong clock or a forger dated ahead would hide all events until then, also after a restart. */
  private lastOf(event: BedEvent, now: number): BedEvent | undefined {
    const last = this.last.get(bedKey(event))
    return last && last.at <= now + AHEAD ? last : undefined
  }

  /** Where there is no room, the bed that came last makes way: who makes beds up drives no real one out. */
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

/** What tells one bed of one person from others. */
export function bedKey({ userId, deviceId }: BedEvent): string {
  return `${userId} ${deviceId ?? ''}`
}

export function isBedCategory(category: number): boolean {
  return category === BED_IN || category === BED_OUT
}

/** Undefined without a date: what cannot be put in order cannot be trusted. */
export function bedEventOf({ userId, deviceId, category, date }: Notification): BedEvent | undefined {
  const at = Math.floor(Date.parse(date ?? '') / 1000)
  return Number.isNaN(at) ? undefined : { userId, deviceId: deviceId ?? null, inBed: category === BED_IN, at }
}

/** For an event that Withings never told. */
export function missedBedNotification({ userId, deviceId, inBed, at }: BedEvent): Notification {
  const category = inBed ? BED_IN : BED_OUT
  const date = asIsoDate(at)
  return {
    category,
    name: categoryOf(category).name,
    userId,
    ...(date !== undefined && { date }),
    ...(deviceId !== null && { deviceId }),
    catchUp: true
  }
}

/** Sleep data of a mat, not of a watch (withings-api.md §6.1). */
const MAT = 32

/**
 * Asks for the nights that changed since `since` (Unix seconds) and gives what they know of getting into and out of
 * bed since then. Throws what `FetchContext.call` throws.
 */
export async function fetchBedEvents(
  { call, userId }: Pick<FetchContext, 'call' | 'userId'>,
  since: number
): Promise<BedEvent[]> {
  const events: BedEvent[] = []
  let offset = 0
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const params = {
      action: 'getsummary',
      lastupdate: String(since),
      data_fields: 'night_events',
      ...(offset > 0 && { offset: String(offset) })
    }
    const body = await call({ path: '/v2/sleep', params, scope: 'user.activity' })
    const rows = asList(body.series) ?? []
    events.push(...rows.flatMap(row => bedEventsOf(asObject(row) ?? {}, userId)))
    const next = nextOffset(body, offset, rows.length)
    if (next === undefined || next === 'stuck') break
    offset = next
  }
  return events.filter(({ at }) => at >= since)
}

/** One night → its events; nothing for a night of another kind of device, or one that says nothing about the bed. */
export function bedEventsOf(night: JsonObject, userId: string): BedEvent[] {
  const start = asTime(night.startdate)
  if (asInteger(night.model) !== MAT || start === undefined) return []
  const deviceId = asText(night.hash_deviceid) ?? asText(night.deviceid) ?? null
  const end = asTime(night.enddate)
  const events = parseNightEvents(asObject(night.data)?.night_events, start, end ?? NaN)
  const ofType = (wanted: NightEventType, inBed: boolean): BedEvent[] =>
    events
      .filter(({ type }) => type === wanted)
      .map(({ date }) => ({ userId, deviceId, inBed, at: Date.parse(date) / 1000 }))
  // A night that goes on may end in a getting up that is only the end of what is known.
  const seenUntil = night.completed === false ? end : undefined
  return [...ofType('got_in_bed', true), ...ofType('left_bed', false).filter(({ at }) => at !== seenUntil)]
}
