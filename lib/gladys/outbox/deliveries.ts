import type { StateKind } from '../model/states'
import type { Departure } from './duplicate-window'
import type { Waiting } from './persistent-queue'
import type { Delivery, Outgoing, Priority } from './outgoing'

/** Where one stands: in the backlog, in the message of an import, or among those that left before Gladys was away. */
export type Origin =
  | { lane: 'normal'; waiting: Waiting }
  | { lane: 'import'; receipt: Receipt }
  | { lane: 'again'; waiting: Waiting }

/** One on its way, or to be repeated after an outage. */
export interface StateInFlight {
  readonly outgoing: Outgoing
  readonly from: Origin
  decided: StateKind | undefined
  /** The one that it keeps its distance from. */
  after?: Departure
  /** Noted as sent already. */
  isNoted?: boolean
}

/** Counts down what was handed over with one call. */
export interface Receipt {
  readonly lane: Priority
  /** Positions in the backlog: from `first` up to but not including `end`. */
  readonly first: number
  readonly end: number
  readonly delivery: Delivery
  open: number
  readonly settle: (delivery: Delivery) => void
  readonly fail: (error: Error) => void
}

/** Whether both are of one feature and date. */
export function isSameMoment(one: Outgoing, other: Outgoing): boolean {
  if (one.kind === 'config' || other.kind === 'config') return false
  return one.state.feature === other.state.feature && one.state.date === other.state.date
}

/** False: it was not in the list. */
export function removeFrom<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}
