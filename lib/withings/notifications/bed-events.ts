import { asInteger, asIsoDate, asObject, asText, asTime, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { type NightEventType, parseNightEvents, SLEEP_MONITOR } from '../sleep/summary'
import { SLEEP_SOURCE } from '../sleep/sync'
import type { Row, RowSource } from '../sync/row'
import { readPages } from '../sync/sync'
import { BED_IN, BED_OUT } from './categories'
import { type Notification, notificationOf } from './notification'

/** Somebody got into or out of a bed. */
export interface BedEvent {
  userId: string
  /** The mat; null when Withings did not say which. */
  deviceId: string | null
  inBed: boolean
  /** Unix seconds. */
  at: number
}

/** One bed of one person. */
export function bedKey({ userId, deviceId }: BedEvent): string {
  return `${userId} ${deviceId ?? ''}`
}

export function isBedCategory(category: number): boolean {
  return category === BED_IN || category === BED_OUT
}

/** Undefined without a date: an event that cannot be put in order is not used. */
export function bedEventOf({ userId, deviceId, category, date }: Notification): BedEvent | undefined {
  const at = Math.floor(Date.parse(date ?? '') / 1000)
  return Number.isNaN(at) ? undefined : { userId, deviceId: deviceId ?? null, inBed: category === BED_IN, at }
}

/** For an event that never arrived. */
export function missedBedNotification({ userId, deviceId, inBed, at }: BedEvent): Notification {
  const details = { date: asIsoDate(at), deviceId: deviceId ?? undefined, catchUp: true } as const
  return notificationOf(inBed ? BED_IN : BED_OUT, userId, details)
}

interface BedNight extends Row {
  events: BedEvent[]
}

/** The bed events since `since` (Unix seconds), of nights changed since then. Throws what `FetchContext.call` throws. */
export async function fetchBedEvents(
  { call, userId }: Pick<FetchContext, 'call' | 'userId'>,
  since: number
): Promise<BedEvent[]> {
  const params = { action: 'getsummary', data_fields: 'night_events' }
  const source: RowSource<BedNight> = {
    ...SLEEP_SOURCE,
    request: { ...SLEEP_SOURCE.request, params },
    // Also nights without an id or an end, as they are while they go on.
    decode: raw => ({ id: JSON.stringify(raw), modified: 0, events: bedEventsOf(raw, userId) }),
    order: () => 0
  }
  const query = { kind: 'new', days: 0 } as const
  const { rows } = await readPages({ call }, source, { query, filter: source.changed(since) })
  return rows.flatMap(({ events }) => events).filter(({ at }) => at >= since)
}

/** One night → its events; none for a night of another kind of device. */
export function bedEventsOf(night: JsonObject, userId: string): BedEvent[] {
  const start = asTime(night.startdate)
  if (asInteger(night.model) !== SLEEP_MONITOR || start === undefined) return []
  const deviceId = asText(night.hash_deviceid) ?? asText(night.deviceid) ?? null
  const end = asTime(night.enddate)
  const events = parseNightEvents(asObject(night.data)?.night_events, start, end ?? NaN)
  const ofType = (wanted: NightEventType, inBed: boolean): BedEvent[] =>
    events
      .filter(({ type }) => type === wanted)
      .map(({ date }) => ({ userId, deviceId, inBed, at: Date.parse(date) / 1000 }))
  // The last getting up of a running night may just be the end of what is known.
  const knownUntil = night.completed === false ? end : undefined
  return [...ofType('got_in_bed', true), ...ofType('left_bed', false).filter(({ at }) => at !== knownUntil)]
}
