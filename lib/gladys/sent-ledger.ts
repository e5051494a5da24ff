import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

/** One state that Gladys has got: dates are milliseconds since 1970. */
export interface SentState {
  feature: string
  date: number
  value: number | string
}

export interface SentLedgerOptions {
  /** Where it is kept; undefined: in memory. It is made at the first write. */
  directory: string | undefined
  /** Told once, when nothing can be kept on disk (any more), and again when that recurs after it could be. */
  onVolatile(reason: string): void
  /** How many feature-years stay in memory. */
  maxShards?: number
}

/** Last value sent for each date of one feature and year. */
type Shard = Map<number, string>

const fileOf = (hash: string, year: number): string => `${hash}-${year}.log`
const FILE = /^([0-9a-f]{32})-(-?\d+)\.log$/

/**
 * Remembers what was acknowledged: "sent" is the same feature, date and value (design.md §2.7).
 *
 * One append-only file for each feature and year, `<hash of the feature>-<year>.log`, lines `<epoch ms> <value>`, a text percent-encoded;
 * the last line of a date counts. Only files that were looked into are in memory, and not all of those, so it does
 * not grow with the history. Lines that the disk refuses wait in memory for the next write. No fsync: what a power
 * cut takes is sent again, which is harmless (gladys.md).
 */
export class SentLedger {
  private readonly shards = new Map<string, Shard>()
  private readonly yearsOf = new Map<string, Set<number>>()
  private readonly newestOf = new Map<string, number>()
  /** Lines not yet on disk, by file. */
  private unwritten = new Map<string, string>()
  /** Files that end in a whole line. */
  private readonly whole = new Set<string>()
  private readonly maxShards: number
  /** There is a directory. */
  private made = false
  private refused = false
  private flushing: NodeJS.Immediate | undefined

  constructor(private readonly options: SentLedgerOptions) {
    this.maxShards = options.maxShards ?? 128
    for (const name of filesIn(options.directory)) {
      const [, hash, year] = FILE.exec(name) ?? []
      if (hash !== undefined) this.yearsIn(hash).add(Number(year))
    }
    if (options.directory === undefined) options.onVolatile('there is no directory to keep it in')
  }

  /** True when this value went out for this date and no other one after it. */
  has({ feature, date, value }: SentState): boolean {
    return this.shard(hashOf(feature), yearOf(date)).get(date) === written(value)
  }

  /** Date of the newest state of a feature; undefined when none was ever sent. */
  newest(feature: string): number | undefined {
    const hash = hashOf(feature)
    const known = this.newestOf.get(hash)
    if (known !== undefined) return known
    for (const year of [...this.yearsIn(hash)].sort((a, b) => b - a)) {
      const newest = largest(this.shard(hash, year).keys())
      if (newest === undefined) continue
      this.newestOf.set(hash, newest)
      return newest
    }
    return undefined
  }

  /** The newest numbers of a feature, oldest first; reads no more years than it needs. */
  latest(feature: string, count: number): { date: number; value: number }[] {
    const hash = hashOf(feature)
    const found: { date: number; value: number }[] = []
    for (const year of [...this.yearsIn(hash)].sort((a, b) => b - a)) {
      const sent = [...this.shard(hash, year)].map(([date, value]) => ({ date, value: Number(value) }))
      const numbers = sent.filter(({ value }) => Number.isFinite(value))
      found.unshift(...numbers.sort((a, b) => a.date - b.date))
      if (found.length >= count) break
    }
    return found.slice(-count)
  }

  /** Remembers a state that the broker has acknowledged; several of one turn are written together. */
  record({ feature, date, value }: SentState): void {
    const hash = hashOf(feature)
    const newest = this.newest(feature)
    const year = yearOf(date)
    const file = fileOf(hash, year)
    if (newest === undefined || date > newest) this.newestOf.set(hash, date)
    if (this.options.directory === undefined) this.shard(hash, year).set(date, written(value))
    else {
      this.shards.get(file)?.set(date, written(value))
      this.unwritten.set(file, `${this.unwritten.get(file) ?? ''}${date} ${written(value)}\n`)
      this.flushing ??= setImmediate(() => this.flush())
    }
    this.yearsIn(hash).add(year)
  }

  /** Writes what is still only in memory; never throws. What the disk refuses is written with the next call. */
  flush(): void {
    clearImmediate(this.flushing)
    this.flushing = undefined
    const { unwritten } = this
    // Not cleared: V8 chains a Map's old tables to the new ones, which keeps what was in them until a full collection.
    this.unwritten = new Map()
    let reason: string | undefined
    for (const [file, lines] of unwritten) {
      try {
        this.append(file, lines)
      } catch (error) {
        this.unwritten.set(file, lines)
        // A part of it may be there, and the directory may be gone.
        this.whole.delete(file)
        this.made = false
        reason = error instanceof Error ? error.message : String(error)
      }
    }
    if (reason !== undefined && !this.refused) this.options.onVolatile(reason)
    if (unwritten.size > 0) this.refused = reason !== undefined
  }

  /** Without reading what is there, so that an import of many years does not load them all. */
  private append(file: string, lines: string): void {
    const { directory } = this.options
    if (directory === undefined) return
    const path = join(directory, file)
    if (!this.made) mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.made = true
    if (!this.whole.has(file)) readWholeLines(path)
    this.whole.add(file)
    appendFileSync(path, lines, { mode: 0o600 })
  }

  private yearsIn(hash: string): Set<number> {
    const years = this.yearsOf.get(hash) ?? new Set()
    this.yearsOf.set(hash, years)
    return years
  }

  private shard(hash: string, year: number): Shard {
    const file = fileOf(hash, year)
    const shard = this.shards.get(file) ?? this.load(hash, year, file)
    this.shards.delete(file)
    this.shards.set(file, shard)
    const [oldest] = this.shards.keys()
    if (this.shards.size > this.maxShards && oldest !== undefined) this.shards.delete(oldest)
    return shard
  }

  private load(hash: string, year: number, file: string): Shard {
    const { directory } = this.options
    if (directory === undefined || !this.yearsIn(hash).has(year)) return new Map()
    if (this.unwritten.has(file)) this.flush()
    const lines = readWholeLines(join(directory, file))
    this.whole.add(file)
    return parse(lines + (this.unwritten.get(file) ?? ''))
  }
}

/**
 * Cuts off a last line that a kill left unfinished: the next append would grow it into a wrong entry. Nothing where
 * there is no such file.
 */
function readWholeLines(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return ''
  }
  const end = bytes.lastIndexOf('\n') + 1
  try {
    if (end < bytes.length) truncateSync(path, end)
  } catch {
    // Where it cannot be cut nothing can be appended either.
  }
  return bytes.toString('latin1', 0, end)
}

function parse(lines: string): Shard {
  const sent = new Map<number, string>()
  for (const line of lines.split('\n')) {
    const [, date, value] = /^(-?\d{1,15}) (\S+)$/.exec(line) ?? []
    if (date !== undefined && value !== undefined) sent.set(Number(date), value)
  }
  return sent
}

function filesIn(directory: string | undefined): string[] {
  if (directory === undefined) return []
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function largest(dates: Iterable<number>): number | undefined {
  let newest: number | undefined
  for (const date of dates) if (newest === undefined || date > newest) newest = date
  return newest
}

const hashes = new Map<string, string>()
const MOST_HASHES = 5_000

/** Remembered: each state asks several times, and a household has few features. */
function hashOf(feature: string): string {
  const known = hashes.get(feature)
  if (known !== undefined) return known
  const hash = createHash('sha256').update(feature).digest('hex').slice(0, 32)
  if (hashes.size >= MOST_HASHES) hashes.clear()
  hashes.set(feature, hash)
  return hash
}

/** A value as it stands in a line. */
function written(value: number | string): string {
  return typeof value === 'string' ? encodeURIComponent(value) : String(value)
}

function yearOf(date: number): number {
  return new Date(date).getUTCFullYear()
}
