import type { AnnouncedComponent, AnnouncedDevice, AnnouncementStore } from './announcement-store'
import {
  componentKeyOf,
  configTopicOf,
  discoveredDeviceId,
  discoveredFeatureId,
  identifierOf,
  stateTopicOf
} from './ids'
import type { Item } from './input'
import { announcedName, mappingOf, nameOf, type Wording } from './mapping'
import { isSendable, type DeviceItem, type Publication } from './states'

/** How things are called; the texts come from outside, since lib/gladys knows no catalogue. */
export interface Naming {
  wording: Wording
  /** Name of the person behind a Withings user, shown in brackets after the model; undefined: nobody named it. */
  personOf: (userId: string) => string | undefined
}

/** Announcements that have to go out before the states, and what becomes of it once they are on their way. */
export interface Announcement {
  configs: Publication[]
  /** External ids announced for the first time: the device, then its features. */
  created: string[]
  /** To be called when the configs are accepted for sending; until then nothing is remembered. */
  commit: () => void
}

/** Live values are numbers, whatever they say. */
const BINARY_PAYLOADS = { payload_on: '1', payload_off: '0' }
const ORIGIN = { name: 'node-red-withings' }

/**
 * Announces devices in Home Assistant's device-based format, which Gladys reads too (gladys.md, "Discovery").
 * A device is announced with everything it ever had, since a shorter list could cost features; once per start,
 * because the broker may have lost what it retained; and again when a type, a unit or a name is new.
 */
export class Announcer {
  private readonly lastSent = new Map<string, string>()

  constructor(private readonly store: AnnouncementStore) {}

  /** By identifier, all that was announced so far. */
  announced(): ReadonlyMap<string, AnnouncedDevice> {
    return this.store.all()
  }

  /** What has to be announced before the states of these items; items with ids of their own need nothing. */
  announce(items: readonly Item[], naming: Naming): Announcement {
    const touched = new Map<string, AnnouncedDevice>()
    const created: string[] = []
    for (const item of items) {
      if (!isSendable(item, 'discovery')) continue
      const identifier = identifierOf(item.userId, item.deviceId)
      let device = touched.get(identifier)
      if (device === undefined) {
        const known = this.store.get(identifier)
        if (known === undefined) created.push(discoveredDeviceId(identifier))
        device = { userId: item.userId, deviceId: item.deviceId, model: null, components: {}, ...known }
        device.components = { ...device.components }
        touched.set(identifier, device)
      }
      device.model = item.model ?? device.model
      const component = componentOf(item)
      const key = componentKeyOf(component)
      if (!Object.hasOwn(device.components, key)) created.push(discoveredFeatureId(identifier, component))
      device.components[key] = component
    }
    return this.compare(touched, created, naming)
  }

  private compare(touched: Map<string, AnnouncedDevice>, created: string[], naming: Naming): Announcement {
    const payloads = [...touched]
      .map(([identifier, device]) => [identifier, payloadOf(identifier, device, naming)] as const)
      .filter(([identifier, payload]) => this.lastSent.get(identifier) !== payload)
    return {
      configs: payloads.map(([identifier, payload]) => ({
        topic: configTopicOf(identifier),
        payload,
        retain: true
      })),
      created,
      commit: () => {
        for (const [identifier, payload] of payloads) this.lastSent.set(identifier, payload)
        if (payloads.length > 0) this.store.put(touched)
      }
    }
  }
}

function componentOf(item: DeviceItem): AnnouncedComponent {
  if (item.kind === 'battery') return { type: 'battery', unit: '%' }
  const { type, unit, position } = item
  return { type, unit, ...(position === undefined ? {} : { position }) }
}

function payloadOf(identifier: string, device: AnnouncedDevice, naming: Naming): string {
  const components = Object.entries(device.components).map(([key, component]) => [
    key,
    componentPayload(identifier, key, device, component, naming)
  ])
  return JSON.stringify({
    device: {
      identifiers: [identifier],
      name: deviceName(device, naming),
      manufacturer: 'Withings',
      ...(device.model === null ? {} : { model: device.model })
    },
    origin: ORIGIN,
    components: Object.fromEntries(components) as Record<string, object>
  })
}

function componentPayload(
  identifier: string,
  key: string,
  { userId, deviceId }: AnnouncedDevice,
  { type, unit, position }: AnnouncedComponent,
  { wording }: Naming
): object {
  const { platform, deviceClass, unitOfMeasurement, stateClass, icon } = mappingOf(type, unit)
  const source = { userId, deviceId, type, ...(position === undefined ? {} : { position }) }
  return {
    platform,
    name: announcedName(wording, nameOf(wording, type, position), unit),
    unique_id: `${identifier}_${key}`,
    state_topic: stateTopicOf(source),
    ...(deviceClass === null ? {} : { device_class: deviceClass }),
    ...(unitOfMeasurement === null ? {} : { unit_of_measurement: unitOfMeasurement }),
    ...(stateClass === null ? {} : { state_class: stateClass }),
    ...(platform === 'binary_sensor' ? BINARY_PAYLOADS : {}),
    icon
  }
}

/** `Body Scan (Ada)`, or `Manual entries (Ada)` for what belongs to no device. */
export function deviceName(
  device: Omit<AnnouncedDevice, 'components'>,
  { wording, personOf }: Naming
): string {
  const plain =
    device.deviceId === null ? wording('gladys.manual', 'Manual entries') : (device.model ?? 'Withings')
  const person = personOf(device.userId)
  return person === undefined || person === '' ? plain : `${plain} (${person})`
}
