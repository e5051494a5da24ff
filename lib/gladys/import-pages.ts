import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from '../withings/reading'
import { parseInput, type Item } from './input'
import { introduces } from './introduction'
import { PageStates } from './page-states'
import type { State } from './states'

/** Readings prepared in one go; between two goes other work of the process gets its turn. */
const PORTION = 25

export interface ImportPagesParts {
  /**
   * States of some items, once whatever Gladys must know before them is on its way. `introduced` are those of them that are
   * the first of their feature in this import, or of another unit or model.
   */
  prepare(items: readonly Item[], introduced: readonly Item[]): Promise<State[]>
  /** So many readings cannot be an item, e.g. for a date beyond 2100; they must not stop the rest. */
  leftOut(count: number): void
}

/** One import's pages of readings → states, a page after the other. */
export class ImportPages {
  private introduced = new Set<string>()
  private readonly states = new PageStates()

  constructor(private readonly parts: ImportPagesParts) {}

  /** Good until the next call: the memory of one page is used for all. Rejects with what `prepare` rejects with. */
  async statesOf(readings: Iterable<Reading>): Promise<PageStates> {
    const { parts, states } = this
    states.clear()
    let count = 0
    await nextTurn()
    for (const portion of portionsOf(readings)) {
      states.add(await this.prepare(itemsOf(portion)))
      count += portion.length
      await nextTurn()
    }
    if (states.length < count) parts.leftOut(count - states.length)
    return states
  }

  private async prepare(items: readonly Item[]): Promise<State[]> {
    const introduced = items.filter(item => introduces(item, this.introduced))
    try {
      return await this.parts.prepare(items, introduced)
    } catch (error) {
      // Gladys may not have heard of some.
      this.introduced = new Set()
      throw error
    }
  }
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
