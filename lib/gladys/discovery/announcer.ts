import { StoredMap } from '../../base/json-file'
import { asString, dictionary, optional, or, type Parsed, shape } from '../../base/shape'
import { readingKey } from '../../withings/readings/reading'
import {
  configTopicOf,
  discoveredDeviceId,
  discoveredFeatureId,
  identifierOf,
  stateTopicOf
} from '../model/external-ids'
import { asSource, isSendable, type Item } from '../model/items'
import type { Naming, Wording } from '../model/names'
import { announcedName, betterModel, deviceName, featureName, sharedName, shownModel } from '../model/names'
import type { Publication } from '../model/states'
import { mappingOf } from '../model/type-to-feature'

const parseDevice = shape({
  userId: asString,
  deviceId: or(asString, null),
  model: or(asString, null),
  /** By `readingKey`: enough to write the announcement again. */
  components: dictionary(shape({ type: asString, unit: or(asString, null), position: optional(asString) })),
  /** The announcement as it last went out; it holds names that only the flows know. */
  payload: optional(asString)
})

export type AnnouncedDevice = Parsed<typeof parseDevice>
/** By identifier. */
export type AnnouncedDevices = ReadonlyMap<string, AnnouncedDevice>

/** Announcements that have to go out before the states. */
export interface Announcement {
  configs: Publication[]
  /** External ids announced for the first time: the device, then its features. */
  created: string[]
  /** To be called when the configs are accepted for sending; until then nothing is remembered. */
  commit: () => void
}

/** Live values are numbers, whatever they mean. */
const BINARY_PAYLOADS = { payload_on: '1', payload_off: '0' }

/**
 * Announces devices in Home Assistant's device-based format, which Gladys reads too (gladys.md, "Discovery").
 * A device is announced with everything it ever had, since a shorter list could cost features; once per start, with
 * the first item of any device, because the broker may have lost what it retained, and when the broker comes back; and
 * again when a type, a unit or a name is new.
 */
export class Announcer {
  private readonly lastSent = new Map<string, string>()
  /** What was announced, so that after a restart no device is announced with fewer components. */
  private readonly store: StoredMap<AnnouncedDevice>

  /** `file` and `onVolatile` as for JsonFile. Without the file, the next readings announce their devices again. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.store = new StoredMap(file, parseDevice, onVolatile)
  }

  /** All that was announced so far. */
  announced(): AnnouncedDevices {
    return new Map(this.store)
  }

  /** Everything announced since the start, as it was last. */
  sent(): Publication[] {
    return [...this.lastSent].map(([identifier, payload]) => configOf(identifier, payload))
  }

  /** Announces each device again with its next item. */
  forgetSent(): void {
    this.lastSent.clear()
  }

  /** Forgets a device; returns what takes its announcement back. */
  withdraw(identifier: string): Publication {
    this.lastSent.delete(identifier)
    this.store.delete(identifier)
    this.store.save()
    return configOf(identifier, '')
  }

  /** Announces a device again without some types; withdraws one that has no others. */
  announceWithout(identifier: string, types: ReadonlySet<string>, naming: Naming): Publication[] {
    const existing = this.store.get(identifier)
    if (existing === undefined) return []
    const left = Object.entries(existing.components).filter(([, { type }]) => !types.has(type))
    if (left.length === 0) return [this.withdraw(identifier)]
    const device = { ...existing, components: Object.fromEntries(left) }
    const { configs, commit } = this.announcementOf(new Map([[identifier, device]]), [], naming)
    commit()
    return configs
  }

  /** What has to be announced before the states of these items; items with ids of their own need nothing. */
  announce(items: readonly Item[], naming: Naming): Announcement {
    const touched = new Map<string, AnnouncedDevice>()
    const created: string[] = []
    for (const item of items) {
      if (!isSendable(item, 'discovery')) continue
      const { userId, deviceId } = item
      const identifier = identifierOf(userId, deviceId)
      let device = touched.get(identifier)
      if (device === undefined) {
        const existing = this.store.get(identifier)
        if (existing === undefined) created.push(discoveredDeviceId(identifier))
        device = { userId, deviceId, model: null, ...existing, components: { ...existing?.components } }
        touched.set(identifier, device)
      }
      device.model = betterModel(device.model, item.model)
      const { type, unit, position } = asSource(item)
      const component = { type, unit, ...(position !== undefined && { position }) }
      const key = readingKey(component)
      if (!Object.hasOwn(device.components, key)) created.push(discoveredFeatureId(identifier, component))
      // A feature announced without a unit, and so without one in its name, keeps both.
      if (device.components[key]?.unit !== null) device.components[key] = component
    }
    return this.announcementOf(touched, created, naming)
  }

  private announcementOf(touched: AnnouncedDevices, created: string[], naming: Naming): Announcement {
    const all = [...new Map([...this.store, ...touched]).values()]
    const payloads = [...touched].map(([identifier, device]) => {
      const name = isShared(device, all) ? sharedName(device, naming) : deviceName(device, naming)
      return { identifier, device, payload: payloadOf(device, name, naming.wording) }
    })
    const changed = payloads.filter(({ identifier, payload }) => this.lastSent.get(identifier) !== payload)
    const due = touched.size === 0 ? [] : [...changed, ...this.unsent(touched)]
    return {
      configs: due.map(({ identifier, payload }) => configOf(identifier, payload)),
      created,
      commit: () => {
        for (const { identifier, payload } of due) this.lastSent.set(identifier, payload)
        if (changed.length === 0) return
        for (const { identifier, device, payload } of payloads)
          this.store.set(identifier, { ...device, payload })
        this.store.save()
      }
    }
  }

  /** Announcements of other devices that were not repeated since the start. */
  private unsent(touched: AnnouncedDevices): { identifier: string; payload: string }[] {
    return [...this.store].flatMap(([identifier, { payload }]) =>
      payload === undefined || touched.has(identifier) || this.lastSent.has(identifier)
        ? []
        : [{ identifier, payload }]
    )
  }
}

/** Whether another user had this device first, who keeps the plain name. */
function isShared({ deviceId, userId }: AnnouncedDevice, all: readonly AnnouncedDevice[]): boolean {
  return all.find(other => other.deviceId === deviceId)?.userId !== userId
}

function configOf(identifier: string, payload: string): Publication {
  return { topic: configTopicOf(identifier), payload, retain: true }
}

function payloadOf(device: AnnouncedDevice, name: string, wording: Wording): string {
  const identifier = identifierOf(device.userId, device.deviceId)
  const components = Object.entries(device.components).map(([key, component]) => {
    const { type, unit, position } = component
    const { platform, deviceClass, stateClass, icon } = mappingOf(type, unit)
    const payload = {
      platform,
      name: announcedName(wording, featureName(wording, type, position), unit),
      unique_id: `${identifier}_${key}`,
      state_topic: stateTopicOf({ ...device, ...component }),
      device_class: deviceClass ?? undefined,
      unit_of_measurement: unit ?? undefined,
      state_class: stateClass ?? undefined,
      ...(platform === 'binary_sensor' && BINARY_PAYLOADS),
      icon
    }
    return [key, payload]
  })
  const model = shownModel(device) ?? undefined
  return JSON.stringify({
    device: { identifiers: [identifier], name, manufacturer: 'Withings', model },
    origin: { name: 'node-red-withings' },
    components: Object.fromEntries(components) as Record<string, object>
  })
}
