import { setImmediate as nextTurn } from 'node:timers/promises'

/** What is done in one go; between two, other work of the process gets its turn. */
export const PORTION = 300

export async function* portionsOf<T>(all: Iterable<T>): AsyncGenerator<T[], void, undefined> {
  let portion: T[] = []
  for (const one of all) {
    if (portion.length === PORTION) {
      yield portion
      await nextTurn()
      portion = []
    }
    portion.push(one)
  }
  yield portion
}

/** Those of one key together, in their order. */
export function groupsOf<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return [...groups.values()]
}
