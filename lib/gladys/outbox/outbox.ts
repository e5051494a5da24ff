import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { repeatedKindOf } from '../model/live-or-historical'
import { type Publication, publicationOf, type StateKind } from '../model/states'
import { TokenBucket } from '../mqtt/token-bucket'
import { APART, type Departure, Departures } from './departures'
import { isSameMoment, type Receipt, removeFrom, type StateInFlight } from './flight'
import { NewestFirst } from './newest-first'
import { PersistentQueue, type QueueOptions, type Waiting } from './queue'
import type { RecentStates } from './recent-states'
import type { Delivery, OutboxHooks, Outgoing, Priority } from './types'

export interface OutboxOptions extends OutboxHooks, QueueOptions {
  /** States a second; Gladys's API stops answering when it gets thousands at once (gladys.md, "Load"). */
  rate: number
  clock: Clock
  /** What goes again when Gladys was away; undefined: nobody knows when it is. */
  recent?: RecentStates
}

/** So many may be on their way at once: enough to be quick, few enough to repeat after an outage. */
const MAX_IN_FLIGHT = 20

/** Milliseconds: so exact is what the disk knows of when something left. */
const MARK_EVERY = 1_000

/** Who has which directory in this process. */
const owners = new Map<string, Outbox>()

/**
 * Keeps what is to be sent, in order, until the broker has acknowledged it, and sends at a steady pace. Two never
 * share a directory: a newer one, made by a deploy, closes the older one first.
 */
export class Outbox {
  private readonly backlog: PersistentQueue
  private readonly pace: TokenBucket
  private readonly newest = new NewestFirst()
  private readonly departures: Departures
  private broker: 'unknown' | 'connected' | 'away' | 'closed' = 'unknown'
  private gladys: 'there' | 'away' = 'there'
  /** As long as there are some, nothing leaves. */
  private holds = 0
  private imports: StateInFlight[] = []
  /** Left before an outage and not acknowledged, or without a token. */
  private again: StateInFlight[] = []
  /** Those that would leave too soon after another one of their feature and date. */
  private delayed: StateInFlight[] = []
  /** What left before Gladys was away may leave again. */
  private repeats = false
  private wasRepeat = false
  private markedAt = -Infinity
  private cancelRepeats = (): void => undefined
  private readonly timers = new Set<() => void>()
  // Lists, not Sets: through a Set that gets and loses everything once, V8's garbage of a history adds up
  // (docs/decisions/0009-history-import.md).
  private inFlight: StateInFlight[] = []
  private receipts: Receipt[] = []

  constructor(private readonly options: OutboxOptions) {
    const { directory, rate, clock } = options
    if (directory !== undefined) {
      owners.get(directory)?.close()
      owners.set(directory, this)
    }
    this.departures = new Departures(clock)
    this.backlog = new PersistentQueue({
      ...options,
      waits: (outgoing, at) => this.newest.added(outgoing, at)
    })
    this.pace = new TokenBucket(rate, clock, () => this.pump())
    // Some of that may have left just before the last process ended.
    const wait = APART + MARK_EVERY - (clock.now() - (this.backlog.lastLeft ?? -Infinity))
    if (wait > 0 && wait <= APART + MARK_EVERY) this.holdFor(wait)
    if (options.recent?.isOwed === true) this.repeatSoon()
  }

  /** How much of the normal lane waits or is on its way. */
  get size(): number {
    return this.backlog.size
  }

  /** How much more it takes now. */
  get room(): number {
    return this.backlog.room
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
  add(outgoing: readonly Outgoing[], lane: Priority = 'normal'): Promise<Delivery> {
    if (this.broker === 'closed') throw stopped()
    const first = lane === 'normal' ? this.backlog.add(outgoing) : 0
    if (lane === 'normal') outgoing.forEach((one, index) => this.newest.added(one, first + index))
    return new Promise((settle, fail) => {
      const queued = outgoing.filter(({ kind }) => kind === 'state').length
      const delivery = { live: 0, historical: 0, queued }
      const { length } = outgoing
      const receipt: Receipt = { lane, first, end: first + length, delivery, open: length, settle, fail }
      this.receipts.push(receipt)
      if (length === 0) this.settle(receipt)
      else if (lane === 'import')
        for (const one of outgoing)
          this.imports.push({ outgoing: one, from: { lane, receipt }, decided: undefined })
      else if (this.isAway) this.settleWhenSafe([receipt])
      this.pump()
    })
  }

  brokerConnected(): void {
    if (this.broker === 'closed') return
    this.broker = 'connected'
    this.pump()
  }

  brokerAway(): void {
    if (this.broker === 'closed') return
    this.broker = 'away'
    this.pace.stop()
    // The broker may have handed them on.
    if (this.inFlight.some(({ outgoing }) => outgoing.kind === 'state')) this.holdFor(APART)
    for (const flight of this.inFlight) flight.isNoted = false
    this.again = [...this.inFlight, ...this.again]
    this.inFlight = []
    this.settleWhenSafe(this.receipts.filter(({ lane }) => lane === 'normal'))
  }

  /** Gladys does not hear what the broker gets. What is on its way arrives at the broker. */
  gladysAway(): void {
    if (this.broker === 'closed' || this.gladys === 'away') return
    this.gladys = 'away'
    this.repeats = false
    this.cancelRepeats()
    this.pace.stop()
    for (const flight of this.inFlight) this.note(flight)
    this.settleWhenSafe(this.receipts.filter(({ lane }) => lane === 'normal'))
  }

  /** What left shortly before goes again, not as something new. */
  gladysBack(): void {
    if (this.broker === 'closed' || this.gladys === 'there') return
    this.gladys = 'there'
    this.options.recent?.owe()
    this.repeatSoon()
    this.pump()
  }

  /** Nothing leaves until the result is called. */
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
    this.pace.stop()
    for (const cancel of this.timers) cancel()
    this.inFlight = []
    const lost = this.backlog.close()
    this.options.recent?.close()
    if (directory !== undefined && owners.get(directory) === this) owners.delete(directory)
    for (const { lane, settle, delivery, fail } of this.receipts)
      if (lost === 0 && lane === 'normal') settle({ ...delivery })
      else fail(stopped())
    this.receipts = []
    return lost
  }

  private settle(receipt: Receipt): void {
    receipt.settle({ ...receipt.delivery })
    removeFrom(this.receipts, receipt)
  }

  private settleWhenSafe(receipts: readonly Receipt[]): void {
    void this.backlog.safe().then(() => {
      // All at once: many messages may wait, and to look for each in the list would take the longer the more there are.
      const safe = new Set(receipts)
      this.receipts = this.receipts.filter(receipt => !safe.has(receipt))
      for (const { settle, delivery } of receipts) settle({ ...delivery })
    })
  }

  private get isAway(): boolean {
    return this.broker === 'away' || this.gladys === 'away'
  }

  private get isOpen(): boolean {
    return this.broker === 'connected' && this.gladys === 'there' && this.holds === 0
  }

  private holdFor(milliseconds: number): void {
    this.later(milliseconds, this.hold())
  }

  private later(milliseconds: number, run: () => void): () => void {
    const cancel = this.options.clock.after(milliseconds, () => {
      this.timers.delete(cancel)
      run()
    })
    this.timers.add(cancel)
    return cancel
  }

  private repeatSoon(): void {
    this.cancelRepeats = this.later(APART, () => {
      this.repeats = true
      this.pump()
    })
  }

  private pump(): void {
    while (this.isOpen && this.inFlight.length < MAX_IN_FLIGHT) {
      const flight = this.nextFlight()
      if (flight === undefined) return
      if (this.isTooSoon(flight)) continue
      if (this.pace.take()) this.dispatch(flight)
      else return void this.again.unshift(flight)
    }
  }

  private nextFlight(): StateInFlight | undefined {
    // In turn with what goes again, which may be thousands.
    this.wasRepeat = !this.wasRepeat
    return (
      this.again.shift() ??
      (this.wasRepeat ? this.nextRepeat() : undefined) ??
      this.nextWaiting() ??
      this.nextRepeat() ??
      this.imports.shift()
    )
  }

  private nextWaiting(): StateInFlight | undefined {
    const waiting = this.overtaking() ?? this.backlog.next()
    if (waiting === undefined) return undefined
    const { outgoing, position } = waiting
    this.newest.removed(outgoing, position)
    return { outgoing, from: { lane: 'normal', waiting }, decided: undefined }
  }

  private overtaking(): Waiting | undefined {
    for (let position = this.newest.next(); position !== undefined; position = this.newest.next()) {
      const waiting = this.backlog.take(position)
      if (waiting !== undefined) return waiting
      this.newest.unreadable(position)
    }
    return undefined
  }

  private nextRepeat(): StateInFlight | undefined {
    const { recent } = this.options
    if (!this.repeats || recent === undefined) return undefined
    for (let waiting = recent.next(); waiting !== undefined; waiting = recent.next()) {
      const { outgoing } = waiting
      if (this.departures.of(outgoing.state) === undefined)
        return { outgoing, from: { lane: 'again', waiting }, decided: undefined }
      recent.done(waiting)
    }
    this.repeats = recent.isOwed
    return undefined
  }

  /** True: it waits, or need not leave at all. One that is repeated after an outage has waited already. */
  private isTooSoon(flight: StateInFlight): boolean {
    const { outgoing, decided, from } = flight
    if (outgoing.kind === 'config' || decided !== undefined || from.lane === 'again') return false
    const before = this.departures.of(outgoing.state)
    if (before === undefined || before === flight.after) return false
    const isLast = !this.delayed.some(other => isSameMoment(other.outgoing, outgoing))
    if (isLast && before.acknowledged && before.value === outgoing.state.value) {
      flight.decided = before.kind
      this.settled(flight)
    } else this.delay(flight, before)
    return true
  }

  private delay(flight: StateInFlight, before: Departure): void {
    flight.after = before
    this.delayed.push(flight)
    this.later(APART, () => {
      removeFrom(this.delayed, flight)
      this.again.push(flight)
      this.pump()
    })
  }

  private dispatch(flight: StateInFlight): void {
    const flights = this.inFlight
    flights.push(flight)
    const publication = this.publicationOf(flight)
    this.mark()
    const departure = this.departureOf(flight)
    this.options.publish(publication).then(
      () => {
        // A flight that ended with an outage is on its way once more.
        if (flights !== this.inFlight || !removeFrom(flights, flight)) return
        if (departure !== undefined) departure.acknowledged = true
        this.arrived(flight)
      },
      () => undefined
    )
  }

  /** Not for each, which would be a write more. */
  private mark(): void {
    const now = this.options.clock.now()
    if (Math.abs(now - this.markedAt) < MARK_EVERY) return
    this.markedAt = now
    this.backlog.leaving()
  }

  private publicationOf(flight: StateInFlight): Publication {
    const { outgoing, from } = flight
    if (outgoing.kind === 'config') return outgoing.publication
    const { state } = outgoing
    flight.decided =
      from.lane === 'again' ? repeatedKindOf(state) : this.options.decide(state, flight.decided)
    return publicationOf(state, flight.decided)
  }

  private departureOf({ outgoing, decided }: StateInFlight): Departure | undefined {
    if (outgoing.kind === 'config' || decided === undefined) return undefined
    return this.departures.note(outgoing.state, decided)
  }

  private arrived(flight: StateInFlight): void {
    this.note(flight)
    this.settled(flight)
    this.pump()
  }

  private note(flight: StateInFlight): void {
    if (flight.outgoing.kind === 'state' && flight.isNoted !== true)
      this.options.recent?.note(flight.outgoing.state)
    flight.isNoted = true
  }

  private settled({ outgoing, from, decided }: StateInFlight): void {
    if (from.lane === 'again') return this.options.recent?.done(from.waiting)
    if (outgoing.kind === 'state') this.options.acknowledged(outgoing.state, decided ?? 'historical')
    if (from.lane === 'import') return this.countDown(from.receipt, decided)
    this.backlog.done(from.waiting)
    const receipt = this.receiptOf(from.waiting.position)
    if (receipt !== undefined) this.countDown(receipt, decided)
    if (this.size === 0) this.options.drained()
  }

  private countDown(receipt: Receipt, decided: StateKind | undefined): void {
    if (decided !== undefined) {
      receipt.delivery[decided] += 1
      receipt.delivery.queued -= 1
    }
    receipt.open -= 1
    if (receipt.open === 0) this.settle(receipt)
  }

  /** undefined: its message was told long ago that it waits. */
  private receiptOf(position: number): Receipt | undefined {
    for (const receipt of this.receipts)
      if (receipt.lane === 'normal' && receipt.first <= position && position < receipt.end) return receipt
    return undefined
  }
}

function stopped(): CodedError {
  return new CodedError('BROKER_UNREACHABLE', 'the Gladys server node was stopped before everything was sent')
}
