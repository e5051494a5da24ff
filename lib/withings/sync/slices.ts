import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of work in one go: whatever else the process does waits no longer than that. */
const LONGEST_TURN = 25
/** To look at the clock takes longer than to decode a small row. */
const LOOKS_EVERY = 8

/** Does `work` for each of a list, however long; other work of the process gets its turn in between. */
export async function inSlices<T>(list: Iterable<T>, work: (one: T, index: number) => void): Promise<void> {
  let began = performance.now()
  let index = 0
  for (const one of list) {
    work(one, index)
    index += 1
    if (index % LOOKS_EVERY !== 0 || performance.now() - began < LONGEST_TURN) continue
    await nextTurn()
    began = performance.now()
  }
}

/** Long enough to be worth its turn, short enough for one. */
const PORTION = 1_000
/** To sort is quicker than what else is done with a portion, and to merge slower. */
const SORTED_PORTION = 8_000

/** A list in portions, between which other work has its turn. */
export async function* portionsOf<T>(
  list: readonly T[],
  size = PORTION
): AsyncGenerator<T[], void, undefined> {
  for (let from = 0; from < list.length; from += size) {
    if (from > 0) await nextTurn()
    yield list.slice(from, from + size)
  }
}

/** As `Array.prototype.sort`, a new list: portions are sorted, then merged two by two. */
export async function sortedInSlices<T>(list: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for await (const portion of portionsOf(list, SORTED_PORTION)) runs.push(portion.sort(compare))
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge<T>(left: T[], right: T[], compare: (a: T, b: T) => number): Promise<T[]> {
  if (right.length === 0) return left
  const merged: T[] = []
  let next = 0
  await inSlices(left, entry => {
    for (
      let other = right[next];
      next < right.length && compare(other as T, entry) < 0;
      other = right[next]
    ) {
      merged.push(other as T)
      next += 1
    }
    merged.push(entry)
  })
  for (; next < right.length; next += 1) merged.push(right[next] as T)
  return merged
}
