import { outboxFull, type Outgoing } from './outbox'
import { lineOf, outgoingOf } from './outgoing-line'
import { SegmentLog } from './segment-log'
import type { State } from './states'

export interface BacklogOptions {
  /** Where it lies; undefined: in memory. */
  directory: string | undefined
  /** How much may wait on disk; in memory it is at most 10,000. */
  capacity?: number
  /** Told at the start what waited, oldest first; false: it has gone out and need not go again. */
  found(state: State): boolean
  /** Told when something could not be kept on disk. */
  onVolatile(reason: string): void
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
export class Backlog {
  private log: SegmentLog | undefined
  /** Position of the next that is added. */
  private end = 0
  private window: Waiting[] = []
  private inMemory: Waiting[] = []
  private readonly handedOut = new Set<number>()
  /** On disk, but gone out before the process ended. */
  private readonly known = new Set<number>()
  private readonly count = { disk: 0, memory: 0 }
  private statesInMemory = 0
  private releasing: NodeJS.Immediate | undefined

  constructor(private readonly options: BacklogOptions) {
    const { directory } = options
    try {
      if (directory === undefined) throw new Error('there is no directory to keep it in')
      this.log = this.opened(directory)
      this.end = this.log.end
    } catch (error) {
      this.known.clear()
      this.count.disk = 0
      options.onVolatile(messageOf(error))
    }
  }

  /** How many were not reported as done yet. */
  get size(): number {
    return this.count.disk + this.count.memory
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
    if (waiting !== undefined) this.handedOut.add(waiting.position)
    return waiting
  }

  /** It has arrived; the disk hears of all of one turn at once. */
  done({ position, kept, outgoing }: Waiting): void {
    this.handedOut.delete(position)
    this.count[kept] -= 1
    if (kept === 'memory' && outgoing.kind === 'state') this.statesInMemory -= 1
    if (this.log !== undefined) this.releasing ??= setImmediate(() => this.release())
  }

  /** Fulfilled when everything is as safe as it gets. */
  async safe(): Promise<void> {
    try {
      await this.log?.sync()
    } catch (error) {
      this.options.onVolatile(messageOf(error))
    }
  }

  /** Lets go of the disk; tells how many states were only in memory. */
  close(): number {
    if (this.releasing !== undefined) this.release()
    this.log = undefined
    return this.statesInMemory
  }

  private get roomInMemory(): number {
    return MEMORY_CAPACITY - this.count.memory
  }

  private opened(directory: string): SegmentLog {
    let unreadable = 0
    const log = new SegmentLog(directory, ({ position, line }) => {
      const outgoing = outgoingOf(line)
      if (outgoing === undefined) unreadable += 1
      const waits =
        outgoing !== undefined && (outgoing.kind === 'config' || this.options.found(outgoing.state))
      if (waits) this.count.disk += 1
      else this.known.add(position)
    })
    if (unreadable > 0) this.options.onLost(unreadable)
    if (this.count.disk === 0) log.release(log.end)
    return log
  }

  private addedToDisk(outgoing: readonly Outgoing[]): boolean {
    if (this.log === undefined) return false
    try {
      this.log.append(this.end, outgoing.map(lineOf))
      this.count.disk += outgoing.length
      return true
    } catch (error) {
      this.options.onVolatile(messageOf(error))
      return false
    }
  }

  private addToMemory(outgoing: readonly Outgoing[]): void {
    if (outgoing.length > this.roomInMemory) throw outboxFull(outgoing.length)
    outgoing.forEach((one, index) => {
      this.inMemory.push({ position: this.end + index, outgoing: one, kept: 'memory' })
      if (one.kind === 'state') this.statesInMemory += 1
    })
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

  private release(): void {
    clearImmediate(this.releasing)
    this.releasing = undefined
    const [oldestUnderWay] = this.handedOut
    const oldestRead = oldestUnderWay ?? this.window[0]?.position
    const oldest = oldestRead ?? this.log?.unread ?? this.inMemory[0]?.position ?? this.end
    try {
      this.log?.release(oldest)
    } catch (error) {
      this.options.onVolatile(messageOf(error))
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
