import type { FetchContext } from '../api/client'
import type { Device } from '../devices/devices'
import { fetchDevices } from '../devices/devices'
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

const DAY = 86_400_000
const HOUR = 3_600_000

interface Known {
  userId: string
  devices: readonly Device[]
  /** When they came, and when they were asked for last, in Unix milliseconds. */
  at: number | undefined
  askedAt: number
  failure: unknown
}

/** The devices of a person, asked for when a day needs them: once a day, and hourly while a model is not among them. */
export class DayDevices {
  private known: Known | undefined

  /** What is known; `failure` is what the last request failed with. Rejects only when the run is over. */
  async list(
    context: FetchContext,
    trackers: readonly Tracker[]
  ): Promise<Pick<Known, 'devices'> & { failure?: unknown }> {
    if (trackers.length === 0) return { devices: [] }
    const now = context.now()
    const known = this.known?.userId === context.userId ? this.known : undefined
    if (known && !isDue(known, trackers, now)) return known
    this.known = await ask(context, known, now)
    return this.known
  }
}

async function ask(context: FetchContext, known: Known | undefined, now: number): Promise<Known> {
  const { userId, signal } = context
  try {
    const devices = await fetchDevices(context)
    return { userId, devices, at: now, askedAt: now, failure: undefined }
  } catch (failure) {
    signal?.throwIfAborted()
    return { userId, devices: known?.devices ?? [], at: known?.at, askedAt: now, failure }
  }
}

function isDue({ devices, at, askedAt }: Known, trackers: readonly Tracker[], now: number): boolean {
  const isLacking = at === undefined || trackers.some(tracker => devicesOf(tracker, devices).length === 0)
  const pause = Math.abs(now - askedAt)
  return pause >= DAY || (isLacking && pause >= HOUR)
}
