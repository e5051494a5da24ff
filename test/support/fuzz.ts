import { Random } from '../simulator/random'
import { type Endpoint, isRefusal } from './endpoints'
import { absurd, pick, textOf, withOneAbsurdity } from './mutations'

/** What went wrong with one answer. */
export interface Failure {
  endpoint: string
  /** Of the answer; `FUZZ_SEED` and it give the answer again. */
  round: number
  what: string
  text: string
}

/** An answer, the rows that it leaves as they are, and whether more than rows is changed in it. */
export interface Mutated {
  text: string
  untouched: string[]
  isWhole: boolean
}

/** Rows by their name in an answer: the index of a list, the key of an object. */
type Rows = Map<string, unknown>

/** One of so many answers has this many bytes of useless rows more: below 1 MB, and just below the limit of 4 MB. */
const PADDINGS = [900_000, 3_900_000] as const
const PADDED_ONE_OF = 1_000
/** A message for Gladys may not have more items. */
const MOST_PADDING = 90_000

/** An endpoint, and what each of its rows gives when it comes alone. */
export class Fuzzed {
  private constructor(
    readonly endpoint: Endpoint,
    private readonly alone: ReadonlyMap<string, readonly string[]>
  ) {}

  static async of(endpoint: Endpoint): Promise<Fuzzed> {
    const alone = new Map<string, string[]>()
    for (const [name, row] of rowsIn(endpoint)) {
      const text = textOf(answerWith(endpoint, new Map([[name, row]])))
      alone.set(
        name,
        (await endpoint.deliver(text)).map(item => JSON.stringify(item))
      )
    }
    if (endpoint.rows !== undefined && ![...alone.values()].flat().length)
      throw new Error(`${endpoint.name}: no row of the real answer gives anything`)
    return new Fuzzed(endpoint, alone)
  }

  /** The text of one mutated answer, and the names of the rows that it leaves as they are. */
  mutated(seed: number, round: number): Mutated {
    const { endpoint } = this
    const random = new Random(seed, `${endpoint.name} ${round}`)
    const rows = rowsIn(endpoint)
    if (rows.size === 0 || random.chance(0.1)) {
      return { text: textOf(withOneAbsurdity(endpoint.answer, random)), untouched: [], isWhole: true }
    }
    const touched = new Set<string>()
    for (let count = random.integer(1, 3); count > 0; count -= 1) {
      const name = pick([...rows.keys()], random)
      touched.add(name)
      rows.set(name, random.chance(0.1) ? absurd(random) : withOneAbsurdity(rows.get(name), random))
    }
    if (round % PADDED_ONE_OF === 0) pad(rows, absurd(random), PADDINGS[(round / PADDED_ONE_OF) % 2] ?? 0)
    const untouched = [...this.alone.keys()].filter(name => !touched.has(name))
    return { text: textOf(answerWith(endpoint, rows)), untouched, isWhole: false }
  }

  /** Undefined when all is well with this answer of `mutated`. */
  async check(round: number, { text, untouched, isWhole }: Mutated): Promise<Failure | undefined> {
    const failure = (what: string): Failure => ({
      endpoint: this.endpoint.name,
      round,
      what,
      text: text.slice(0, 2_000)
    })
    try {
      const items = await this.endpoint.deliver(text)
      const delivered = new Set(items.map(item => JSON.stringify(item)))
      const missing = untouched
        .flatMap(name => this.alone.get(name) ?? [])
        .filter(item => !delivered.has(item))
      if (missing.length > 0) return failure(`a good row is missing: ${missing[0]!.slice(0, 300)}`)
      const odd = items.map(oddNumberIn).find(found => found !== undefined)
      return odd === undefined ? undefined : failure(odd)
    } catch (error) {
      const mayRefuse = isWhole || this.endpoint.rows === undefined
      if (mayRefuse && isRefusal(error)) return undefined
      return failure(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
}

function rowsIn({ answer, rows }: Endpoint): Rows {
  const body = answer.body as Record<string, object>
  return new Map(rows === undefined ? [] : Object.entries(body[rows] ?? {}))
}

function answerWith({ answer, rows = '' }: Endpoint, changed: Rows): object {
  const body = answer.body as Record<string, unknown>
  const list = Array.isArray(body[rows]) ? [...changed.values()] : Object.fromEntries(changed)
  return { ...answer, body: { ...body, [rows]: list } }
}

function pad(rows: Rows, row: unknown, bytes: number): void {
  const count = Math.min(MOST_PADDING, Math.ceil(bytes / (textOf(row ?? null).length + 25)))
  for (let index = 0; index < count; index += 1) rows.set(`padding-${index}`, row)
}

/** Where a number is none, which JSON would hide; undefined: nowhere. */
function oddNumberIn(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `the number ${value}`
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const odd = oddNumberIn(inner)
    if (odd !== undefined) return `${key}: ${odd}`
  }
  return undefined
}
