import { createHash } from 'node:crypto'
import type { State } from './states'

type Topics = Pick<State, 'feature' | 'liveTopic' | 'historicalTopic'>

/** Numbers for each state: which topics, date, value. */
const WIDTH = 3
const FIRST_CAPACITY = 256

/** States of a page as plain data, which another thread can take over. */
export interface PackedStates {
  cells: Float64Array<ArrayBuffer>
  topics: readonly Topics[]
}

/** Of a page without any. */
export const NO_STATES: PackedStates = { cells: new Float64Array(), topics: [] }

/** Used for every page, one after the other: what grows with a page outlives what V8 takes for short-lived. */
let scratch = new Float64Array(WIDTH * FIRST_CAPACITY)

/**
 * Packs the states of a page. They are history: `liveUntil` is taken for their date. And history has no words, which Gladys
 * would show as the latest.
 */
export function packStates(states: Iterable<State>): PackedStates {
  const topics: Topics[] = []
  const numbers = new Map<string, number>()
  let length = 0
  for (const { feature, date, value, liveTopic, historicalTopic } of states) {
    if (typeof value === 'string') continue
    let number = numbers.get(feature)
    if (number === undefined) {
      number = topics.push({ feature, liveTopic, historicalTopic }) - 1
      numbers.set(feature, number)
    }
    if (length === scratch.length) scratch = twice(scratch)
    scratch.set([number, date, value], length)
    length += WIDTH
  }
  return { cells: scratch.slice(0, length), topics }
}

function twice(cells: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * cells.length)
  larger.set(cells)
  return larger
}

/**
 * The states of one page of a history, in order, and after `take` those of the next one: 24 bytes for each instead of an
 * object, which is made when it is its turn. A page waits long enough for V8 to move its objects to where only a full
 * collection finds them, and so those of a whole history would add up (docs/decisions/0009-history-import.md).
 */
export class PageStates {
  private count = 0
  private cells = new Float64Array(WIDTH * FIRST_CAPACITY)
  private topics: readonly Topics[] = []
  /** By feature, of all pages: those that came over with a page are copies. */
  private readonly known = new Map<string, Topics>()

  /** Holds these from now on, in memory of its own, and forgets what it held. */
  take({ cells, topics }: PackedStates): this {
    this.count = cells.length / WIDTH
    while (this.cells.length < cells.length) this.cells = twice(this.cells)
    this.cells.set(cells)
    this.topics = topics.map(fresh => {
      const same = this.known.get(fresh.feature) ?? fresh
      this.known.set(fresh.feature, same)
      return same
    })
    return this
  }

  get length(): number {
    return this.count
  }

  /** Those from position `from` up to but not including `end`. */
  slice(from: number, end: number): State[] {
    const states: State[] = []
    for (let position = from; position < Math.min(end, this.length); position += 1)
      states.push(this.at(position))
    return states
  }

  /** 16 hex digits of a hash over features, dates and values, in order. */
  get fingerprint(): string {
    const features = JSON.stringify(this.topics.map(({ feature }) => feature))
    return createHash('sha256')
      .update(features)
      .update(this.cells.subarray(0, WIDTH * this.count))
      .digest('hex')
      .slice(0, 16)
  }

  private at(position: number): State {
    const cell = (column: number) => this.cells[WIDTH * position + column] as number
    const [number, date, value] = [cell(0), cell(1), cell(2)]
    const { feature, liveTopic, historicalTopic } = this.topics[number] as Topics
    return { feature, date, value, liveTopic, historicalTopic, liveUntil: date }
  }
}
