import type { BedEvent } from './bed-states'
import type { FetchContext } from './fetch-context'
import { asInteger, asList, asObject, asText, asTime, type JsonObject } from './json'
import { parseNightEvents, type NightEventType } from './night-events'
import { nextOffset } from './rows-page'
import { MOST_PAGES } from './rows-run'

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
