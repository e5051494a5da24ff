import { messageOf } from '../../base/errors'
import { Refusals } from '../../base/json-file'
import { asBoolean, asString, either, oneOf, optional, shape } from '../../base/shape'
import type { State } from '../model/states'
import { SegmentLog } from './segment-log'
import { outboxFull, type Outgoing } from './outgoing'

export interface QueueOptions {
  /** Where it lies; undefined: in memory. */
  directory: string | undefined
  /** How much may wait on disk; in memory it is at most 10,000. */
  capacity?: number
  /** Told at the start what waited, oldest first; false: it has gone out and need not go again. */
  found(state: State): boolean
  /** Told at the start of each that goes out again, and where it stands. */
  waits?(outgoing: Outgoing, position: number): void
  /** Told when something could not be kept on disk. */
  onVolatile: (reason: string) => void
  /** So many that lay on disk could not be read back. */
  onLost(count: number): void
}

/** One of those that wait, as it leaves. */
export interface Waiting {
  readonly position: number
  readonly outgoing: Outgoing
  readonly kept: 'disk' | 'memory'
}

/** About 60 MB of states at most, and years of daily weigh-ins. */
const DISK_CAPACITY = 100_000
const MEMORY_CAPACITY = 10_000
const MEMORY_CHUNK = 500

/**
 * What waits, first in first out, on disk as long as that takes it; only a file's worth of it is in memory. What
 * the disk refuses waits in memory behind the rest, and so does what comes after it, until that has gone.
 */
export class PersistentQueue {
  private log: SegmentLog | undefined
  private readonly refusals: Refusals
  private end = 0
  private window: Waiting[] = []
  private inMemory: Waiting[] = []
  private readonly handedOut = new Set<Waiting>()
  /** On disk, but gone out before the process ended, or taken out of turn. */
  private readonly known = new Set<number>()
  private readonly count = { disk: 0, memory: 0 }
  private releasing: NodeJS.Immediate | undefined

  constructor(private readonly options: QueueOptions) {
    const { directory, onVolatile } = options
    this.refusals = new Refusals(onVolatile)
    if (directory === undefined) onVolatile('there is no directory to keep it in')
    else if (!this.refusals.watch(() => this.open(directory))) {
      this.known.clear()
      this.count.disk = 0
    }
  }

  /** Position of the next that is added. */
  get nextPosition(): number {
    return this.end
  }

  /** How many were not reported as done yet. */
  get size(): number {
    return this.count.disk + this.count.memory
  }

  /** When some of what waits may last have left an earlier process, milliseconds since 1970. */
  get lastLeft(): number | undefined {
    return this.count.disk > 0 ? this.log?.lastReleased : undefined
  }

  /** How many more fit. */
  get room(): number {
    const { capacity = DISK_CAPACITY } = this.options
    const limit = this.log === undefined ? Math.min(capacity, MEMORY_CAPACITY) : capacity
    const onDisk = limit - this.size
    return Math.max(0, this.count.memory === 0 ? onDisk : Math.min(onDisk, this.roomInMemory))
  }

  /** Takes all, and gives the position of the first; or throws OUTBOX_FULL and takes none. */
  add(outgoing: readonly Outgoing[]): number {
    const first = this.end
    if (outgoing.length > this.room) throw outboxFull(outgoing.length)
    if (outgoing.length === 0) return first
    if (this.count.memory > 0 || !this.addedToDisk(outgoing)) this.addToMemory(outgoing)
    this.end += outgoing.length
    return first
  }

  /** The next to leave; undefined: all that wait were given already. */
  next(): Waiting | undefined {
    if (this.window.length === 0) this.readAhead()
    const waiting = this.window.shift()
    if (waiting !== undefined) this.handedOut.add(waiting)
    return waiting
  }

  /** One that was not given yet, before its turn; undefined when it cannot be read. */
  take(position: number): Waiting | undefined {
    const waiting =
      takenFrom(this.window, position) ?? takenFrom(this.inMemory, position) ?? this.readOne(position)
    if (waiting !== undefined) this.handedOut.add(waiting)
    return waiting
  }

  /** It has arrived; the disk hears of all of one turn at once. */
  done(waiting: Waiting): void {
    this.handedOut.delete(waiting)
    this.count[waiting.kept] -= 1
    if (this.log !== undefined) this.releasing ??= setImmediate(() => this.release())
  }

  /** Some leave now: should the process end, the disk tells when. */
  leaving(): void {
    if (this.count.disk > 0) this.release()
  }

  /** Fulfilled when everything is as safe as it gets. */
  async safe(): Promise<void> {
    await this.log?.sync().catch(error => this.options.onVolatile(messageOf(error)))
  }

  /** Closes the files; returns how many states were only in memory. */
  close(): number {
    if (this.releasing !== undefined) this.release()
    this.log = undefined
    const waiting = [...this.handedOut, ...this.window, ...this.inMemory]
    return waiting.filter(({ kept, outgoing }) => kept === 'memory' && outgoing.kind === 'state').length
  }

  private get roomInMemory(): number {
    return MEMORY_CAPACITY - this.count.memory
  }

  private open(directory: string): void {
    let unreadable = 0
    const log = new SegmentLog(directory, ({ position, line }) => {
      const outgoing = outgoingOf(line)
      if (outgoing === undefined) unreadable += 1
      const waits =
        outgoing !== undefined && (outgoing.kind === 'config' || this.options.found(outgoing.state))
      if (!waits) return void this.known.add(position)
      this.count.disk += 1
      this.options.waits?.(outgoing, position)
    })
    if (unreadable > 0) this.options.onLost(unreadable)
    if (this.count.disk === 0) log.release(log.end)
    this.end = log.end
    this.log = log
  }

  private addedToDisk(outgoing: readonly Outgoing[]): boolean {
    const { log } = this
    if (log === undefined || !this.refusals.watch(() => log.append(this.end, outgoing.map(lineOf))))
      return false
    this.count.disk += outgoing.length
    return true
  }

  private addToMemory(outgoing: readonly Outgoing[]): void {
    if (outgoing.length > this.roomInMemory) throw outboxFull(outgoing.length)
    outgoing.forEach((one, index) =>
      this.inMemory.push({ position: this.end + index, outgoing: one, kept: 'memory' })
    )
    this.count.memory += outgoing.length
  }

  private readAhead(): void {
    while (this.window.length === 0 && this.log?.unread !== undefined)
      this.window = this.readSegment(this.log)
    if (this.window.length === 0) this.window = this.inMemory.splice(0, MEMORY_CHUNK)
  }

  private readSegment(log: SegmentLog): Waiting[] {
    const waiting: Waiting[] = []
    let lost = 0
    for (const { position, line } of log.readOn()) {
      if (this.known.delete(position)) continue
      const outgoing = outgoingOf(line)
      if (outgoing === undefined) lost += 1
      else waiting.push({ position, outgoing, kept: 'disk' })
    }
    this.count.disk -= lost
    if (lost > 0) this.options.onLost(lost)
    return waiting
  }

  private readOne(position: number): Waiting | undefined {
    const outgoing = outgoingOf(this.log?.lineAt(position) ?? '')
    if (outgoing === undefined) return undefined
    this.known.add(position)
    return { position, outgoing, kept: 'disk' }
  }

  private release(): void {
    clearImmediate(this.releasing)
    this.releasing = undefined
    const unread = this.window[0]?.position ?? this.log?.unread ?? this.inMemory[0]?.position ?? this.end
    let oldest = unread
    for (const { position } of this.handedOut) oldest = Math.min(oldest, position)
    this.refusals.watch(() => this.log?.release(oldest))
  }
}

function takenFrom(list: Waiting[], position: number): Waiting | undefined {
  const at = list.findIndex(waiting => waiting.position === position)
  return at < 0 ? undefined : list.splice(at, 1)[0]
}

/** One line of JSON; JSON escapes line ends, so it stays one. */
export function lineOf(outgoing: Outgoing): string {
  return JSON.stringify(outgoing)
}

const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)
/** Its date and its value can be written out; nobody is there to catch what is thrown when it leaves. */
const asDate = (value: unknown) =>
  Number.isNaN(new Date(asNumber(value) ?? NaN).getTime()) ? undefined : asNumber(value)
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

/** Back again; undefined for what is no such line. */
export function outgoingOf(line: string): Outgoing | undefined {
  try {
    return parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
