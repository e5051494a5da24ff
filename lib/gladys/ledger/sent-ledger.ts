import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { AppendLog, namesIn } from '../../base/append-log'
import { MINUTE_MS } from '../../base/clock'
import { DiskFailures } from '../../base/json-file'
import { groupsOf } from '../../base/slices'
import type { Dated, State, StateKind } from '../model/states'
import { type Sent, SentShard } from './shard'

type SentState = Dated & Pick<State, 'value'>

/** Dates kept in memory, at about 100 bytes each; a single feature-year may have more. */
const MOST_DATES = 300_000
const FILE = /^([0-9a-f]{32})-(-?\d+)\.log$/

/**
 * Remembers which states the broker has acknowledged. "Sent" means the same feature, date and value (design.md §2.7).
 * One append log per feature and year, `<hash of the feature>-<year>.log`; the last line of a date counts. Only the
 * files used last are in memory; `prepare` reads long ones in slices. Lines that the disk refuses stay in memory until
 * the next write. No fsync: what a power cut takes is sent again, which is harmless (gladys.md).
 */
export class SentLedger {
  /** Newest year first. */
  private readonly yearsByHash = new Map<string, SentShard[]>()
  private readonly yearsByFeature = new Map<string, SentShard[]>()
  /** Those in memory, least recently used first. */
  private readonly shards = new Set<SentShard>()
  private unwritten = new Set<SentShard>()
  private readonly refusals: DiskFailures
  private flushing: NodeJS.Immediate | undefined

  constructor(
    private readonly options: {
      /** Created at the first write; undefined: only in memory. */
      directory: string | undefined
      /** Called when the disk refuses: once until it accepts a write again. */
      onVolatile: (reason: string) => void
      clock: { now(): number }
      /** How many feature-years stay in memory, 128 by default. */
      maxShards?: number
    }
  ) {
    const { directory, onVolatile } = options
    this.refusals = new DiskFailures(onVolatile)
    for (const name of namesIn(directory)) {
      const [, hash, year] = FILE.exec(name) ?? []
      if (hash !== undefined) this.addYear(hash, Number(year), true)
    }
    if (directory === undefined) onVolatile('there is no directory to keep it in')
  }

  /** Whether this value was the last one sent for its date. */
  has(state: SentState): boolean {
    return this.lastSent(state)?.value === encode(state.value)
  }

  /** Whether what was last sent for this date was sent live. */
  wentLive(state: Dated): boolean {
    return this.lastSent(state)?.kind === 'live'
  }

  /**
   * Those that were sent live after `since`, when Gladys got their feature, in milliseconds since 1970: it has them,
   * dated on arrival. None where nobody knows when that was.
   */
  async sentLive(
    states: readonly State[],
    since: (feature: string) => number | undefined
  ): Promise<ReadonlySet<State>> {
    const live = new Set<State>()
    for (const group of groupsOf(states, this.fileOf)) {
      const first = group[0] as State
      const from = since(first.feature)
      if (from === undefined) continue
      await this.prepare(first)
      for (const state of group) if (state.date >= from && this.wentLive(state)) live.add(state)
    }
    return live
  }

  /** The same for states that are kept in the same file. */
  readonly fileOf = ({ feature, date }: Dated): string => `${yearOf(date)} ${feature}`

  /** Reads the year of this state for `has`, without blocking for long. */
  async prepare(state: Dated): Promise<void> {
    await this.shardOf(state)?.prepare()
  }

  /** Reads a feature for `newest`, without blocking for long. */
  async prepareNewest(feature: string): Promise<void> {
    for (const shard of [...this.yearsOf(feature)]) {
      if (!shard.knowsNewest(this.lastCredible())) await shard.prepare()
      if (this.newestIn(shard) !== undefined) return
    }
  }

  /** Date of a feature's newest state; future dates, from a clock that was wrong once, do not count. */
  newest(feature: string): number | undefined {
    for (const shard of this.yearsOf(feature)) {
      const newest = this.newestIn(shard)
      if (newest !== undefined) return newest
    }
    return undefined
  }

  /** The newest numbers of a feature that are not in the future, oldest first; reads only the years it needs. */
  latest(feature: string, count: number): { date: number; value: number }[] {
    const found: { date: number; value: number }[] = []
    for (const shard of this.yearsOf(feature))
      for (const { date, value } of this.used(shard).newestFirst(this.lastCredible())) {
        if (found.length === count) return found.reverse()
        if (Number.isFinite(Number(value))) found.push({ date, value: Number(value) })
      }
    return found.reverse()
  }

  /** Remembers an acknowledged state. Those of one event-loop turn are written together, without loading the file. */
  record(state: SentState, kind: StateKind = 'historical'): void {
    const shard = this.shardOf(state) ?? this.addYear(hashOf(state.feature), yearOf(state.date), false)
    if (this.options.directory === undefined) this.used(shard)
    shard.set(state.date, { value: encode(state.value), kind })
    this.unwritten.add(shard)
    this.flushing ??= setImmediate(() => this.flush())
  }

  /** Writes what is only in memory; never throws. What the disk refuses is written by the next call. */
  flush(): void {
    clearImmediate(this.flushing)
    this.flushing = undefined
    const { unwritten } = this
    if (unwritten.size === 0) return
    // A new Set instead of clear(): V8 keeps the entries of a cleared one until a full garbage collection.
    this.unwritten = new Set()
    for (const shard of unwritten) if (!this.refusals.attempt(() => shard.flush())) this.unwritten.add(shard)
  }

  private lastSent(state: Dated): Sent | undefined {
    const shard = this.shardOf(state)
    return shard && this.used(shard).get(state.date)
  }

  private lastCredible(): number {
    return lastCredible(this.options.clock.now())
  }

  private yearsOf(feature: string): readonly SentShard[] {
    const known = this.yearsByFeature.get(feature) ?? this.yearsWith(hashOf(feature))
    this.yearsByFeature.set(feature, known)
    return known
  }

  private yearsWith(hash: string): SentShard[] {
    const years = this.yearsByHash.get(hash) ?? []
    this.yearsByHash.set(hash, years)
    return years
  }

  private shardOf({ feature, date }: Dated): SentShard | undefined {
    const year = yearOf(date)
    return this.yearsOf(feature).find(shard => shard.year === year)
  }

  private addYear(hash: string, year: number, hasFile: boolean): SentShard {
    const { directory } = this.options
    const log = directory === undefined ? undefined : new AppendLog(join(directory, `${hash}-${year}.log`))
    const shard = new SentShard(year, log, !hasFile)
    const years = this.yearsWith(hash)
    years.push(shard)
    years.sort((a, b) => b.year - a.year)
    return shard
  }

  private newestIn(shard: SentShard): number | undefined {
    const until = this.lastCredible()
    return (shard.knowsNewest(until) ? shard : this.used(shard)).newest(until)
  }

  /** Loads it if need be; the least recently used ones make room. */
  private used(shard: SentShard): SentShard {
    const isLoaded = this.shards.delete(shard)
    this.shards.add(shard)
    if (isLoaded) return shard
    shard.load()
    let dates = 0
    for (const { size } of this.shards) dates += size
    for (const oldest of this.shards) {
      const fits = this.shards.size <= (this.options.maxShards ?? 128) && dates <= MOST_DATES
      if (oldest === shard || fits) break
      this.shards.delete(oldest)
      dates -= oldest.size
      oldest.unload()
    }
    return shard
  }
}

function hashOf(feature: string): string {
  return createHash('sha256').update(feature).digest('hex').slice(0, 32)
}

function encode(value: number | string): string {
  return typeof value === 'string' ? encodeURIComponent(value) : String(value)
}

function yearOf(date: number): number {
  return new Date(date).getUTCFullYear()
}

/** How far clocks may differ, in milliseconds; later dates come from a wrong clock. */
const CLOCK_TOLERANCE = 5 * MINUTE_MS

/** The latest date that can be true at this moment. */
export function lastCredible(now: number): number {
  return now + CLOCK_TOLERANCE
}

/** The date, unless it lies after `until`. */
export function credible(date: number | undefined, until: number): number | undefined {
  return date !== undefined && date <= until ? date : undefined
}
