import { JsonFile } from '../../base/json-file'
import { asBoolean, asString, dictionary, optional, or, type Parsed, shape } from '../../base/shape'
import { identifierOf } from '../model/ids'
import type { Item } from '../model/input'
import type { DeviceItem } from '../model/states'
import { betterModel } from './announcer'

const parseSeen = shape({
  userId: asString,
  deviceId: or(asString, null),
  model: or(asString, null),
  /** Somebody removed it from the list, and nothing came of it since. */
  forgotten: optional(asBoolean)
})

export type SeenDevice = Parsed<typeof parseSeen>

/**
 * Remembers the devices whose values went out under ids of our own: nothing announces those, and Withings lists only
 * what it has now.
 */
export class SeenDevices {
  private readonly file: JsonFile<Record<string, SeenDevice>>
  private readonly devices: Map<string, SeenDevice>

  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.file = new JsonFile(file, dictionary(parseSeen), onVolatile)
    this.devices = new Map(Object.entries(this.file.read() ?? {}))
  }

  /** By identifier; forgotten ones are among them. */
  all(): ReadonlyMap<string, SeenDevice> {
    return this.devices
  }

  isForgotten(identifier: string): boolean {
    return this.devices.get(identifier)?.forgotten === true
  }

  /** Passes the items on and notes whose they are. */
  *noting(items: Iterable<Item>): Generator<Item, void, undefined> {
    let last = ''
    let changed = false
    for (const item of items) {
      if (isOfDevice(item)) {
        const key = `${item.userId} ${item.deviceId} ${item.model}`
        // Most items of a message are of the same device.
        if (key !== last && this.add(item)) changed = true
        last = key
      }
      yield item
    }
    if (changed) this.save()
  }

  note(items: readonly Item[]): void {
    const added = items.filter(isOfDevice).filter(item => this.add(item))
    if (added.length > 0) this.save()
  }

  /** Until something comes of it again. */
  forget(identifier: string, device: Pick<SeenDevice, 'userId' | 'deviceId'>): void {
    const { model = null } = this.devices.get(identifier) ?? {}
    this.devices.set(identifier, { ...device, model, forgotten: true })
    this.save()
  }

  private add({ userId, deviceId, model }: DeviceItem): boolean {
    const identifier = identifierOf(userId, deviceId)
    const known = this.devices.get(identifier)
    const better = betterModel(known?.model ?? null, model)
    if (known !== undefined && known.forgotten !== true && known.model === better) return false
    this.devices.set(identifier, { userId, deviceId, model: better })
    return true
  }

  private save(): void {
    this.file.write(Object.fromEntries(this.devices))
  }
}

function isOfDevice(item: Item): item is DeviceItem {
  return item.kind === 'reading' || item.kind === 'battery'
}
