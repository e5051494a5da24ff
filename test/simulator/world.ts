import type { FaultRegistry } from './faults'
import type { Grants } from './grants'
import type { Limits } from './limits'
import type { NotifyDesk } from './notify'
import type { Failures } from './replies'
import type { Client, Clock, Person } from './types'

/** What the endpoints share. */
export interface World {
  readonly seed: number
  readonly pageSize: number
  readonly client: Client
  readonly clock: Clock
  readonly people: Person[]
  readonly grants: Grants
  readonly limits: Limits
  readonly faults: FaultRegistry
  readonly failures: Failures
  readonly notify: NotifyDesk
  /** Never given out before. */
  newGroupId(): number
  newSignalId(): number
  newNightId(): number
}

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly action: string
  readonly query: URLSearchParams
  /** Of the body for POST, of the query for GET. */
  readonly params: Record<string, string>
  /** False when the body is no form, or names a parameter twice. */
  readonly isCleanForm: boolean
  readonly bearer: string | null
  readonly userId: string | null
}

export function secondsOf(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}

export function personOf(people: Person[], userId: string): Person {
  const person = people.find(each => each.userId === userId)
  if (person === undefined) {
    throw new Error(`No person has the userid ${userId}`)
  }
  return person
}
