import type { State, StateKind } from '../model/states'

/** A state that left a moment ago. */
export interface Departure {
  readonly value: number | string
  readonly kind: StateKind
  readonly at: number
  acknowledged: boolean
}

/** Gladys stores a state twice that comes twice within seconds (gladys.md, "real server" no. 7). Milliseconds. */
export const APART = 10_000

type Generation = Map<string, Map<number, Departure>>

/** What left within the last ten seconds, by feature and date. */
export class Departures {
  private young: Generation = new Map()
  private old: Generation = new Map()
  private youngSince: number

  constructor(private readonly clock: { now(): number }) {
    this.youngSince = clock.now()
  }

  note({ feature, date, value }: State, kind: StateKind): Departure {
    this.forget()
    const departure = { value, kind, at: this.clock.now(), acknowledged: false }
    const dates = this.young.get(feature) ?? new Map<number, Departure>()
    this.young.set(feature, dates.set(date, departure))
    return departure
  }

  /** The last one of this feature and date; undefined when none is so young. */
  of({ feature, date }: State): Departure | undefined {
    const found = this.young.get(feature)?.get(date) ?? this.old.get(feature)?.get(date)
    return found !== undefined && this.isRecent(found.at) ? found : undefined
  }

  /** All at once: whole Maps are dropped, so that nothing piles up in one that lives long. */
  private forget(): void {
    if (this.isRecent(this.youngSince)) return
    this.old = this.young
    this.young = new Map()
    this.youngSince = this.clock.now()
  }

  /** A clock that was set back must hold nothing up. */
  private isRecent(at: number): boolean {
    const age = this.clock.now() - at
    return age >= 0 && age < APART
  }
}
