import type { BedEvent } from './bed-states'
import type { CallOptions, WithingsClient } from './client'
import { asInteger, asObject, asText, type JsonObject } from './json'

/** Sleep data of a mat, not of a watch (withings-api.md §6.1). */
const MAT = 32
const GOT_IN = 1
const LEFT = 4
const MOST_PAGES = 20

/**
 * Asks for the nights that changed since `since` (Unix seconds) and gives what they know of getting into and out of
 * bed since then. Throws what `WithingsClient.call` throws.
 */
export async function fetchBedEvents(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  since: number,
  options: CallOptions
): Promise<BedEvent[]> {
  const events: BedEvent[] = []
  let offset: number | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const params = {
      action: 'getsummary',
      lastupdate: String(since),
      data_fields: 'night_events',
      ...(offset !== undefined && { offset: String(offset) })
    }
    const body = await client.call({ path: '/v2/sleep', params, scope: 'user.activity' }, options)
    const rows: unknown[] = Array.isArray(body.series) ? body.series : []
    events.push(...rows.flatMap(row => bedEventsOf(asObject(row) ?? {}, userId)))
    const next = asInteger(body.offset)
    if (!body.more || next === undefined || next === (offset ?? 0)) break
    offset = next
  }
  return events.filter(({ at }) => at >= since)
}

/** One night → its events; nothing for a night of another kind of device, or one that says nothing about the bed. */
export function bedEventsOf(night: JsonObject, userId: string): BedEvent[] {
  const start = asInteger(night.startdate)
  if (asInteger(night.model) !== MAT || start === undefined) return []
  const deviceId = asText(night.hash_deviceid) ?? asText(night.deviceid) ?? null
  const events = nightEventsOf(asObject(night.data)?.night_events)
  const ofType = (type: number, inBed: boolean): BedEvent[] =>
    secondsOf(events[type]).map(seconds => ({ userId, deviceId, inBed, at: start + seconds }))
  // A night that goes on may end in a getting up that is only the end of what is known.
  const end = night.completed === false ? asInteger(night.enddate) : undefined
  return [...ofType(GOT_IN, true), ...ofType(LEFT, false).filter(({ at }) => at !== end)]
}

/** JSON as text, and an object for whom Withings sends one (withings-api.md §6.2). */
function nightEventsOf(value: unknown): JsonObject {
  if (typeof value !== 'string') return asObject(value) ?? {}
  try {
    return asObject(JSON.parse(value)) ?? {}
  } catch {
    return {}
  }
}

/** Each is counted from the one before, the first from the start of the night. */
function secondsOf(steps: unknown): number[] {
  const seconds: number[] = []
  let total = 0
  for (const step of Array.isArray(steps) ? (steps as unknown[]) : []) {
    total += asInteger(step) ?? NaN
    if (Number.isNaN(total)) break
    seconds.push(total)
  }
  return seconds
}
