import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of work in one go: whatever else the process does waits no longer than that. */
const LONGEST_TURN = 25

/** Does `work` for each of a list, however long; other work of the process gets its turn in between. */
export async function inSlices<T>(list: Iterable<T>, work: (one: T, index: number) => void): Promise<void> {
  let began = performance.now()
  let index = 0
  for (const one of list) {
    work(one, index)
    index += 1
    if (performance.now() - began < LONGEST_TURN) continue
    await nextTurn()
    began = performance.now()
  }
}
