import { asNumber, asText } from '../../base/json'
import type { Text } from '../../base/translate'
import { type Address, type Addressing, addressOf, addressOfSource, type Source } from './external-ids'
import { valueKindOf } from './type-to-feature'

/** A value as it came in; whether it is a number is decided where states are made. */
export type RawValue = string | number | boolean | null

/** One thing to send, as the flow asked for it. Dates are milliseconds since 1970; undefined: now. */
export type Item = ValueItem | UnusableItem | { kind: 'notification'; name: string }
export type ValueItem = DeviceItem | DirectItem
/** An item that belongs to a device of Withings. */
export type DeviceItem = ReadingItem | BatteryItem

export interface ReadingItem extends Source {
  kind: 'reading'
  value: RawValue
  unit: string | null
  model: string | null
  date: number
}

interface BatteryItem {
  kind: 'battery'
  userId: string
  deviceId: string
  model: string
  level: number | null
  date?: number
}

/** An item with full external ids of the user. */
export interface DirectItem {
  kind: 'direct'
  device: string
  feature: string
  value: RawValue
  unit: string | null
  name: string | null
  date?: number
}

/** A place of the message holds nothing that can be sent. */
export interface UnusableItem {
  kind: 'unusable'
  place: string
  problem: Text
}

export function isDeviceItem(item: Item): item is DeviceItem {
  return item.kind === 'reading' || item.kind === 'battery'
}

/** Whether it gives a state under this addressing; what never does must not become a feature that stays empty. */
export function isSendable(item: Item, addressing: Addressing): item is DeviceItem {
  return isDeviceItem(item) && valueOf(item, addressing) !== undefined
}

/** Whether it gives a state and its device may be created: only those of the MQTT integration are ours to create. */
export function isCreatable(item: Item): item is DirectItem {
  return item.kind === 'direct' && item.device.startsWith('mqtt:') && valueOf(item, 'own') !== undefined
}

/** What a reading or a battery is for Gladys, and its unit. */
export function asSource(item: DeviceItem): Source & { unit: string | null } {
  return item.kind === 'battery' ? { ...item, type: 'battery', unit: '%' } : item
}

const addresses = new Map<string, Address>()
const MAX_ADDRESSES = 5_000

/**
 * Cached: an import has hundreds of thousands of states of few features, whose long ids would fill the memory with
 * garbage (docs/decisions/0009-history-import.md).
 */
export function addressOfItem(item: ValueItem, addressing: Addressing): Address {
  if (item.kind === 'direct') return addressOf(item.device, item.feature)
  const source = asSource(item)
  const { userId, deviceId, type, position = '' } = source
  const key = `${addressing} ${userId} ${deviceId ?? ''} ${type} ${position}`
  const cached = addresses.get(key)
  if (cached !== undefined) return cached
  const address = addressOfSource(source, addressing)
  if (addresses.size >= MAX_ADDRESSES) addresses.clear()
  addresses.set(key, address)
  return address
}

/** The value for Gladys; undefined where the item has none, or Gladys cannot take it. */
export function valueOf(item: ValueItem, addressing: Addressing): number | string | undefined {
  if (item.kind === 'battery') return item.level ?? undefined
  if (item.kind === 'direct')
    return typeof item.value === 'boolean' ? Number(item.value) : asNumber(item.value)
  if (valueKindOf(item.type) !== 'text')
    return typeof item.value === 'number' ? asNumber(item.value) : undefined
  // Gladys makes no feature for texts from an announcement (gladys.md, "Discovery").
  const text = addressing === 'own' ? asText(item.value) : undefined
  return /[\p{Control}\p{Surrogate}]/u.test(text ?? '') ? undefined : text
}

/**
 * Whether an item is the first of its feature, unit and model among those in `seen`, to which it is added. Announcing
 * for each item would cost more than all the rest.
 */
export function isFirstOfFeature(item: ValueItem, seen: Set<string>): boolean {
  const { size } = seen
  if (item.kind === 'direct') return seen.add(`${item.device} ${item.feature}`).size > size
  const { userId, deviceId, type, position = '', unit } = asSource(item)
  return seen.add([userId, deviceId, type, position, unit, item.model].join(' ')).size > size
}
