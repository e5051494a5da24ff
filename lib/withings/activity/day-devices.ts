import { DAY_MS, HOUR_MS } from '../../base/clock'
import type { FetchContext } from '../api/client'
import { type Device, fetchDevices } from '../devices/devices'
import type { DayRow, Tracker } from './days'

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
