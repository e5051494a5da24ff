import { DEVICELESS, readingKey } from '../../withings/readings/reading'
import { mappingOf, valueKindOf } from './mapping'

/** How a feature comes to exist in Gladys: announced by discovery, or with ids of our own (design.md §2.7). */
export type Addressing = 'discovery' | 'own'

/** What a state belongs to: one kind of value of one device of one Withings user. */
export interface Source {
  userId: string
  /** null: typed in by hand, belongs to no device. */
  deviceId: string | null
  /** A type of reading, or `battery`. */
  type: string
  position?: string
}

/** Where the states of one feature go. */
export interface Address {
  device: string
  feature: string
  liveTopic: string
  historicalTopic: string
}

/** Stands for the device of what was typed in by hand. */
export const MANUAL = DEVICELESS

/** `<userId>-<deviceId|manual>` with the characters Gladys would replace already replaced (gladys.md). */
export function identifierOf(userId: string, deviceId: string | null): string {
  return `withings-${userId}-${deviceId ?? MANUAL}`.replace(/[^A-Za-z0-9_-]/g, '-')
}

/** Key of a component in the announcement: `<type>[_<position>]`. */
export function componentKeyOf(source: Pick<Source, 'type' | 'position'>): string {
  return readingKey(source)
}

/** Topic of the retained announcement of a device; the identifier is its object id too. */
export function configTopicOf(identifier: string): string {
  return `homeassistant/device/${identifier}/config`
}

/** Where an announced component finds its values: `withings/<userId>/<deviceId|manual>/<type>[/<position>]`. */
export function stateTopicOf(source: Source): string {
  return ['withings', source.userId, source.deviceId ?? MANUAL, source.type, source.position]
    .filter(part => part !== undefined)
    .join('/')
}

/** External id that Gladys gives to an announced device (gladys.md, tried). */
export function discoveredDeviceId(identifier: string): string {
  return `homeassistant:${identifier}`
}

/** External id that Gladys gives to a component of an announced device (gladys.md, tried). */
export function discoveredFeatureId(identifier: string, source: Pick<Source, 'type' | 'position'>): string {
  const { platform } = mappingOf(source.type, null)
  return `homeassistant:${identifier}:${platform ?? 'sensor'}:${identifier}:${componentKeyOf(source)}`
}

/** Address of a feature by full external ids, however it was made. */
export function addressOf(device: string, feature: string): Address {
  const topic = `gladys/master/device/${device}/feature/${feature}`
  return { device, feature, liveTopic: `${topic}/state`, historicalTopic: `${topic}/historical` }
}

/** Address of a reading or a battery. Discovery has no topic for the past, so that one is Gladys's own. */
export function addressOfSource(source: Source, addressing: Addressing): Address {
  if (addressing === 'discovery') {
    const identifier = identifierOf(source.userId, source.deviceId)
    const feature = discoveredFeatureId(identifier, source)
    return { ...addressOf(discoveredDeviceId(identifier), feature), liveTopic: stateTopicOf(source) }
  }
  const device = `mqtt:withings:${source.userId}:${source.deviceId ?? MANUAL}`
  const position = source.position === undefined ? '' : `:${source.position}`
  const address = addressOf(device, `${device}:${source.type}${position}`)
  return valueKindOf(source.type) === 'text' ? { ...address, liveTopic: textTopicOf(address) } : address
}

/** Where Gladys takes the words of a feature (gladys.md, "MQTT topics"). */
function textTopicOf({ device, feature }: Address): string {
  return `gladys/master/device/${device}/feature/${feature}/text`
}
