import { messageOf } from '../../base/errors'
import { parseJson } from '../../base/json'
import { DiskFailures } from '../../base/json-file'
import { asBoolean, asString, either, oneOf, optional, shape } from '../../base/shape'
import type { Publication, State } from '../model/states'
import { SegmentLog } from './segment-log'

/** What is sent to the broker: plain data, as it is queued on disk. */
export type Outgoing =
  | { kind: 'config'; publication: Publication }
  /** `at`: when it was sent, in the replay log. */
  | { kind: 'state'; state: State; at?: number }

export interface QueueOptions {
  /** undefined: in memory. */
  directory: string | undefined
  /** How many fit on disk, 100,000 by default; in memory at most 10,000. */
  capacity?: number
  /** Called when something cannot be kept on disk. */
  onVolatile: (reason: string) => void
  /** Called with the number of entries that cannot be read back from disk. */
  onLost(count: number): void
}

export interface QueueEntry {
  readonly position: number
  readonly outgoing: Outgoing
  readonly kept: 'disk' | 'memory'
}

/** About 60 MB of states at most, and years of daily weigh-ins. */
const DISK_CAPACITY = 100_000
const MEMORY_CAPACITY = 10_000

/**
 * First in, first out, on disk; one file at a time is in memory. What the disk refuses, and everything after it, waits
 * in memory until that part is empty again.
 */
export class PersistentQueue {
  private log: SegmentLog | undefined
  private readonly refusals: DiskFailures
  private end = 0
  /** Read from disk, not given out yet. */
  private window: QueueEntry[] = []
  private inMemory: QueueEntry[] = []
  private readonly handedOut = new Set<QueueEntry>()
  /** Positions on disk that are to be skipped: sent before a restart, or taken out of turn. */
  private readonly skipped = new Set<number>()
  private readonly count = { disk: 0, memory: 0 }
  private releasing: NodeJS.Immediate | undefined

  /** `isWanted` is called for each entry found on disk, oldest first; false drops it. */
  constructor(
    private readonly options: QueueOptions,
    private readonly isWanted: (outgoing: Outgoing, position: number) => boolean = () => true
  ) {
    const { directory, onVolatile } = options
    this.refusals = new DiskFailures(onVolatile)
    if (directory === undefined) onVolatile('there is no directory to keep it in')
    else if (!this.refusals.attempt(() => this.open(directory))) {
      this.skipped.clear()
      this.count.disk = 0
    }
  }

  /** Position of the next entry that is added. */
  get nextPosition(): number {
    return this.end
  }

  /** How many are not done. */
  get size(): number {
    return this.count.disk + this.count.memory
  }

  /** When an earlier process may last have sent some of the entries, milliseconds since 1970. */
  get lastLeft(): number | undefined {
    return this.count.disk > 0 ? this.log?.lastReleased : undefined
  }

  /** How many more fit. */
  get room(): number {
    const { memory } = this.count
    const inMemory = this.log === undefined || memory > 0 ? MEMORY_CAPACITY - memory : Infinity
    return Math.max(0, Math.min((this.options.capacity ?? DISK_CAPACITY) - this.size, inMemory))
  }

  /** Adds all and gives the position of the first; undefined, with none added, when they do not fit. */
  add(outgoing: readonly Outgoing[]): number | undefined {
    const first = this.end
    if (outgoing.length > this.room) return undefined
    if (outgoing.length === 0) return first
    if (this.count.memory > 0 || !this.addedToDisk(outgoing)) {
      if (outgoing.length > MEMORY_CAPACITY - this.count.memory) return undefined
      for (const [index, one] of outgoing.entries())
        this.inMemory.push({ position: first + index, outgoing: one, kept: 'memory' })
      this.count.memory += outgoing.length
    }
    this.end += outgoing.length
    return first
  }

  /** The oldest entry that was not given out yet. */
  next(): QueueEntry | undefined {
    while (this.window.length === 0 && this.log?.unread !== undefined) this.readSegment(this.log)
    return this.givenOut(this.window.shift() ?? this.inMemory.shift())
  }

  /** An entry before its turn; undefined when it cannot be read. */
  take(position: number): QueueEntry | undefined {
    const taken = takenFrom(this.window, position) ?? takenFrom(this.inMemory, position)
    return this.givenOut(taken ?? this.readOne(position))
  }

  /** Removes an entry that was given out; the disk learns of all of one event-loop turn at once. */
  done(entry: QueueEntry): void {
    this.handedOut.delete(entry)
    this.count[entry.kept] -= 1
    if (this.log !== undefined) this.releasing ??= setImmediate(() => this.release())
  }

  /** Notes on disk that entries leave now, for `lastLeft` of the next process. */
  leaving(): void {
    if (this.count.disk > 0) this.release()
  }

  /** Fulfilled when everything is as safe as it gets. */
  async safe(): Promise<void> {
    await this.log?.sync().catch(error => this.options.onVolatile(messageOf(error)))
  }

  /** Closes the files; returns how many states were only in memory and are lost. */
  close(): number {
    if (this.releasing !== undefined) this.release()
    this.log = undefined
    const entries = [...this.handedOut, ...this.inMemory]
    return entries.filter(({ kept, outgoing }) => kept === 'memory' && outgoing.kind === 'state').length
  }

  private open(directory: string): void {
    let unreadable = 0
    const log = new SegmentLog(directory, ({ position, line }) => {
      const outgoing = parseOutgoing(line)
      if (outgoing === undefined) unreadable += 1
      if (outgoing !== undefined && this.isWanted(outgoing, position)) this.count.disk += 1
      else this.skipped.add(position)
    })
    if (unreadable > 0) this.options.onLost(unreadable)
    if (this.count.disk === 0) log.release(log.end)
    this.end = log.end
    this.log = log
  }

  private addedToDisk(outgoing: readonly Outgoing[]): boolean {
    const { log } = this
    // JSON escapes line ends, so each is one line.
    const lines = outgoing.map(one => JSON.stringify(one))
    if (log === undefined || !this.refusals.attempt(() => log.append(this.end, lines))) return false
    this.count.disk += outgoing.length
    return true
  }

  private givenOut(entry: QueueEntry | undefined): QueueEntry | undefined {
    if (entry !== undefined) this.handedOut.add(entry)
    return entry
  }

  private readSegment(log: SegmentLog): void {
    let lost = 0
    for (const { position, line } of log.readOn()) {
      if (this.skipped.delete(position)) continue
      const outgoing = parseOutgoing(line)
      if (outgoing === undefined) lost += 1
      else this.window.push({ position, outgoing, kept: 'disk' })
    }
    this.count.disk -= lost
    if (lost > 0) this.options.onLost(lost)
  }

  private readOne(position: number): QueueEntry | undefined {
    const outgoing = parseOutgoing(this.log?.lineAt(position) ?? '')
    if (outgoing === undefined) return undefined
    this.skipped.add(position)
    return { position, outgoing, kept: 'disk' }
  }

  private release(): void {
    clearImmediate(this.releasing)
    this.releasing = undefined
    let oldest = this.window[0]?.position ?? this.log?.unread ?? this.inMemory[0]?.position ?? this.end
    for (const { position } of this.handedOut) oldest = Math.min(oldest, position)
    this.refusals.attempt(() => this.log?.release(oldest))
  }
}

function takenFrom(list: QueueEntry[], position: number): QueueEntry | undefined {
  const at = list.findIndex(entry => entry.position === position)
  return at < 0 ? undefined : list.splice(at, 1)[0]
}

const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)
/** A date that can be written as ISO 8601: an error while it is sent would reach nobody. */
const asDate = (value: unknown) =>
  Number.isNaN(new Date(asNumber(value) ?? NaN).getTime()) ? undefined : asNumber(value)
/** Text that can be sent as UTF-8. */
const asWhole = (value: unknown) =>
  typeof value === 'string' && /\p{Surrogate}/u.test(value) ? undefined : asString(value)

const parse = either(
  shape({
    kind: oneOf(['config']),
    publication: shape({ topic: asString, payload: asString, retain: asBoolean })
  }),
  shape({
    kind: oneOf(['state']),
    state: shape({
      feature: asString,
      date: asDate,
      value: either(asNumber, asWhole),
      liveTopic: asString,
      historicalTopic: asString,
      liveUntil: asNumber
    }),
    at: optional(asNumber)
  })
)

/** Reads a line of the queue, which is JSON; undefined when it is damaged. */
function parseOutgoing(line: string): Outgoing | undefined {
  return parse(parseJson(line))
}
