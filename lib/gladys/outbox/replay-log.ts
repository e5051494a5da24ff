import { join } from 'node:path'
import type { Clock } from '../../base/clock'
import { asNumber } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { list, type Parsed, shape } from '../../base/shape'
import type { State } from '../model/states'
import { type Outgoing, PersistentQueue, type QueueEntry, type QueueOptions } from './persistent-queue'

export interface ReplayOptions extends Omit<QueueOptions, 'onLost'> {
  clock: Pick<Clock, 'now'>
  /** Whether this value still is the last one of its feature and date. */
  isCurrent(state: State): boolean
}

/** What is sent again after Gladys was away once: states before position `end` that were sent at `since` or later. */
const parseReplays = list(shape({ end: asNumber, since: asNumber }))

/** Milliseconds. Gladys may store a value so late, and loses what it has not stored when it stops. */
const WINDOW = 60_000

/**
 * The states that the broker has acknowledged since a minute before Gladys last answered, on disk: if Gladys turns out
 * to have been away, they are sent again (docs/decisions/0015-gladys-behind-the-broker.md), and noted again for its next absence.
 */
export class ReplayLog {
  private readonly queue: PersistentQueue
  private readonly file: JsonFile<Parsed<typeof parseReplays>>
  /** Oldest first. */
  private replays: Parsed<typeof parseReplays>
  /** The oldest entry, if it was read already. */
  private head: QueueEntry | undefined
  /** How many were given by `next` and are not done. */
  private open = 0
  private unwritten: Outgoing[] = []
  private flushing: NodeJS.Immediate | undefined
  /** Gladys has stored what was sent before. */
  private since = 0

  constructor(private readonly options: ReplayOptions) {
    const { directory, onVolatile } = options
    this.queue = new PersistentQueue({ ...options, onLost: () => undefined })
    this.file = new JsonFile(directory && join(directory, 'owed.json'), parseReplays, onVolatile)
    this.replays = this.queue.size === 0 ? [] : (this.file.read() ?? [])
  }

  /** Whether there is something to send again. */
  get isPending(): boolean {
    return this.replays.length > 0
  }

  /** The state was sent now. Those of one event-loop turn are written together. */
  note(state: State): void {
    this.unwritten.push({ kind: 'state', state, at: this.options.clock.now() })
    this.flushing ??= setImmediate(() => this.flush())
  }

  /** Gladys has answered a request of this moment: it has stored what was sent a minute before. */
  answered(at: number): void {
    this.since = at - WINDOW
    if (this.isPending) return
    this.flush()
    for (let entry = this.peek(); entry !== undefined && sentAt(entry) < this.since; entry = this.peek())
      this.drop(entry)
  }

  /** Gladys is back: from now on `next` gives what it may have missed. */
  begin(): void {
    this.flush()
    this.replays.push({ end: this.queue.nextPosition, since: this.since })
    this.file.write(this.replays)
  }

  /** The next to send again; undefined: none, or not before those that were given are done. */
  next(): { entry: QueueEntry; state: State } | undefined {
    for (let [first] = this.replays; first !== undefined; [first] = this.replays) {
      const entry = this.peek()
      if (entry === undefined || entry.position >= first.end) {
        if (this.open > 0) return undefined
        this.replays.shift()
        this.file.write(this.replays)
        continue
      }
      const { outgoing } = entry
      this.head = undefined
      this.open += 1
      if (outgoing.kind === 'state' && sentAt(entry) >= first.since && this.options.isCurrent(outgoing.state))
        return { entry, state: outgoing.state }
      this.done(entry)
    }
    return undefined
  }

  done(entry: QueueEntry): void {
    this.open -= 1
    this.queue.done(entry)
  }

  close(): void {
    this.flush()
    this.queue.close()
  }

  private peek(): QueueEntry | undefined {
    return (this.head ??= this.queue.next())
  }

  private drop(head: QueueEntry): void {
    this.head = undefined
    this.queue.done(head)
  }

  private flush(): void {
    clearImmediate(this.flushing)
    this.flushing = undefined
    const { unwritten } = this
    this.unwritten = []
    // If there are too many, the oldest go; what is sent again stays.
    while (this.queue.room < unwritten.length && !this.isPending) {
      const oldest = this.peek()
      if (oldest === undefined) break
      this.drop(oldest)
    }
    this.queue.add(unwritten.slice(0, this.queue.room))
  }
}

function sentAt({ outgoing }: QueueEntry): number {
  return (outgoing.kind === 'state' ? outgoing.at : undefined) ?? 0
}
