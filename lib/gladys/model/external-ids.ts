import { DEVICELESS, readingKey, topicOf } from '../../withings/readings/reading'
import { mappingOf, valueKindOf } from './type-to-feature'

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

/** External ids of a feature and its device, and the topics that its states go to. */
export interface Address {
  device: string
  feature: string
  liveTopic: string
  historicalTopic: string
}

/** Takes the place of the device id in what was typed in by hand. */
export const MANUAL = DEVICELESS

/** Address of a reading or a battery. Discovery has no topic for history, so that one is Gladys's own. */
export function addressOfSource(source: Source, addressing: Addressing): Address {
  const { userId, deviceId, type, position } = source
  if (addressing === 'discovery') {
    const identifier = identifierOf(userId, deviceId)
    const feature = discoveredFeatureId(identifier, source)
    return { ...addressOf(discoveredDeviceId(identifier), feature), liveTopic: stateTopicOf(source) }
  }
  const device = `mqtt:withings:${userId}:${deviceId ?? MANUAL}`
  const address = addressOf(device, [device, type, ...(position === undefined ? [] : [position])].join(':'))
  // Gladys takes texts on a topic of their own (gladys.md, "MQTT topics").
  const liveTopic = address.liveTopic.replace(/state$/, 'text')
  return valueKindOf(type) === 'text' ? { ...address, liveTopic } : address
}

/** Address of a feature by full external ids, whoever made it. */
export function addressOf(device: string, feature: string): Address {
  const topic = `gladys/master/device/${device}/feature/${feature}`
  return { device, feature, liveTopic: `${topic}/state`, historicalTopic: `${topic}/historical` }
}

/** `withings-<userId>-<deviceId|manual>`; what Gladys would replace is replaced already (gladys.md). */
export function identifierOf(userId: string, deviceId: string | null): string {
  return `withings-${userId}-${deviceId ?? MANUAL}`.replace(/[^A-Za-z0-9_-]/g, '-')
}

/** Topic of the retained announcement of a device. */
export function configTopicOf(identifier: string): string {
  return `homeassistant/device/${identifier}/config`
}

/** Where an announced component finds its values: `withings/<userId>/<deviceId|manual>/<type>[/<position>]`. */
export function stateTopicOf(source: Source): string {
  const { type, position } = source
  return topicOf(source, type, ...(position === undefined ? [] : [position]))
}

/** External id that Gladys gives to an announced device (gladys.md, tried). */
export function discoveredDeviceId(identifier: string): string {
  return `homeassistant:${identifier}`
}

/** External id that Gladys gives to a component of an announced device (gladys.md, tried). */
export function discoveredFeatureId(identifier: string, source: Pick<Source, 'type' | 'position'>): string {
  const { platform } = mappingOf(source.type, null)
  return `homeassistant:${identifier}:${platform ?? 'sensor'}:${identifier}:${readingKey(source)}`
}
