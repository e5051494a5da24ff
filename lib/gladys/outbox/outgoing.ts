import { CodedError } from '../../base/errors'
import type { Publication, State, StateKind } from '../model/states'

/** What waits for the broker: plain data, so that it can lie on disk. */
export type Outgoing =
  | { kind: 'config'; publication: Publication }
  /** `at`: when it left, of one that has. */
  | { kind: 'state'; state: State; at?: number }

/** What became of the states of one message; announcements are not counted. */
export interface Delivery {
  live: number
  historical: number
  /** Still waiting, because the broker is away; safe on disk where there is one. */
  queued: number
}

/** What an outbox needs from around it. */
export interface OutboxHooks {
  /** Fulfilled when the broker has acknowledged. When it rejects, `brokerAway` follows. */
  publish(publication: Publication): Promise<void>
  /** Asked when a state leaves; `before` is what was decided when it left a first time, unacknowledged. */
  decide(state: State, before: StateKind | undefined): StateKind
  acknowledged(state: State, kind: StateKind): void
  /** Told at the start what waited on disk, oldest first; false: it has gone out and need not go again. */
  found(state: State): boolean
  /** Nothing of the normal lane waits any more. */
  drained(): void
}

/**
 * `normal`: kept on disk, counted in `size` and against the capacity.
 * `import`: leaves only while nothing normal waits, and is kept in memory only: the import goes on from its own
 * position after a restart. So hand over a few at a time, and move that position when `add` is fulfilled.
 */
export type Priority = 'normal' | 'import'

/** `count` states more than there is room for. */
export function outboxFull(count: number): CodedError {
  return new CodedError('OUTBOX_FULL', `no room for ${count} more states`, { count })
}
