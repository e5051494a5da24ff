import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds of work in one go; other work of the process waits no longer than that. */
const LONGEST_TURN = 25
/** Reading the clock takes longer than decoding a small row. */
const CHECK_EVERY = 8

/** Does `work` for each of a list; other work of the process runs in between. */
export async function inSlices<T>(list: Iterable<T>, work: (one: T, index: number) => void): Promise<void> {
  let began = performance.now()
  let index = 0
  for (const one of list) {
    work(one, index)
    index += 1
    if (index % CHECK_EVERY !== 0 || performance.now() - began < LONGEST_TURN) continue
    await nextTurn()
    began = performance.now()
  }
}

/** Items handled in one go: enough to be worth a turn of the event loop, few enough not to hold it up. */
export const PORTION = 300
/** Sorting is cheaper than other work, and merging many small runs is not. */
const SORTED_PORTION = 8_000

/** A list in portions; other work of the process runs in between. */
export async function* portionsOf<T>(all: Iterable<T>, size = PORTION): AsyncGenerator<T[], void, undefined> {
  let portion: T[] = []
  for (const one of all) {
    if (portion.length === size) {
      yield portion
      await nextTurn()
      portion = []
    }
    portion.push(one)
  }
  if (portion.length > 0) yield portion
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

/** Comparer of texts, ISO dates too. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

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
