import type { StoredState } from './types'

/** Gladys looks whether a state is there before it inserts it; so the same one, soon again, is inserted twice. */
const CHECK_SEES_AFTER = 3_000

/** The history of each feature, oldest first. */
export class States {
  private readonly byFeature = new Map<string, StoredState[]>()
  /** When each came in first. */
  private readonly arrivals = new WeakMap<StoredState, number>()

  of(feature: string): readonly StoredState[] {
    return this.byFeature.get(feature) ?? []
  }

  delete(feature: string): void {
    this.byFeature.delete(feature)
  }

  /** At its own date: the same there is left alone, another value replaces; both only some seconds after the first. */
  store(feature: string, state: StoredState, arrived: number): void {
    const states = this.byFeature.get(feature) ?? []
    this.byFeature.set(feature, states)
    const start = firstFrom(states, state.created_at)
    const same = sameDate(states, start)
    const known = same > 0 && states[start]?.created_at === state.created_at
    if (known && arrived - (this.arrivals.get(states[start]!) ?? -Infinity) >= CHECK_SEES_AFTER) {
      if (states.slice(start, start + same).some(({ value }) => value === state.value)) return
      states.splice(start, same, state)
    } else states.splice(known ? start + same : start, 0, state)
    this.arrivals.set(state, arrived)
  }
}

/** Index of the first state that is not before this date. */
function firstFrom(states: readonly StoredState[], date: string): number {
  let [low, high] = [0, states.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (states[middle]!.created_at < date) low = middle + 1
    else high = middle
  }
  return low
}

/** How many states from here on have the same date. */
function sameDate(states: readonly StoredState[], start: number): number {
  let count = 0
  while (
    states[start + count] !== undefined &&
    states[start + count]!.created_at === states[start]!.created_at
  )
    count += 1
  return count
}
