import { unreadable } from '../../base/errors'
import { asIsoDate, asList, asObject, asText, type JsonObject } from '../../base/json'
import { oneOf } from '../../base/shape'
import type { FetchContext } from '../api/client'
import { deviceIdOf, modelIdOf, modelName, modelTextOf } from '../readings/device-models'

/** A device linked to a Withings user (design.md §2.5). Dates are ISO 8601 in UTC, or null when never seen. */
export interface Device {
  id: string
  userId: string
  /** `scale`, `blood_pressure_monitor`, `activity_tracker`, `sleep_monitor`, `thermometer`, … */
  type: string
  /** Never empty. */
  model: string
  modelId: number | null
  battery: 'high' | 'medium' | 'low' | 'unknown'
  /** Percent that stands for the word; Withings never sends the percentage itself (withings-api.md §8.1). */
  batteryLevel: 90 | 50 | 15 | null
  timezone: string | null
  firstSeen: string | null
  lastSeen: string | null
}

type Caller = Pick<FetchContext, 'call' | 'userId'>

/** The devices linked to the user, each once. Throws what `FetchContext.call` throws, and BAD_ANSWER. */
export async function fetchDevices({ call, userId }: Caller): Promise<Device[]> {
  const body = await call({ path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' })
  const devices = parseDevices(body, userId)
  if (!devices) throw unreadable('devices')
  return devices
}

const levels = { high: 90, medium: 50, low: 15, unknown: null } as const
const parseBattery = oneOf(['high', 'medium', 'low'])

/**
 * Body of getdevice → devices, each once: of two rows with one id the one seen last stands (withings-api.md §8.1).
 * Rows without an id are left out. Undefined when there is no list.
 */
export function parseDevices(body: JsonObject, userId: string): Device[] | undefined {
  const list = asList(body.devices)
  if (list === undefined) return undefined
  const devices = new Map<string, Device>()
  for (const device of list.flatMap(value => parseDevice(asObject(value) ?? {}, userId) ?? [])) {
    const known = devices.get(device.id)
    if (!known || (device.lastSeen ?? '') > (known.lastSeen ?? '')) devices.set(device.id, device)
  }
  return [...devices.values()]
}

function parseDevice(raw: JsonObject, userId: string): Device | undefined {
  const id = deviceIdOf(raw)
  if (id === null) return undefined
  const type = typeName(asText(raw.type) ?? 'unknown')
  const modelId = modelIdOf(raw) ?? null
  const battery = parseBattery(raw.battery) ?? 'unknown'
  return {
    id,
    userId,
    type,
    model: modelTextOf(raw) ?? (modelId === null ? 'Withings' : modelName(modelId, type)),
    modelId,
    battery,
    batteryLevel: levels[battery],
    timezone: asText(raw.timezone) ?? null,
    firstSeen: asIsoDate(raw.first_session_date) ?? null,
    lastSeen: asIsoDate(raw.last_session_date) ?? null
  }
}

/** `Blood Pressure Monitor` → `blood_pressure_monitor`. */
function typeName(type: string): string {
  if (type === 'Smart Connected Thermometer') return 'thermometer'
  const lower = type.trim().toLowerCase()
  return lower.replace(/[^a-z0-9]+/g, '_')
}
