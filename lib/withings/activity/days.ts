import { DAY_MS, HOUR_MS } from '../../base/clock'
import { asIsoDate, asText, asTime, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { type Device, fetchDevices } from '../devices/devices'
import { deviceIdOf, modelIdOf, modelOf, modelStamp } from '../readings/device-models'
import { readingsOf } from '../readings/fields'
import { type ActivityItem, valuesOf } from '../readings/item-messages'
import { type Brand, brandOf, filedUnder } from '../readings/provenance'
import { asDay, endOfDay, startOfDay } from '../sync/local-days'
import type { RowFormat, RowOfReadings } from '../sync/row'
import { DAY_FIELDS } from './fields'

/** The totals of one local day (withings-api.md §5.1). A day without any movement has zeros. */
export interface Day extends ActivityItem {
  kind: 'day'
  /** `YYYY-MM-DD` in `timezone`. */
  day: string
  timezone: string
  /** The day was still running, in its own zone, when it was read. */
  isToday: boolean
  /** The last second of the day; of a running one its last change. */
  date: string
  /** Last change at Withings. */
  modified: string
  model: string | null
  brand: Brand
  /** A wearable of Withings was worn. */
  isTracker: boolean
}

/** Model of the tracker that counted a day. */
export interface Tracker {
  modelId: number | undefined
  model: string | null
}

export interface DayRow extends RowOfReadings {
  item: Day
  /** The device that counted, where the row names its model only. */
  tracker: Tracker | undefined
}

/** How rows of getactivity are read; `now` in Unix seconds tells which day is running. */
export function dayFormat(userId: string, now: number): RowFormat<DayRow> {
  return {
    list: 'activities',
    decode: raw => parseDay(raw, userId, now),
    idOf: raw => asText(raw.date)
  }
}

function parseDay(raw: JsonObject, userId: string, now: number): DayRow | undefined {
  const day = asDay(raw.date)
  if (day === undefined) return undefined
  const timezone = asText(raw.timezone) ?? 'UTC'
  const [start, next] = [startOfDay(day, timezone), endOfDay(day, timezone)]
  const changed = asTime(raw.modified)
  // Never outside its day: a chart would show it on the next one.
  const total = now >= next ? next - 1 : Math.min(Math.max(changed ?? now, start), next - 1)
  const date = asIsoDate(total)
  if (date === undefined) return undefined
  const modified = changed ?? total
  const deviceId = deviceIdOf(raw)
  const brand = brandOf(raw)
  const stamp = { date, userId, deviceId, model: modelOf(raw), modified: asIsoDate(modified) ?? date }
  const source = brand === 'withings' ? 'device' : brand
  const readings = readingsOf(DAY_FIELDS, raw, { ...stamp, ...modelStamp(raw), source, groupId: day })
  return {
    // The same day may have a row of Withings and one of another maker. Cursors on disk contain this id.
    id: `${day} ${filedUnder(raw)} ${deviceId ?? ''}`,
    modified,
    readings,
    tracker: unidentifiedTracker(raw),
    item: {
      kind: 'day',
      day,
      timezone,
      isToday: now >= start && now < next,
      ...stamp,
      brand,
      isTracker: raw.is_tracker === true,
      readings,
      values: valuesOf(readings)
    }
  }
}

/** Undefined where the row names the device, or no tracker of Withings counted. */
function unidentifiedTracker(raw: JsonObject): Tracker | undefined {
  if (raw.is_tracker !== true || deviceIdOf(raw) !== null) return undefined
  const [modelId, model] = [modelIdOf(raw), modelOf(raw)]
  return modelId === undefined && model === null ? undefined : { modelId, model }
}

/** The row with the person's one device of its model; as it is where there is none, or more than one. */
export function withDevice(row: DayRow, devices: readonly Device[]): DayRow {
  const [device, another] = row.tracker ? devicesOf(row.tracker, devices) : []
  if (!device || another) return row
  const stamp = { deviceId: device.id, model: device.model }
  const readings = row.readings.map(reading => ({ ...reading, ...stamp }))
  return { ...row, readings, item: { ...row.item, ...stamp, readings } }
}

function devicesOf({ modelId, model }: Tracker, devices: readonly Device[]): Device[] {
  return devices.filter(device =>
    modelId === undefined || device.modelId === null ? device.model === model : device.modelId === modelId
  )
}

interface DeviceList {
  userId: string
  devices: readonly Device[]
  /** When it was requested last, in Unix milliseconds. */
  requestedAt: number
  /** Whether any request succeeded yet. */
  isKnown: boolean
  /** Of the last request. */
  failure?: unknown
}

/** The devices of a person: fetched when a day needs them, once a day, hourly while a model is missing. */
export class DayDevices {
  private last: DeviceList | undefined

  /** `failure` is that of the last request, whose devices are older then. Rejects only when the run is aborted. */
  async list(
    context: FetchContext,
    trackers: readonly Tracker[]
  ): Promise<Pick<DeviceList, 'devices' | 'failure'>> {
    if (trackers.length === 0) return { devices: [] }
    const { userId, signal } = context
    const last = this.last?.userId === userId ? this.last : undefined
    const requestedAt = context.now()
    if (last && !isDue(last, trackers, requestedAt)) return last
    try {
      this.last = { userId, devices: await fetchDevices(context), requestedAt, isKnown: true }
    } catch (failure) {
      signal?.throwIfAborted()
      this.last = { userId, devices: [], isKnown: false, ...last, requestedAt, failure }
    }
    return this.last
  }
}

function isDue(list: DeviceList, trackers: readonly Tracker[], now: number): boolean {
  const isLacking = !list.isKnown || trackers.some(tracker => devicesOf(tracker, list.devices).length === 0)
  const pause = Math.abs(now - list.requestedAt)
  return pause >= DAY_MS || (isLacking && pause >= HOUR_MS)
}
