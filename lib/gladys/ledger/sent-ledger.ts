import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { AppendLog, namesIn } from '../../base/append-log'
import { Refusals } from '../../base/json-file'
import { groupsOf } from '../../base/slices'
import type { State, StateKind } from '../model/states'
import { SentShard } from './shard'

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
  onVolatile: (reason: string) => void
  clock: { now(): number }
  /** How many feature-years stay in memory. */
  maxShards?: number
}

type Dated = Pick<SentState, 'feature' | 'date'>

/** So many dates stay in memory, or one feature-year that has more: about 100 bytes each. */
const MOST_DATES = 300_000
const FILE = /^([0-9a-f]{32})-(-?\d+)\.log$/

/**
 * Remembers what was acknowledged: "sent" is the same feature, date and value (design.md §2.7).
 *
 * One append log for each feature and year, `<hash of the feature>-<year>.log`, lines `<epoch ms> <value>`, with `=`
 * for the space where it went out live, a text percent-encoded; the last line of a date counts. Only files that were looked into are in memory, and not all of
 * those, so it does not grow with the history; long ones are read in slices, if `prepare` is called first. Lines
 * that the disk refuses wait in memory for the next write. No fsync: what a power cut takes is sent again, which is
 * harmless (gladys.md).
 */
export class SentLedger {
  /** Newest year first. */
  private readonly yearsByHash = new Map<string, SentShard[]>()
  private readonly yearsByFeature = new Map<string, SentShard[]>()
  /** Those in memory; the one that was used last is the last. */
  private readonly shards = new Set<SentShard>()
  /** With lines that are not on disk yet. */
  private unwritten = new Set<SentShard>()
  private readonly refusals: Refusals
  private flushing: NodeJS.Immediate | undefined

  constructor(private readonly options: SentLedgerOptions) {
    const { directory, onVolatile } = options
    this.refusals = new Refusals(onVolatile)
    for (const name of namesIn(directory)) {
      const [, hash, year] = FILE.exec(name) ?? []
      if (hash !== undefined) this.addYear(hash, Number(year), true)
    }
    if (directory === undefined) onVolatile('there is no directory to keep it in')
  }

  /** True when this value went out for this date and no other one after it. */
  has(state: SentState): boolean {
    const shard = this.shardOf(state)
    return shard !== undefined && this.used(shard).get(state.date) === written(state.value)
  }

  /** Whether what was sent for this date went out live. `prepare` first. */
  wentLive(state: Dated): boolean {
    const shard = this.shardOf(state)
    return shard !== undefined && this.used(shard).isLive(state.date)
  }

  /** States of the same file lie together. */
  readonly fileOf = ({ feature, date }: Dated): string => `${yearOf(date)} ${feature}`

  /** Reads, without blocking for long, what `has` needs to know of the year of this state. */
  async prepare(state: Dated): Promise<void> {
    await this.shardOf(state)?.prepare()
  }

  /** Reads, without blocking for long, what `newest` needs to know of a feature. */
  async prepareNewest(feature: string): Promise<void> {
    for (const shard of [...this.yearsOf(feature)]) {
      if (!shard.knowsNewest(this.lastCredible())) await shard.prepare()
      if (this.newestIn(shard) !== undefined) return
    }
  }

  /**
   * Date of the newest state of a feature; undefined when none was ever sent. A date that lies ahead does not count:
   * after one leap of the clock everything would be older than it for years.
   */
  newest(feature: string): number | undefined {
    for (const shard of this.yearsOf(feature)) {
      const newest = this.newestIn(shard)
      if (newest !== undefined) return newest
    }
    return undefined
  }

  /** The newest numbers of a feature that do not lie ahead, oldest first; reads no more years than it needs. */
  latest(feature: string, count: number): { date: number; value: number }[] {
    const found: { date: number; value: number }[] = []
    for (const shard of this.yearsOf(feature))
      for (const [date, value] of this.used(shard).newestFirst(this.lastCredible())) {
        if (found.length === count) return found.reverse()
        if (Number.isFinite(Number(value))) found.push({ date, value: Number(value) })
      }
    return found.reverse()
  }

  /**
   * Remembers a state that the broker has acknowledged; several of one turn are written together, without reading
   * what is there, so that an import of many years does not load them all.
   */
  record(state: SentState, kind: StateKind = 'historical'): void {
    const shard = this.shardOf(state) ?? this.addYear(hashOf(state.feature), yearOf(state.date), false)
    if (this.options.directory === undefined) this.used(shard)
    shard.set(state.date, written(state.value), kind)
    this.unwritten.add(shard)
    this.flushing ??= setImmediate(() => this.flush())
  }

  /** Writes what is still only in memory; never throws. What the disk refuses is written with the next call. */
  flush(): void {
    clearImmediate(this.flushing)
    this.flushing = undefined
    const { unwritten } = this
    if (unwritten.size === 0) return
    // Not cleared: V8 chains a Set's old tables to the new ones, which keeps what was in them until a full collection.
    this.unwritten = new Set()
    for (const shard of unwritten) if (!this.refusals.watch(() => shard.flush())) this.unwritten.add(shard)
  }

  private lastCredible(): number {
    return lastCredible(this.options.clock.now())
  }

  private yearsOf(feature: string): readonly SentShard[] {
    const known = this.yearsByFeature.get(feature)
    if (known !== undefined) return known
    const years = this.yearsWith(hashOf(feature))
    this.yearsByFeature.set(feature, years)
    return years
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
    const log = directory === undefined ? directory : new AppendLog(join(directory, `${hash}-${year}.log`))
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

  /** In memory, as the one that was used last. */
  private used(shard: SentShard): SentShard {
    const isKnown = this.shards.delete(shard)
    this.shards.add(shard)
    if (isKnown) return shard
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

/** A value as it stands in a line. */
function written(value: number | string): string {
  return typeof value === 'string' ? encodeURIComponent(value) : String(value)
}

function yearOf(date: number): number {
  return new Date(date).getUTCFullYear()
}

/** Clocks differ by so much; what lies further ahead was dated by a wrong one. Milliseconds. */
const TOLERANCE = 5 * 60_000

/** The last moment that a date may tell and still count as the newest. */
export function lastCredible(now: number): number {
  return now + TOLERANCE
}

/** The date, unless it lies ahead. */
export function credible(date: number | undefined, until: number): number | undefined {
  return date !== undefined && date <= until ? date : undefined
}

/** From when on Gladys has a feature, milliseconds since 1970; undefined where nobody knows. */
export type FeatureAddedAt = (feature: string) => number | undefined

/** Those that went out live when Gladys had their feature: it has them, dated with the moment when they arrived. */
export async function sentLive(
  ledger: Pick<SentLedger, 'fileOf' | 'prepare' | 'wentLive'>,
  states: readonly State[],
  since: FeatureAddedAt
): Promise<ReadonlySet<State>> {
  const live = new Set<State>()
  for (const together of groupsOf(states, ledger.fileOf)) {
    const [first] = together
    const from = first && since(first.feature)
    if (first === undefined || from === undefined) continue
    await ledger.prepare(first)
    for (const state of together) if (state.date >= from && ledger.wentLive(state)) live.add(state)
  }
  return live
}
