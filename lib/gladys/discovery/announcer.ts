import {
  componentKeyOf,
  configTopicOf,
  discoveredDeviceId,
  discoveredFeatureId,
  identifierOf,
  stateTopicOf
} from '../model/ids'
import type { Item } from '../model/input'
import { modelName } from '../model/makers'
import { announcedName, mappingOf, nameOf, type Wording } from '../model/mapping'
import { type DeviceItem, isSendable, type Publication } from '../model/states'
import type { AnnouncedComponent, AnnouncedDevice, AnnouncementStore } from './announcement-store'

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
/** A model that has no name (design.md §2.5), or not even a number. */
const PLACEHOLDER = /^Withings( \d+)?$/
const ORIGIN = { name: 'node-red-withings' }

/**
 * Announces devices in Home Assistant's device-based format, which Gladys reads too (gladys.md, "Discovery").
 * A device is announced with everything it ever had, since a shorter list could cost features; once per start, with
 * the first item of any device, because the broker may have lost what it retained, and once it comes back; and again
 * when a type, a unit or a name is new.
 */
export class Announcer {
  private readonly lastSent = new Map<string, string>()

  constructor(private readonly store: AnnouncementStore) {}

  /** By identifier, all that was announced so far. */
  announced(): ReadonlyMap<string, AnnouncedDevice> {
    return this.store.all()
  }

  /** Everything announced since the start, as it was last. */
  sent(): Publication[] {
    return [...this.lastSent].map(([identifier, payload]) => configOf(identifier, payload))
  }

  /** Announces each device again with its next item. */
  forgetSent(): void {
    this.lastSent.clear()
  }

  /** Forgets a device, and gives what takes its announcement back. */
  withdraw(identifier: string): Publication {
    this.lastSent.delete(identifier)
    this.store.delete(identifier)
    return configOf(identifier, '')
  }

  /** Announces a device again without some of its components; one without any left is taken back. */
  without(identifier: string, types: ReadonlySet<string>, naming: Naming): Publication[] {
    const known = this.store.get(identifier)
    if (known === undefined) return []
    const all = Object.entries(known.components)
    const left = all.filter(([, { type }]) => !types.has(type))
    if (left.length === 0) return [this.withdraw(identifier)]
    const device = { ...known, components: Object.fromEntries(left) }
    const { configs, commit } = this.compare(new Map([[identifier, device]]), [], naming)
    commit()
    return configs
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
      device.model = betterModel(device.model, item.model)
      const component = componentOf(item)
      const key = componentKeyOf(component)
      if (!Object.hasOwn(device.components, key)) created.push(discoveredFeatureId(identifier, component))
      // A feature that was announced without a unit, and so without one in its name, keeps both.
      if (device.components[key]?.unit !== null) device.components[key] = component
    }
    return this.compare(touched, created, naming)
  }

  private compare(touched: Map<string, AnnouncedDevice>, created: string[], naming: Naming): Announcement {
    const all = [...new Map([...this.store.all(), ...touched]).values()]
    const payloads = [...touched]
      .map(([identifier, device]) => {
        const name = isShared(device, all) ? sharedName(device, naming) : deviceName(device, naming)
        return [identifier, payloadOf(identifier, name, device, naming)] as const
      })
      .filter(([identifier, payload]) => this.lastSent.get(identifier) !== payload)
    const due = touched.size === 0 ? [] : [...payloads, ...this.unsent(touched)]
    return {
      configs: due.map(([identifier, payload]) => configOf(identifier, payload)),
      created,
      commit: () => {
        for (const [identifier, payload] of due) this.lastSent.set(identifier, payload)
        if (payloads.length > 0) this.store.put(withPayloads(touched, this.lastSent))
      }
    }
  }

  /** What is remembered of other devices and was not announced since the start. */
  private unsent(touched: ReadonlyMap<string, AnnouncedDevice>): [string, string][] {
    return [...this.store.all()].flatMap(([identifier, { payload }]): [string, string][] =>
      typeof payload !== 'string' || touched.has(identifier) || this.lastSent.has(identifier)
        ? []
        : [[identifier, payload]]
    )
  }
}

function withPayloads(
  devices: ReadonlyMap<string, AnnouncedDevice>,
  payloads: ReadonlyMap<string, string>
): Map<string, AnnouncedDevice> {
  return new Map(
    [...devices].map(([identifier, device]) => {
      const payload = payloads.get(identifier)
      return [identifier, payload === undefined ? device : { ...device, payload }]
    })
  )
}

/** Somebody else has this device too, and was there before: who was first keeps the plain name. */
function isShared({ deviceId, userId }: AnnouncedDevice, all: readonly AnnouncedDevice[]): boolean {
  return all.find(other => other.deviceId === deviceId)?.userId !== userId
}

function configOf(identifier: string, payload: string): Publication {
  return { topic: configTopicOf(identifier), payload, retain: true }
}

/** A model in words stays: `getmeas` tells less than `getdevice`, and a name must not go back and forth. */
export function betterModel(known: string | null, told: string | null): string | null {
  if (known === null) return told
  return PLACEHOLDER.test(known) && told !== null && !PLACEHOLDER.test(told) ? told : known
}

function componentOf(item: DeviceItem): AnnouncedComponent {
  if (item.kind === 'battery') return { type: 'battery', unit: '%' }
  const { type, unit, position } = item
  return { type, unit, ...(position === undefined ? {} : { position }) }
}

function payloadOf(identifier: string, name: string, device: AnnouncedDevice, naming: Naming): string {
  const components = Object.entries(device.components).map(([key, component]) => [
    key,
    componentPayload(identifier, key, device, component, naming)
  ])
  return JSON.stringify({
    device: {
      identifiers: [identifier],
      name,
      manufacturer: 'Withings',
      ...(shownModel(device) === null ? {} : { model: shownModel(device) })
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

/** Whatever is under "manual", it is no model of anything. */
export function shownModel({ deviceId, model }: Pick<AnnouncedDevice, 'deviceId' | 'model'>): string | null {
  return deviceId === null ? null : model
}

/** `Body Scan (Ada)`, or `Manual entries (Ada)` for what belongs to no device. */
export function deviceName(
  device: Omit<AnnouncedDevice, 'components'>,
  { wording, personOf }: Naming
): string {
  const { deviceId, model } = device
  const plain =
    deviceId === null ? wording('gladys.manual', 'Manual entries') : modelName({ deviceId, model }, wording)
  const person = personOf(device.userId)
  return person === undefined || person === '' ? plain : `${plain} (${person})`
}

/** The same for a device that somebody else has too: without a name, people are told apart by their id. */
export function sharedName(device: Omit<AnnouncedDevice, 'components'>, naming: Naming): string {
  return deviceName(device, { ...naming, personOf: userId => naming.personOf(userId) || userId })
}
