import { isOfOthers } from './provenance'
import { type Reading, readingKey, topicOf } from './reading'
import { toImperial } from './units'

export type Output = 'each' | 'batch' | 'latest'
export type Units = 'metric' | 'imperial'

/** A day, a workout, a night, a recording: a row as a flow gets it, with its readings inside. */
export interface Item {
  userId: string
  deviceId: string | null
  readings: Reading[]
}

/** What a day, a workout, a slice of samples and the goals have in common. */
export interface ActivityItem extends Item {
  kind: 'day' | 'workout' | 'intraday' | 'goals'
  /** The value of each reading by its type; of several with the same type the last one. */
  values: Record<string, number | string>
}

export interface ItemMessage<I extends Item> {
  payload: I | I[] | Record<string, Reading>
  topic: string
}

/**
 * Items, oldest first → messages in the forms of design.md §2.4: `each` item under
 * `withings/<userId>/<deviceId|manual>/<kind>`, all in one `batch`, or the `latest` reading of each type.
 */
export function messagesOfItems<I extends Item>(
  items: I[],
  userId: string,
  kind: string,
  output: Output
): ItemMessage<I>[] {
  if (output === 'each') return items.map(item => ({ payload: item, topic: topicOf(item, kind) }))
  const payload = output === 'batch' ? items : latestOf(items.flatMap(({ readings }) => readings))
  return [{ payload, topic: `withings/${userId}` }]
}

/** The newest of each type, of equal dates the last; of one day Withings' own tracker wins over other makers. */
export function latestOf(readings: readonly Reading[]): Record<string, Reading> {
  const latest = new Map<string, Reading>()
  for (const reading of readings) {
    const known = latest.get(readingKey(reading))
    if (!known || replaces(reading, known)) latest.set(readingKey(reading), reading)
  }
  return Object.fromEntries(latest)
}

function replaces(reading: Reading, known: Reading): boolean {
  const isByOthers = isOfOthers(known.source)
  if (reading.groupId === known.groupId && isOfOthers(reading.source) !== isByOthers) return isByOthers
  return known.date <= reading.date
}

export function readingsOfRows(rows: readonly Pick<Item, 'readings'>[]): Reading[] {
  return rows.flatMap(row => row.readings)
}

/** Adds readings to `newest`, which keeps the newest of each type and source: enough to tell what arrived. */
export function keepNewest(newest: Map<string, Reading>, readings: readonly Reading[]): void {
  for (const reading of readings) {
    const key = `${reading.type} ${reading.source}`
    const known = newest.get(key)
    if (!known || known.date <= reading.date) newest.set(key, reading)
  }
}

/** Values by `readingKey`, for templates and switches of a flow. */
export function valuesOf(readings: readonly Reading[]): Record<string, number | string> {
  return Object.fromEntries(readings.map(reading => [readingKey(reading), reading.value]))
}

export function readingsIn(units: Units, readings: Reading[]): Reading[] {
  return units === 'imperial' ? readings.map(toImperial) : readings
}

/** The item with its readings and values in these units. */
export function itemIn<I extends ActivityItem>(units: Units, item: I): I {
  if (units === 'metric') return item
  const readings = readingsIn(units, item.readings)
  return { ...item, readings, values: valuesOf(readings) }
}
