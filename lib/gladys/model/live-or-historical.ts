import { credible, lastCredible, type SentLedger } from '../ledger/sent-ledger'
import type { State, StateKind } from './states'

/**
 * Live while it is young and newer than `newest`, the last date sent for its feature; else historical, because Gladys
 * dates a live state "now" (gladys.md). A date further ahead than the live window comes from a wrong clock. Texts are
 * always live, since Gladys keeps no history of them; older ones are left out before.
 */
export function stateKindOf(state: State, now: number, newest: number | undefined): StateKind {
  if (typeof state.value === 'string') return 'live'
  const window = state.liveUntil - state.date
  const young = now < state.liveUntil && state.date - now < window
  return young && (newest === undefined || state.date > newest) ? 'live' : 'historical'
}

/** Kind of a state that is sent again after Gladys was away: never live, except a text, which has no history. */
export function repeatedKindOf({ value }: State): StateKind {
  return typeof value === 'string' ? 'live' : 'historical'
}

/** Decides when a state leaves whether it goes out live or as history. */
export class LiveOrHistorical {
  /** Date of the newest state of each feature that has left, acknowledged or not. */
  private readonly newestLeft = new Map<string, number>()

  constructor(
    private readonly ledger: Pick<SentLedger, 'newest'>,
    private readonly clock: { now(): number }
  ) {}

  /** `before`: how it left before an outage, if it did. */
  decide(state: State, before: StateKind | undefined): StateKind {
    const now = this.clock.now()
    const until = lastCredible(now)
    const newest = Math.max(
      credible(this.newestLeft.get(state.feature), until) ?? -Infinity,
      this.ledger.newest(state.feature) ?? -Infinity
    )
    // A state that left live was the newest then, and is not outdated by itself.
    const kind = stateKindOf(state, now, before === 'live' ? undefined : newest)
    this.newestLeft.set(state.feature, Math.max(newest, credible(state.date, until) ?? newest))
    return kind
  }
}
