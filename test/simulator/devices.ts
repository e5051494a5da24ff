import { type Envelope, success } from './replies'
import type { Person } from './types'
import type { World } from './world'

export function getDevice(_world: World, person: Person): Envelope {
  return success({ devices: person.devices.map(device => ({ ...device })) })
}
