import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of work before the event loop gets its turn. */
const LONGEST_TURN = 25
/** Looking at the clock takes longer than decoding a small row. */
const CLOCK_EVERY = 8

/** Does `work` for each of a list, however long, without holding up the event loop. */
export async function inSlices<T>(list: Iterable<T>, work: (one: T, index: number) => void): Promise<void> {
  let began = performance.now()
  let index = 0
  for (const one of list) {
    work(one, index)
    index += 1
    if (index % CLOCK_EVERY !== 0 || performance.now() - began < LONGEST_TURN) continue
    await nextTurn()
    began = performance.now()
  }
}

/** A list in portions, between which the event loop gets its turn; one empty portion for an empty list. */
export async function* portionsOf<T>(list: Iterable<T>, size = 1_000): AsyncGenerator<T[], void, undefined> {
  let portion: T[] = []
  for (const one of list) {
    if (portion.length === size) {
      yield portion
      await nextTurn()
      portion = []
    }
    portion.push(one)
  }
  yield portion
}

/** Comparer of texts, ISO dates too. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Sorting takes less time than anything else that is done with a portion. */
const SORTED_PORTION = 8_000

/** A sorted copy (stable): portions are sorted, then merged two by two. */
export async function sortedInSlices<T>(list: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for await (const portion of portionsOf(list, SORTED_PORTION)) runs.push(portion.sort(compare))
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(runs[at] as T[], runs[at + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T>(left: T[], right: T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const merged: T[] = []
  let next = 0
  await inSlices(left, entry => {
    for (; next < right.length && compare(right[next] as T, entry) < 0; next += 1)
      merged.push(right[next] as T)
    merged.push(entry)
  })
  return merged.concat(right.slice(next))
}
