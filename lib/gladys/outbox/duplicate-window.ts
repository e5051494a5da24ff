import type { State, StateKind } from '../model/states'

/** A state as it was sent. */
export interface Sent {
  readonly value: number | string
  readonly kind: StateKind
  readonly at: number
  acknowledged: boolean
}

/** Milliseconds. Gladys stores a state twice that arrives twice within seconds (gladys.md, "real server" no. 7). */
export const DUPLICATE_WINDOW = 10_000

type Generation = Map<string, Map<number, Sent>>

/** What was sent within the last ten seconds, by feature and date. */
export class DuplicateWindow {
  private young: Generation = new Map()
  private old: Generation = new Map()
  private youngSince: number

  constructor(private readonly clock: { now(): number }) {
    this.youngSince = clock.now()
  }

  add({ feature, date, value }: State, kind: StateKind): Sent {
    const at = this.clock.now()
    // Whole Maps are dropped: nothing piles up in one that lives long.
    if (!this.isRecent(this.youngSince)) {
      this.old = this.young
      this.young = new Map()
      this.youngSince = at
    }
    const sent = { value, kind, at, acknowledged: false }
    const dates = this.young.get(feature) ?? new Map<number, Sent>()
    this.young.set(feature, dates.set(date, sent))
    return sent
  }

  /** The last one of this feature and date. */
  get({ feature, date }: State): Sent | undefined {
    const sent = this.young.get(feature)?.get(date) ?? this.old.get(feature)?.get(date)
    return sent !== undefined && this.isRecent(sent.at) ? sent : undefined
  }

  /** A clock that was set back must hold nothing up. */
  private isRecent(at: number): boolean {
    const age = this.clock.now() - at
    return age >= 0 && age < DUPLICATE_WINDOW
  }
}
