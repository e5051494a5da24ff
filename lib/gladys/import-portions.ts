import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from '../withings/reading'
import { parseInput, type Item } from './input'
import { introduces } from './introduction'
import { PageStates } from './page-states'
import type { State } from './states'

/** Readings prepared in one go; between two goes other work of the process gets its turn. */
const PORTION = 100

/**
 * A page's readings → states, a portion at a time: a page can be long. What cannot be an item, e.g. for a date beyond
 * 2100, is left out, so that it does not stop the rest, and told to `leftOut`. `prepare` gets the items of a portion
 * and those of them that are the first of their feature on the page, or of another unit or model.
 */
export async function prepareInPortions(
  readings: Iterable<Reading>,
  prepare: (items: Item[], introduced: Item[]) => Promise<State[]>,
  leftOut: (count: number) => void
): Promise<PageStates> {
  const states = new PageStates()
  const known = new Set<string>()
  let count = 0
  for (const portion of portionsOf(readings)) {
    await nextTurn()
    const items = itemsOf(portion)
    states.add(
      await prepare(
        items,
        items.filter(item => introduces(item, known))
      )
    )
    count += portion.length
  }
  await nextTurn()
  if (states.length < count) leftOut(count - states.length)
  return states
}

function* portionsOf(readings: Iterable<Reading>): Generator<Reading[], void, undefined> {
  let portion: Reading[] = []
  for (const reading of readings) {
    portion.push(reading)
    if (portion.length < PORTION) continue
    yield portion
    portion = []
  }
  if (portion.length > 0) yield portion
}

function itemsOf(readings: readonly Reading[]): Item[] {
  return readings.flatMap(reading => {
    try {
      return parseInput(reading)
    } catch {
      return []
    }
  })
}
