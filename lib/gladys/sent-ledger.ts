import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { lastCredible } from './ahead'
import { SentShard, type Around } from './sent-shard'

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
  clock: { now(): number }
  /** How many feature-years stay in memory. */
  maxShards?: number
}

/** So many dates stay in memory, or one feature-year that has more: about 100 bytes each. */
const MOST_DATES = 300_000
/** Bytes of a file that is read within a few milliseconds. */
const SMALL = 64 * 1024

const fileOf = (hash: string, year: number): string => `${hash}-${year}.log`
const FILE = /^([0-9a-f]{32})-(-?\d+)\.log$/

/**
 * Remembers what was acknowledged: "sent" is the same feature, date and value (design.md §2.7).
 *
 * One append-only file for each feature and year, `<hash of the feature>-<year>.log`, lines `<epoch ms> <value>`, a text percent-encoded;
 * the last line of a date counts. Only files that were looked into are in memory, and not all of those, so it does
 * not grow with the history; long ones are read in slices, if `prepare` is called first. Lines that the disk refuses wait in memory for the next write. No fsync: what a power
 * cut takes is sent again, which is harmless (gladys.md).
 */
export class SentLedger {
  private readonly shards = new Map<string, SentShard>()
  private readonly yearsOf = new Map<string, Set<number>>()
  private readonly newestOf = new Map<string, Around>()
  /** Lines not yet on disk, by file. */
  private unwritten = new Map<string, string>()
  /** By file that is being read, the end of that, and the lines that it may miss. */
  private readonly reading = new Map<string, { ended: Promise<void>; missed: string }>()
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

  /** States of the same file lie together. */
  readonly fileOf = ({ feature, date }: Pick<SentState, 'feature' | 'date'>): string =>
    fileOf(hashOf(feature), yearOf(date))

  /** Reads, without blocking for long, what `has` needs to know of the year of this state. */
  prepare({ feature, date }: Pick<SentState, 'feature' | 'date'>): Promise<void> {
    return this.opened(hashOf(feature), yearOf(date))
  }

  /** Reads, without blocking for long, what `newest` and `record` need to know of a feature. */
  async prepareNewest(feature: string): Promise<void> {
    const hash = hashOf(feature)
    const until = lastCredible(this.options.clock.now())
    if (holds(this.newestOf.get(hash), until)) return
    for (const year of this.yearsDown(hash)) {
      await this.opened(hash, year)
      if (this.shard(hash, year).around(until).newest !== undefined) break
    }
    this.newest(feature)
  }

  /**
   * Date of the newest state of a feature; undefined when none was ever sent. A date that lies ahead does not count: after
   * one leap of the clock everything would be older than it for years.
   */
  newest(feature: string): number | undefined {
    return this.aroundNow(hashOf(feature), lastCredible(this.options.clock.now())).newest
  }

  /** The newest numbers of a feature that do not lie ahead, oldest first; reads no more years than it needs. */
  latest(feature: string, count: number): { date: number; value: number }[] {
    const hash = hashOf(feature)
    const until = lastCredible(this.options.clock.now())
    const found: { date: number; value: number }[] = []
    for (const year of this.yearsDown(hash))
      for (const [date, value] of this.shard(hash, year).newestFirst(until)) {
        if (found.length === count) return found.reverse()
        if (Number.isFinite(Number(value))) found.push({ date, value: Number(value) })
      }
    return found.reverse()
  }

  /** Remembers a state that the broker has acknowledged; several of one turn are written together. */
  record({ feature, date, value }: SentState): void {
    const hash = hashOf(feature)
    const until = lastCredible(this.options.clock.now())
    const around = this.aroundNow(hash, until)
    const year = yearOf(date)
    const file = fileOf(hash, year)
    if (date > until) around.ahead = Math.min(around.ahead, date)
    else around.newest = Math.max(around.newest ?? date, date)
    if (this.options.directory === undefined) this.shard(hash, year).set(date, written(value))
    else {
      this.shards.get(file)?.set(date, written(value))
      const line = `${date} ${written(value)}\n`
      this.unwritten.set(file, (this.unwritten.get(file) ?? '') + line)
      const reading = this.reading.get(file)
      if (reading !== undefined) reading.missed += line
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
    if (!this.whole.has(file)) cutHalfLine(path)
    this.whole.add(file)
    appendFileSync(path, lines, { mode: 0o600 })
  }

  private yearsIn(hash: string): Set<number> {
    const years = this.yearsOf.get(hash) ?? new Set()
    this.yearsOf.set(hash, years)
    return years
  }

  private yearsDown(hash: string): number[] {
    return [...this.yearsIn(hash)].sort((a, b) => b - a)
  }

  private aroundNow(hash: string, until: number): Around {
    const known = this.newestOf.get(hash)
    if (holds(known, until)) return known
    const around: Around = { newest: undefined, ahead: Infinity }
    for (const year of this.yearsDown(hash)) {
      const { newest, ahead } = this.shard(hash, year).around(until)
      around.newest = newest
      around.ahead = Math.min(around.ahead, ahead)
      if (newest !== undefined) break
    }
    this.newestOf.set(hash, around)
    return around
  }

  private shard(hash: string, year: number): SentShard {
    const file = fileOf(hash, year)
    const shard = this.shards.get(file) ?? this.load(hash, year, file)
    this.keep(file, shard)
    return shard
  }

  /** As the one that was used last. */
  private keep(file: string, shard: SentShard): void {
    const isKnown = this.shards.delete(file)
    this.shards.set(file, shard)
    if (isKnown) return
    let dates = 0
    for (const { size } of this.shards.values()) dates += size
    for (const [oldest, { size }] of this.shards) {
      if (oldest === file || (this.shards.size <= this.maxShards && dates <= MOST_DATES)) break
      this.shards.delete(oldest)
      dates -= size
    }
  }

  private load(hash: string, year: number, file: string): SentShard {
    const shard = new SentShard()
    const { directory } = this.options
    if (directory === undefined || !this.yearsIn(hash).has(year)) return shard
    if (this.unwritten.has(file)) this.flush()
    return shard
      .readAtOnce(bytesOf(join(directory, file)))
      .readAtOnce(Buffer.from(this.unwritten.get(file) ?? '', 'latin1'))
  }

  private async opened(hash: string, year: number): Promise<void> {
    const { directory } = this.options
    const file = fileOf(hash, year)
    if (directory === undefined || this.shards.has(file) || !this.yearsIn(hash).has(year)) return
    const path = join(directory, file)
    const reading = this.reading.get(file)
    if (reading === undefined && isSmall(path)) return
    await (reading?.ended ?? this.readSlowly(path, file))
  }

  private readSlowly(path: string, file: string): Promise<void> {
    const reading = { ended: Promise.resolve(), missed: this.unwritten.get(file) ?? '' }
    this.reading.set(file, reading)
    const read = async (): Promise<void> => {
      const shard = new SentShard()
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      const lines = shard.read(bytes)
      while (lines.next().done !== true) await nextTurn()
      this.reading.delete(file)
      if (!this.shards.has(file)) this.keep(file, shard.readAtOnce(Buffer.from(reading.missed, 'latin1')))
    }
    reading.ended = read()
    return reading.ended
  }
}

/** Whether it is still so around this moment: time goes on, and clocks are set. */
function holds(around: Around | undefined, until: number): around is Around {
  return around !== undefined && (around.newest ?? -Infinity) <= until && until < around.ahead
}

/**
 * Cuts off a last line that a kill left unfinished: the next append would grow it into a wrong entry. Nothing where
 * there is no such file.
 */
function cutHalfLine(path: string): void {
  let file: number | undefined
  try {
    file = openSync(path, 'r+')
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, SMALL))
    readSync(file, tail, 0, tail.length, size - tail.length)
    const end = size - tail.length + tail.lastIndexOf('\n') + 1
    if (end < size) ftruncateSync(file, end)
  } catch {
    // Where it cannot be cut nothing can be appended either.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** Nothing where there is no such file. */
function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

function isSmall(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= SMALL
}

function filesIn(directory: string | undefined): string[] {
  if (directory === undefined) return []
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
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
