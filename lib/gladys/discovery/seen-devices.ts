import { StoredMap } from '../../base/json-file'
import { asBoolean, asString, optional, or, type Parsed, shape } from '../../base/shape'
import { identifierOf } from '../model/external-ids'
import { type DeviceItem, isDeviceItem, type Item } from '../model/items'
import { betterModel } from '../model/names'

const parseSeen = shape({
  userId: asString,
  deviceId: or(asString, null),
  model: or(asString, null),
  /** Somebody removed it from the list, and it has sent nothing since. */
  forgotten: optional(asBoolean)
})

export type SeenDevice = Parsed<typeof parseSeen>

/**
 * Remembers the devices that sent something without discovery, forgotten ones included, by identifier: nothing
 * announces those, and Withings lists only what it has now.
 */
export class SeenDevices extends StoredMap<SeenDevice> {
  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    super(file, parseSeen, onVolatile)
  }

  isForgotten(identifier: string): boolean {
    return this.get(identifier)?.forgotten === true
  }

  /** Passes the items on and notes their devices. */
  *noting(items: Iterable<Item>): Generator<Item, void, undefined> {
    let last = ''
    for (const item of items) {
      if (isDeviceItem(item)) {
        const key = `${item.userId} ${item.deviceId} ${item.model}`
        // Most items of a message are of the same device.
        if (key !== last) this.add(item)
        last = key
      }
      yield item
    }
    this.save()
  }

  note(items: readonly Item[]): void {
    for (const item of items) if (isDeviceItem(item)) this.add(item)
    this.save()
  }

  /** Until it sends something again. */
  forget(identifier: string, device: Pick<SeenDevice, 'userId' | 'deviceId'>): void {
    const { model = null } = this.get(identifier) ?? {}
    this.set(identifier, { ...device, model, forgotten: true }).save()
  }

  private add({ userId, deviceId, model }: DeviceItem): void {
    const identifier = identifierOf(userId, deviceId)
    const existing = this.get(identifier)
    const better = betterModel(existing?.model ?? null, model)
    if (existing === undefined || existing.forgotten === true || existing.model !== better)
      this.set(identifier, { userId, deviceId, model: better })
  }
}
