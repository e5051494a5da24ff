import { type Envelope, success } from './replies'
import type { Person } from './types'
import type { World } from './world'

/** None is an empty list. */
export function getGoals(_world: World, person: Person): Envelope {
  return success({ goals: person.activity.goals ?? [] })
}
