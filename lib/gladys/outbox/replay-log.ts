import { join } from 'node:path'
import type { Clock } from '../../base/clock'
import { JsonFile } from '../../base/json-file'
import { list, shape } from '../../base/shape'
import type { State } from '../model/states'
import { PersistentQueue, type QueueOptions, type Waiting } from './persistent-queue'

export interface RecentOptions extends Pick<QueueOptions, 'directory' | 'capacity' | 'onVolatile'> {
  clock: Pick<Clock, 'now'>
  /** Whether this value still is the one that counts for its feature and date. */
  counts(state: State): boolean
}

/** What goes again after one silence of Gladys: what lies before `end` and left at `since` or later. */
interface Owed {
  end: number
  since: number
}

/** One that goes again. */
export type OwedState = Waiting & { outgoing: { kind: 'state' } }

/** Gladys may trail by so much, and loses what it has not stored when it ends. Milliseconds. */
const WINDOW = 60_000
const CAPACITY = 100_000

const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)

/**
 * What the broker has acknowledged since a minute before Gladys last answered, on disk: should Gladys turn out to have
 * been away, it goes again (docs/decisions/0008-outbox-on-disk.md). What has left once more is noted once more, for the
 * next silence.
 */
export class RecentStates {
  private readonly backlog: PersistentQueue
  private readonly file: JsonFile<Owed[]>
  /** Oldest silence first. */
  private owed: Owed[]
  /** The oldest, when it was read already. */
  private head: Waiting | undefined
  /** How many were given by `next` and are not done. */
  private open = 0
  private unwritten: { state: State; at: number }[] = []
  private flushing: NodeJS.Immediate | undefined
  /** What left before that has arrived. */
  private since = 0

  constructor(private readonly options: RecentOptions) {
    const { directory, capacity = CAPACITY, onVolatile } = options
    const ignored = () => undefined
    this.backlog = new PersistentQueue({
      directory,
      capacity,
      onVolatile,
      found: () => true,
      onLost: ignored
    })
    const asOwed = list(shape({ end: asNumber, since: asNumber }))
    this.file = new JsonFile(directory && join(directory, 'owed.json'), asOwed, onVolatile)
    this.owed = this.backlog.size === 0 ? [] : (this.file.read() ?? [])
  }

  /** Whether something goes again. */
  get isOwed(): boolean {
    return this.owed.length > 0
  }

  /** It left now. Those of one turn are written together. */
  note(state: State): void {
    this.unwritten.push({ state, at: this.options.clock.now() })
    this.flushing ??= setImmediate(() => this.flush())
  }

  /** Gladys has answered a question that it was asked at this moment: it has stored what left a minute before. */
  answered(at: number): void {
    this.since = at - WINDOW
    if (this.isOwed) return
    this.flush()
    for (;;) {
      this.head ??= this.backlog.next()
      if (this.head === undefined || leftAt(this.head) >= this.since) return
      this.backlog.done(this.head)
      this.head = undefined
    }
  }

  /** Gladys is back after a silence. */
  owe(): void {
    this.flush()
    this.owed.push({ end: this.backlog.nextPosition, since: this.since })
    this.file.write(this.owed)
  }

  /** The next that goes again; undefined: none does, or not before those that were given are done. */
  next(): OwedState | undefined {
    for (let [first] = this.owed; first !== undefined; [first] = this.owed) {
      const waiting = (this.head ??= this.backlog.next())
      if (waiting === undefined || waiting.position >= first.end) {
        if (this.open > 0) return undefined
        this.owed.shift()
        this.file.write(this.owed)
        continue
      }
      this.head = undefined
      this.open += 1
      if (this.isWanted(waiting, first)) return waiting
      this.done(waiting)
    }
    return undefined
  }

  done(owed: Waiting): void {
    this.open -= 1
    this.backlog.done(owed)
  }

  close(): void {
    this.flush()
    this.backlog.close()
  }

  private isWanted(waiting: Waiting, { since }: Owed): waiting is OwedState {
    return isState(waiting) && leftAt(waiting) >= since && this.options.counts(waiting.outgoing.state)
  }

  private flush(): void {
    clearImmediate(this.flushing)
    this.flushing = undefined
    const { unwritten } = this
    this.unwritten = []
    // Of too many the oldest are not kept; those that go again are.
    while (this.backlog.room < unwritten.length && !this.isOwed) {
      const oldest = this.head ?? this.backlog.next()
      this.head = undefined
      if (oldest === undefined) break
      this.backlog.done(oldest)
    }
    const kept = unwritten.slice(0, this.backlog.room)
    this.backlog.add(kept.map(({ state, at }) => ({ kind: 'state', state, at })))
  }
}

function isState(waiting: Waiting): waiting is OwedState {
  return waiting.outgoing.kind === 'state'
}

function leftAt({ outgoing }: Waiting): number {
  return (outgoing.kind === 'state' ? outgoing.at : undefined) ?? 0
}
