import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { repeatedKindOf } from '../model/live-or-historical'
import { type Publication, publicationOf, type State, type StateKind } from '../model/states'
import { TokenBucket } from '../mqtt/token-bucket'
import { type Delivery, type InFlight, OpenDelivery, type Priority } from './deliveries'
import { DUPLICATE_WINDOW, DuplicateWindow, type Sent } from './duplicate-window'
import { NewestFirst } from './newest-first'
import { type Outgoing, PersistentQueue, type QueueOptions } from './persistent-queue'
import type { ReplayLog } from './replay-log'

export interface OutboxOptions extends QueueOptions {
  /** States a second; Gladys's API stops answering when it gets thousands at once (gladys.md, "Load"). */
  rate: number
  clock: Clock
  /** What is sent again after Gladys was away; undefined: nobody knows when it is. */
  replay?: ReplayLog
  /** Fulfilled when the broker has acknowledged. When it rejects, `brokerAway` follows. */
  publish(publication: Publication): Promise<void>
  /** Called when a state is sent; `before` is how it was sent a first time, unacknowledged. */
  decideKind(state: State, before: StateKind | undefined): StateKind
  acknowledged(state: State, kind: StateKind): void
  /** Called at the start for each queued state on disk, oldest first; false when it was sent and need not go again. */
  isUnsent(state: State): boolean
  /** The queue is empty. */
  drained(): void
}

/** Enough to be quick, few enough to repeat after an outage. */
const MAX_IN_FLIGHT = 20

/** Milliseconds between two notes on disk of when something was sent. */
const MARK_EVERY = 1_000

/** The open outboxes by directory. */
const owners = new Map<string, Outbox>()

/**
 * Sends messages in order and at a steady rate, and keeps them until the broker has acknowledged them. Two never share
 * a directory: a newer one, made by a deploy, closes the older one first.
 */
export class Outbox {
  private readonly queue: PersistentQueue
  private readonly rate: TokenBucket
  private readonly newestFirst = new NewestFirst()
  private readonly duplicates: DuplicateWindow
  private broker: 'unknown' | 'connected' | 'away' | 'closed' = 'unknown'
  private gladys: 'there' | 'away' = 'there'
  /** While there are some, nothing is sent. */
  private holds = 0
  // Lists, not Sets: what goes through a Set once becomes old garbage in V8 (docs/decisions/0016-garbage.md).
  private inFlight: InFlight[] = []
  private deliveries: OpenDelivery[] = []
  private imports: InFlight[] = []
  /** Sent before an outage and not acknowledged, or without a token. */
  private again: InFlight[] = []
  /** Those that would follow another one of their feature and date too soon. */
  private delayed: (InFlight & { outgoing: { kind: 'state' } })[] = []
  private isReplaying = false
  private wasReplay = false
  private cancelReplay = (): void => undefined
  private markedAt = -Infinity
  private readonly timers = new Set<() => void>()

  constructor(private readonly options: OutboxOptions) {
    const { directory, rate, clock } = options
    if (directory !== undefined) {
      owners.get(directory)?.close()
      owners.set(directory, this)
    }
    this.duplicates = new DuplicateWindow(clock)
    this.queue = new PersistentQueue(options, (outgoing, position) => {
      const isWanted = outgoing.kind === 'config' || options.isUnsent(outgoing.state)
      if (isWanted) this.newestFirst.added(outgoing, position)
      return isWanted
    })
    this.rate = new TokenBucket(rate, clock, () => this.pump())
    // The last process may have sent some of it just before it ended.
    const longest = DUPLICATE_WINDOW + MARK_EVERY
    const wait = longest - (clock.now() - (this.queue.lastLeft ?? -Infinity))
    if (wait > 0 && wait <= longest) this.after(wait, this.hold())
    if (options.replay?.isPending === true) this.replaySoon()
  }

  /** How many messages of normal priority are waiting or in flight. */
  get size(): number {
    return this.queue.size
  }

  /** How many more it takes now. */
  get room(): number {
    return this.queue.room
  }

  /** False while the broker or Gladys is away and so many more would not fit. */
  takes(count: number): boolean {
    return !this.isAway || count <= this.room
  }

  /**
   * Takes everything or, with OUTBOX_FULL thrown, nothing. Normal: fulfilled when all is acknowledged or, while
   * the broker or Gladys is away, when all is safe on disk. Import: fulfilled only when all is acknowledged.
   * BROKER_UNREACHABLE when the outbox is closed before, and what is not on disk is lost.
   */
  add(outgoing: readonly Outgoing[], priority: Priority = 'normal'): Promise<Delivery> {
    if (this.broker === 'closed') throw stopped()
    const first = priority === 'normal' ? this.queue.add(outgoing) : 0
    if (first === undefined) throw outboxFull(outgoing.length)
    const delivery = new OpenDelivery(priority, first, outgoing)
    for (const [index, one] of outgoing.entries())
      if (priority === 'normal') this.newestFirst.added(one, first + index)
      else this.imports.push({ outgoing: one, from: { source: 'import', delivery } })
    this.deliveries.push(delivery)
    if (outgoing.length === 0) this.settle(delivery)
    else if (this.isAway && priority === 'normal') this.settleWhenSafe([delivery])
    this.pump()
    return delivery.result
  }

  brokerConnected(): void {
    if (this.broker === 'closed') return
    this.broker = 'connected'
    this.pump()
  }

  brokerAway(): void {
    if (this.broker === 'closed') return
    this.broker = 'away'
    this.rate.stop()
    // The broker may have passed them on.
    if (this.inFlight.some(({ outgoing }) => outgoing.kind === 'state'))
      this.after(DUPLICATE_WINDOW, this.hold())
    for (const flight of this.inFlight) flight.isNoted = false
    this.again = [...this.inFlight, ...this.again]
    this.inFlight = []
    this.settleWhenSafe(this.deliveries.filter(({ priority }) => priority === 'normal'))
  }

  /** Gladys does not get what the broker gets. What is in flight still arrives at the broker. */
  gladysAway(): void {
    if (this.broker === 'closed' || this.gladys === 'away') return
    this.gladys = 'away'
    this.isReplaying = false
    this.cancelReplay()
    this.rate.stop()
    for (const flight of this.inFlight) this.note(flight)
    this.settleWhenSafe(this.deliveries.filter(({ priority }) => priority === 'normal'))
  }

  /** What Gladys may have missed is sent again, as history. */
  gladysBack(): void {
    if (this.broker === 'closed' || this.gladys === 'there') return
    this.gladys = 'there'
    this.options.replay?.begin()
    this.replaySoon()
    this.pump()
  }

  /** Nothing is sent until the result is called. */
  hold(): () => void {
    let holds = true
    this.holds += 1
    return () => {
      if (holds) this.holds -= 1
      holds = false
      this.pump()
    }
  }

  /** Stops; returns how many states are lost, because they could not be kept on disk. */
  close(): number {
    const { directory } = this.options
    if (this.broker === 'closed') return 0
    this.broker = 'closed'
    this.rate.stop()
    for (const cancel of this.timers) cancel()
    this.inFlight = []
    const lost = this.queue.close()
    this.options.replay?.close()
    if (directory !== undefined && owners.get(directory) === this) owners.delete(directory)
    for (const { priority, resolve, reject } of this.deliveries)
      if (lost === 0 && priority === 'normal') resolve()
      else reject(stopped())
    this.deliveries = []
    return lost
  }

  private settle(delivery: OpenDelivery): void {
    delivery.resolve()
    removeFrom(this.deliveries, delivery)
  }

  private settleWhenSafe(deliveries: readonly OpenDelivery[]): void {
    void this.queue.safe().then(() => {
      // All at once: to search the list for each would take too long where many messages wait.
      const safe = new Set(deliveries)
      this.deliveries = this.deliveries.filter(delivery => !safe.has(delivery))
      for (const { resolve } of deliveries) resolve()
    })
  }

  private get isAway(): boolean {
    return this.broker === 'away' || this.gladys === 'away'
  }

  private get isOpen(): boolean {
    return this.broker === 'connected' && this.gladys === 'there' && this.holds === 0
  }

  private after(milliseconds: number, run: () => void): () => void {
    const cancel = this.options.clock.after(milliseconds, () => {
      this.timers.delete(cancel)
      run()
    })
    this.timers.add(cancel)
    return cancel
  }

  private replaySoon(): void {
    this.cancelReplay = this.after(DUPLICATE_WINDOW, () => {
      this.isReplaying = true
      this.pump()
    })
  }

  private pump(): void {
    while (this.isOpen && this.inFlight.length < MAX_IN_FLIGHT) {
      const flight = this.nextFlight()
      if (flight === undefined) return
      if (this.isTooSoon(flight)) continue
      if (this.rate.take()) this.send(flight)
      else return void this.again.unshift(flight)
    }
  }

  private nextFlight(): InFlight | undefined {
    // A replay may be thousands of states; the queue takes turns with it.
    this.wasReplay = !this.wasReplay
    return (
      this.again.shift() ??
      (this.wasReplay ? this.nextReplay() : undefined) ??
      this.nextQueued() ??
      this.nextReplay() ??
      this.imports.shift()
    )
  }

  private nextQueued(): InFlight | undefined {
    const position = this.newestFirst.next()
    const entry = (position === undefined ? undefined : this.queue.take(position)) ?? this.queue.next()
    if (entry === undefined) return undefined
    this.newestFirst.removed(entry.outgoing, entry.position)
    return { outgoing: entry.outgoing, from: { source: 'queue', entry } }
  }

  private nextReplay(): InFlight | undefined {
    const { replay } = this.options
    if (!this.isReplaying || replay === undefined) return undefined
    for (let next = replay.next(); next !== undefined; next = replay.next()) {
      const { entry, state } = next
      if (this.duplicates.get(state) === undefined)
        return { outgoing: entry.outgoing, from: { source: 'replay', entry } }
      replay.done(entry)
    }
    this.isReplaying = replay.isPending
    return undefined
  }

  /** Whether it has to wait, or need not be sent at all. What is sent again after an outage has waited. */
  private isTooSoon(flight: InFlight): boolean {
    const { outgoing, kind, from } = flight
    if (outgoing.kind === 'config' || kind !== undefined || from.source === 'replay') return false
    const { feature, date, value } = outgoing.state
    const before = this.duplicates.get(outgoing.state)
    if (before === undefined || before === flight.after) return false
    const isLast = !this.delayed.some(
      ({ outgoing: { state } }) => state.feature === feature && state.date === date
    )
    if (isLast && before.acknowledged && before.value === value) {
      flight.kind = before.kind
      this.finish(flight)
    } else {
      const later = { ...flight, outgoing, after: before }
      this.delayed.push(later)
      this.after(DUPLICATE_WINDOW, () => {
        removeFrom(this.delayed, later)
        this.again.push(later)
        this.pump()
      })
    }
    return true
  }

  private send(flight: InFlight): void {
    const flights = this.inFlight
    flights.push(flight)
    this.mark()
    const { publication, sent } = this.prepared(flight)
    this.options.publish(publication).then(
      () => {
        // After an outage it is in flight once more.
        if (flights !== this.inFlight || !removeFrom(flights, flight)) return
        if (sent !== undefined) sent.acknowledged = true
        this.note(flight)
        this.finish(flight)
        this.pump()
      },
      () => undefined
    )
  }

  /** Not for each message, which would be one write more. */
  private mark(): void {
    const now = this.options.clock.now()
    if (Math.abs(now - this.markedAt) < MARK_EVERY) return
    this.markedAt = now
    this.queue.leaving()
  }

  private prepared(flight: InFlight): { publication: Publication; sent?: Sent } {
    const { outgoing, from } = flight
    if (outgoing.kind === 'config') return { publication: outgoing.publication }
    const { state } = outgoing
    const isReplay = from.source === 'replay'
    const kind = isReplay ? repeatedKindOf(state) : this.options.decideKind(state, flight.kind)
    flight.kind = kind
    return { publication: publicationOf(state, kind), sent: this.duplicates.add(state, kind) }
  }

  private note(flight: InFlight): void {
    if (flight.outgoing.kind === 'state' && flight.isNoted !== true)
      this.options.replay?.note(flight.outgoing.state)
    flight.isNoted = true
  }

  /** It was acknowledged, or need not be sent. */
  private finish({ outgoing, from, kind }: InFlight): void {
    if (from.source === 'replay') return this.options.replay?.done(from.entry)
    if (outgoing.kind === 'state') this.options.acknowledged(outgoing.state, kind ?? 'historical')
    if (from.source === 'queue') this.queue.done(from.entry)
    // undefined: settled when it was queued.
    const delivery =
      from.source === 'import' ? from.delivery : this.deliveries.find(one => one.has(from.entry.position))
    if (delivery?.acknowledge(kind) === true) this.settle(delivery)
    if (from.source === 'queue' && this.size === 0) this.options.drained()
  }
}

/** False: it was not in the list. */
function removeFrom<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}

/** `count` states more than there is room for. */
export function outboxFull(count: number): CodedError {
  return new CodedError('OUTBOX_FULL', null, { count })
}

function stopped(): CodedError {
  return new CodedError('BROKER_UNREACHABLE', 'serverStopped')
}
