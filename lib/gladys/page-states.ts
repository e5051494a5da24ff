import { createHash } from 'node:crypto'
import type { State } from './states'

type Topics = Pick<State, 'feature' | 'liveTopic' | 'historicalTopic'>

/** Numbers for each state: which topics, date, value; for a text these are negative, and its place among the texts. */
const WIDTH = 3
const FIRST_CAPACITY = 256

/**
 * The states of one page of a history, in order, and after `clear` those of the next one: 24 bytes for each instead of an object, which is made when it is its
 * turn. A page waits long enough for V8 to move its objects to where only a full collection finds them, and so those
 * of a whole history would add up (docs/decisions/0009-history-import.md).
 */
export class PageStates {
  private count = 0
  private cells = new Float64Array(WIDTH * FIRST_CAPACITY)
  private topics: Topics[] = []
  private texts: string[] = []
  private readonly numbers = new Map<string, number>()

  /** Adds states behind the others. They are history: `liveUntil` is taken for their date. */
  add(states: readonly State[]): this {
    this.makeRoom(WIDTH * (this.count + states.length))
    for (const state of states) {
      const at = WIDTH * this.count
      const { date, value } = state
      const topics = this.topicsOf(state)
      const isText = typeof value === 'string'
      this.cells[at] = isText ? -1 - topics : topics
      this.cells[at + 1] = date
      this.cells[at + 2] = isText ? this.texts.push(value) - 1 : value
      this.count += 1
    }
    return this
  }

  /** Forgets them; the room stays, for what a page leaves behind is garbage that adds up. */
  clear(): void {
    this.count = 0
    this.topics = []
    this.texts = []
    this.numbers.clear()
  }

  get length(): number {
    return this.count
  }

  /** Those from position `from` up to but not including `end`. */
  slice(from: number, end: number): State[] {
    const states: State[] = []
    for (let position = from; position < Math.min(end, this.count); position += 1) {
      const at = WIDTH * position
      const [topics, date, content] = [this.cell(at), this.cell(at + 1), this.cell(at + 2)]
      const value = topics < 0 ? (this.texts[content] as string) : content
      const { feature, liveTopic, historicalTopic } = this.topics[topics < 0 ? -1 - topics : topics] as Topics
      states.push({ feature, date, value, liveTopic, historicalTopic, liveUntil: date })
    }
    return states
  }

  /** 16 hex digits of a hash over features, dates and values, in order. */
  get fingerprint(): string {
    const texts = JSON.stringify([this.topics.map(({ feature }) => feature), this.texts])
    const used = this.cells.subarray(0, WIDTH * this.count)
    return createHash('sha256').update(texts).update(used).digest('hex').slice(0, 16)
  }

  private cell(at: number): number {
    return this.cells[at] as number
  }

  private makeRoom(cells: number): void {
    if (cells <= this.cells.length) return
    const larger = new Float64Array(Math.max(cells, 2 * this.cells.length))
    larger.set(this.cells)
    this.cells = larger
  }

  private topicsOf({ feature, liveTopic, historicalTopic }: State): number {
    const known = this.numbers.get(feature)
    if (known !== undefined) return known
    const number = this.topics.push({ feature, liveTopic, historicalTopic }) - 1
    this.numbers.set(feature, number)
    return number
  }
}
