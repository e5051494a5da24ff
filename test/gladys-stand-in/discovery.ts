import { discoveryBinaryClasses, discoveryClasses, discoveryUnits } from './constants'
import type { Database } from './database'
import { type Household, slugOf } from './household'
import { type Device, type Fields, fieldsOf, Refusal } from './types'

/** A feature as discovery would make it, and where its live values come from. */
interface DiscoveredFeature {
  external_id: string
  name: string
  category: string
  type: string
  unit: string | null
  stateTopic: string
  /** What a binary sensor says, and the state that it means. */
  words?: ReadonlyMap<string, string>
}

/** Where live values on a topic belong. */
export interface LiveSource {
  feature: string
  words: ReadonlyMap<string, string> | undefined
}

/** A device announced with one payload for all its components. */
export interface Discovered {
  objectId: string
  external_id: string
  name: string
  model: string | null
  features: DiscoveredFeature[]
}

const TOPIC = /^homeassistant\/device\/([^/]+)\/config$/
const LARGEST_DEVICE = 200

/** The announcements on the broker, and the features that the user made of them. */
export class Discovery {
  private readonly announced = new Map<string, Discovered>()
  /** By state topic. */
  readonly sources = new Map<string, LiveSource>()

  constructor(
    private readonly household: Household,
    private readonly database: Database
  ) {}

  /** Announcements are in memory only; what the user made of them stays. */
  forget(): void {
    this.announced.clear()
  }

  /** Takes a message below `homeassistant/`; true when it was an announcement that can be used. */
  take(topic: string, payload: string): boolean {
    const objectId = TOPIC.exec(topic)?.[1]
    if (objectId === undefined) return false
    if (payload === '') return this.announced.delete(objectId)
    const device = parse(objectId, payload)
    if (device === undefined) return false
    this.announced.set(objectId, device)
    return true
  }

  /** What the Discovery page shows: devices not created yet, or with features that the created one lacks. */
  list(): Discovered[] {
    return [...this.announced.values()].filter(({ features }) =>
      features.some(({ external_id }) => this.household.feature(external_id) === undefined)
    )
  }

  /** The user's click on "Add" or "Update". Gives the topics to listen to. */
  async add(objectId: string): Promise<string[]> {
    const found = this.announced.get(objectId)
    if (found === undefined) throw new Refusal(404, 'NOT_FOUND', `${objectId} was not announced`)
    await this.database.saveByPerson(() => this.deviceOf(found))
    for (const { stateTopic, external_id, words } of found.features)
      this.sources.set(stateTopic, { feature: external_id, words })
    return found.features.map(({ stateTopic }) => stateTopic)
  }

  private deviceOf(found: Discovered): object {
    const existing = this.household.devices.find(device => device.external_id === found.external_id)
    const device: Partial<Device> = existing ?? {
      name: found.name,
      model: found.model,
      selector: slugOf(found.external_id)
    }
    const kept = existing?.features ?? []
    const added = found.features
      .filter(({ external_id }) => !kept.some(feature => feature.external_id === external_id))
      .map(({ stateTopic: _topic, words: _words, ...feature }) => ({
        ...feature,
        selector: slugOf(feature.external_id),
        read_only: true,
        has_feedback: false,
        keep_history: true,
        min: 0,
        max: 100
      }))
    const { serviceId } = this.household
    return { ...device, external_id: found.external_id, service_id: serviceId, features: [...kept, ...added] }
  }
}

function parse(objectId: string, payload: string): Discovered | undefined {
  try {
    const config = fieldsOf(JSON.parse(payload))
    const device = fieldsOf(config['device'] ?? config['dev'])
    const components = Object.entries(fieldsOf(config['components'] ?? config['cmps']))
    const origin = fieldsOf(config['origin'] ?? config['o'])
    const identifiers = device['identifiers'] ?? device['ids']
    const first: unknown = Array.isArray(identifiers) ? identifiers[0] : identifiers
    if (typeof first !== 'string' || typeof origin['name'] !== 'string') return undefined
    if (components.length === 0 || components.length > LARGEST_DEVICE) return undefined
    const external_id = `homeassistant:${first.replace(/[^A-Za-z0-9_-]/g, '-')}`
    return {
      objectId,
      external_id,
      name: typeof device['name'] === 'string' ? device['name'] : first,
      model: typeof device['model'] === 'string' ? device['model'] : null,
      features: components.flatMap(([key, component]) =>
        featureOf(external_id, `${objectId}:${key}`, fieldsOf(component))
      )
    }
  } catch {
    return undefined
  }
}

/** Sensors and binary sensors only: nothing else is announced here. */
function featureOf(device: string, key: string, component: Fields): DiscoveredFeature[] {
  const { platform, unique_id, state_topic } = component
  if (typeof unique_id !== 'string' || typeof state_topic !== 'string') return []
  const external_id = `${device}:${String(platform)}:${key}`
  if (platform === 'sensor') return sensorOf(external_id, state_topic, component)
  return platform === 'binary_sensor' ? [binarySensorOf(external_id, state_topic, component)] : []
}

function binarySensorOf(external_id: string, stateTopic: string, component: Fields): DiscoveredFeature {
  const { name, device_class, payload_on = 'ON', payload_off = 'OFF' } = component
  const category = discoveryBinaryClasses[String(device_class)] ?? 'switch'
  const label = typeof name === 'string' ? name : external_id
  const words = new Map([
    [String(payload_on), '1'],
    [String(payload_off), '0']
  ])
  return { external_id, name: label, category, type: 'binary', unit: null, stateTopic, words }
}

function sensorOf(external_id: string, stateTopic: string, component: Fields): DiscoveredFeature[] {
  const { name, device_class, unit_of_measurement, state_class } = component
  const known = typeof device_class === 'string' ? discoveryClasses[device_class] : undefined
  if (known === undefined && unit_of_measurement === undefined && state_class === undefined) return []
  const [category, type] = known ?? ['unknown', 'unknown']
  const unit = typeof unit_of_measurement === 'string' ? discoveryUnits[unit_of_measurement] : undefined
  const label = typeof name === 'string' ? name : external_id
  return [{ external_id, name: label, category, type, unit: unit ?? null, stateTopic }]
}
