import { CodedError } from '../errors'
import { Backlog, type BacklogOptions, type Waiting } from './backlog'
import type { Clock } from '../clock'
import type { Delivery, Lane, OutboxHooks, Outgoing } from './outbox'
import { type Publication, publicationOf, type StateKind } from './states'

export interface OutboxOptions extends OutboxHooks, BacklogOptions {
  /** States a second; Gladys's API stops answering when it gets thousands at once (gladys.md, "Load"). */
  rate: number
  clock: Clock
}

/** One on its way, or to be repeated after an outage. */
interface Flight {
  readonly outgoing: Outgoing
  /** Where it stands: in the backlog, or in the message of an import. */
  readonly from: Waiting | Receipt
  decided: StateKind | undefined
}

/** Counts down what was handed over with one call. */
interface Receipt {
  readonly lane: Lane
  /** Positions in the backlog: from `first` up to but not including `end`. */
  readonly first: number
  readonly end: number
  readonly delivery: Delivery
  open: number
  readonly settle: (delivery: Delivery) => void
  readonly fail: (error: Error) => void
}

/** So many may be on their way at once: enough to be quick, few enough to repeat after an outage. */
const MAX_IN_FLIGHT = 20

/** Who has which directory in this process. */
const owners = new Map<string, QueuedOutbox>()

/**
 * Keeps what is to be sent, in order, until the broker has acknowledged it, and sends at a steady pace. Two never
 * share a directory: a newer one, made by a deploy, closes the older one first.
 */
export class QueuedOutbox {
  private readonly backlog: Backlog
  private readonly pace: Pace
  private broker: 'unknown' | 'connected' | 'away' | 'closed' = 'unknown'
  private imports: Flight[] = []
  /** Left before an outage and not acknowledged. */
  private again: Flight[] = []
  // Lists, not Sets: through a Set that gets and loses everything once, V8's garbage of a history adds up
  // (docs/decisions/0009-history-import.md).
  private inFlight: Flight[] = []
  private receipts: Receipt[] = []

  constructor(private readonly options: OutboxOptions) {
    const { directory, rate, clock } = options
    if (directory !== undefined) {
      owners.get(directory)?.close()
      owners.set(directory, this)
    }
    this.backlog = new Backlog(options)
    this.pace = new Pace(rate, clock, () => this.pump())
  }

  /** How much of the normal lane waits or is on its way. */
  get size(): number {
    return this.backlog.size
  }

  /** How much more it takes now. */
  get room(): number {
    return this.backlog.room
  }

  /** False while the broker is away and so many more would not fit. */
  takes(count: number): boolean {
    return this.broker !== 'away' || count <= this.room
  }

  /**
   * Takes everything or, with OUTBOX_FULL thrown, nothing. Normal: fulfilled when all is acknowledged or, while
   * the broker is away, when all is safe on disk. Import: fulfilled only when all is acknowledged.
   * BROKER_UNREACHABLE when the outbox is closed before, and what is not on disk is lost.
   */
  add(outgoing: readonly Outgoing[], lane: Lane = 'normal'): Promise<Delivery> {
    if (this.broker === 'closed') throw stopped()
    const first = lane === 'normal' ? this.backlog.add(outgoing) : 0
    return new Promise((settle, fail) => {
      const queued = outgoing.filter(({ kind }) => kind === 'state').length
      const delivery = { live: 0, historical: 0, queued }
      const { length } = outgoing
      const receipt: Receipt = { lane, first, end: first + length, delivery, open: length, settle, fail }
      this.receipts.push(receipt)
      if (length === 0) this.settle(receipt)
      else if (lane === 'import')
        for (const one of outgoing) this.imports.push({ outgoing: one, from: receipt, decided: undefined })
      else if (this.broker === 'away') this.settleWhenSafe([receipt])
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
    this.again = [...this.inFlight, ...this.again]
    this.inFlight = []
    this.settleWhenSafe(this.receipts.filter(({ lane }) => lane === 'normal'))
  }

  /** Stops; returns how many states are lost, because they could not be kept on disk. */
  close(): number {
    const { directory } = this.options
    if (this.broker === 'closed') return 0
    this.broker = 'closed'
    this.pace.stop()
    this.inFlight = []
    const lost = this.backlog.close()
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

  private pump(): void {
    while (this.broker === 'connected' && this.inFlight.length < MAX_IN_FLIGHT) {
      const flight = this.nextFlight()
      if (flight === undefined) return
      if (this.pace.take()) this.dispatch(flight)
      else return void this.again.unshift(flight)
    }
  }

  private nextFlight(): Flight | undefined {
    const again = this.again.shift()
    if (again !== undefined) return again
    const waiting = this.backlog.next()
    if (waiting === undefined) return this.imports.shift()
    return { outgoing: waiting.outgoing, from: waiting, decided: undefined }
  }

  private dispatch(flight: Flight): void {
    const flights = this.inFlight
    flights.push(flight)
    this.options.publish(this.publicationOf(flight)).then(
      () => {
        // A flight that ended with an outage is on its way once more.
        if (flights === this.inFlight && removeFrom(flights, flight)) this.arrived(flight)
      },
      () => undefined
    )
  }

  private publicationOf(flight: Flight): Publication {
    const { outgoing } = flight
    if (outgoing.kind === 'config') return outgoing.publication
    flight.decided = this.options.decide(outgoing.state, flight.decided)
    return publicationOf(outgoing.state, flight.decided)
  }

  private arrived({ outgoing, from, decided }: Flight): void {
    if (outgoing.kind === 'state') this.options.acknowledged(outgoing.state, decided ?? 'historical')
    if ('position' in from) this.backlog.done(from)
    const receipt = 'position' in from ? this.receiptOf(from.position) : from
    if (receipt !== undefined) this.countDown(receipt, decided)
    if ('position' in from && this.size === 0) this.options.drained()
    this.pump()
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

/** False: it was not in the list. */
function removeFrom<T>(list: T[], one: T): boolean {
  const at = list.indexOf(one)
  if (at >= 0) list.splice(at, 1)
  return at >= 0
}

function stopped(): CodedError {
  return new CodedError('BROKER_UNREACHABLE', 'the Gladys server node was stopped before everything was sent')
}

/** Lets through so many a second: a token bucket that holds a tenth of a second's worth. */
export class Pace {
  private readonly burst: number
  private tokens: number
  private refilledAt: number
  private cancelTimer: (() => void) | undefined

  /** `rate` a second; `ready` is called when there is a token again after `take` had none. */
  constructor(
    private readonly rate: number,
    private readonly clock: Clock,
    private readonly ready: () => void
  ) {
    this.burst = Math.max(1, Math.ceil(rate / 10))
    this.tokens = this.burst
    this.refilledAt = clock.now()
  }

  /** True: one may go now. */
  take(): boolean {
    const now = this.clock.now()
    // A clock that was set back must not stop the flow.
    const elapsed = Math.max(0, now - this.refilledAt)
    this.tokens = Math.min(this.burst, this.tokens + (elapsed / 1000) * this.rate)
    this.refilledAt = now
    if (this.tokens >= 1) {
      this.tokens -= 1
      return true
    }
    this.cancelTimer ??= this.clock.after(Math.ceil(((1 - this.tokens) / this.rate) * 1000), () => {
      this.cancelTimer = undefined
      this.ready()
    })
    return false
  }

  /** Forgets the call that is due. */
  stop(): void {
    this.cancelTimer?.()
    this.cancelTimer = undefined
  }
}
