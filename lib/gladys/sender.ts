import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock'
import { CodedError } from '../base/errors'
import type { JsonFile } from '../base/json-file'
import { PORTION } from '../base/slices'
import type { AnnouncedDevices, Announcer } from './discovery/announcer'
import type { CreationResult, DeviceCreator } from './http/device-creation'
import { withFeature, withPendingCount } from './http/device-creation'
import { draftsFor, draftsOf } from './http/device-draft'
import { type SentLedger } from './ledger/sent-ledger'
import { MessageReader } from './message-reader'
import { type Addressing, discoveredDeviceId, identifierOf } from './model/external-ids'
import { FeatureUnits } from './model/feature-units'
import type { Item } from './model/items'
import { LiveOrHistorical } from './model/live-or-historical'
import { type Counters, type DaysMove, DaysUnderManual } from './model/manual-days'
import type { Naming } from './model/names'
import type { Publication, Skipped, State } from './model/states'
import { DAY_TYPES } from './model/trackers'
import type { Delivery } from './outbox/deliveries'
import { newestFirst } from './outbox/newest-first'
import { type Outbox, outboxFull, type OutboxOptions } from './outbox/outbox'
import { PendingStates } from './outbox/pending-states'
import type { Outgoing, QueueOptions } from './outbox/persistent-queue'
import type { ReplayOptions } from './outbox/replay-log'
import { SentFilter } from './sent-filter'

/** How a node wants its items sent. */
export interface SendRequest {
  /** `none`: the device exists already, under the ids of this package. */
  create: 'discovery' | 'http' | 'none'
  liveMinutes: number
  naming: Naming
}

/** `msg.gladys` (design.md §2.7). */
export interface SendReport extends Delivery {
  /** External ids created or first announced by this message. */
  created: string[]
  skipped: Skipped[]
}

export interface SenderOptions {
  ledger: SentLedger
  announcer: Announcer
  /** Remembers who counts days that go on under "manual". */
  counters: Pick<JsonFile<Counters>, 'read' | 'write'>
  /** undefined: Gladys's HTTP API is not configured. */
  creator: DeviceCreator | undefined
  /** How states wait for what `creator` could not create yet; undefined: they do not. */
  pending: QueueOptions | undefined
  /** undefined: units are remembered as long as the process lives. */
  units?: FeatureUnits
  clock: Clock
  /** Makes the outbox, which asks these hooks. */
  outbox(
    hooks: Pick<OutboxOptions, 'decideKind' | 'acknowledged' | 'isUnsent'> & Pick<ReplayOptions, 'isCurrent'>
  ): Outbox
}

/** Under which ids a node that creates its devices so has its features. */
export function addressingOf(create: SendRequest['create']): Addressing {
  return create === 'discovery' ? 'discovery' : 'own'
}

/** Sends the items of all nodes of one Gladys server, nothing twice and everything in order. */
export class Sender {
  readonly outbox: Outbox
  /** What the broker has acknowledged. */
  readonly ledger: SentLedger
  readonly days: DaysUnderManual
  /** The unit that each feature was created with. */
  readonly units: FeatureUnits
  private readonly reader: MessageReader
  private readonly filter: SentFilter
  private readonly pending: PendingStates | undefined
  /** Settles when all messages so far are in the outbox, or were refused; never rejects. */
  private accepting: Promise<unknown> = Promise.resolve()
  /** Settles when the broker has what was last put into the outbox, or is away; never rejects. */
  private lastDelivery: Promise<unknown> = Promise.resolve()
  private wasConnected = false

  constructor(private readonly options: SenderOptions) {
    const { creator, pending, clock, ledger, announcer } = options
    this.ledger = ledger
    this.days = new DaysUnderManual({ announced: () => announcer.announced(), ledger }, options.counters)
    this.units = options.units ?? new FeatureUnits(undefined, () => undefined)
    this.reader = new MessageReader(this.days, this.units, clock)
    this.filter = new SentFilter(ledger, clock)
    // Before the outbox: what that finds on disk supersedes pending states.
    if (creator !== undefined && pending !== undefined)
      this.pending = new PendingStates(pending, {
        creator: { create: drafts => creator.create(drafts, 'new', this.hold) },
        clock,
        inTurn: run => this.inTurn(run),
        send: states => this.sendPending(states)
      })
    const kinds = new LiveOrHistorical(ledger, clock)
    this.outbox = options.outbox({
      decideKind: (state, before) => kinds.decide(state, before),
      acknowledged: (state, kind) => this.filter.addAcknowledged(state, kind),
      isCurrent: state => this.filter.isLastSent(state),
      isUnsent: state => this.found(state)
    })
  }

  /** The broker is there. One that comes back may have lost what it retained. */
  brokerConnected(): void {
    this.outbox.brokerConnected()
    if (this.wasConnected) this.announceAgain()
    this.wasConnected = true
  }

  /** Gladys is back, and can create what is missing. */
  gladysBack(): void {
    this.outbox.gladysBack()
    this.pending?.gladysMakes()
  }

  /**
   * Announces or creates what is new and sends what was not sent yet. Messages enter the outbox one after another, and
   * none waits for the broker to have those before it. Fulfilled when the broker has everything or is away. Rejects
   * - with what reading `items` throws, with nothing taken;
   * - with OUTBOX_FULL when the broker is away and not all of it fits: nothing was taken, unless the broker went away
   *   in the middle;
   * - with GLADYS_REFUSED when features could not be created, after the states of all others were sent. Theirs are kept
   *   and go out once the features exist. The same message may be sent again, and sends what is missing.
   */
  async send(items: Iterable<Item>, request: SendRequest): Promise<SendReport> {
    return (await this.inTurn(() => this.accept(items, request))).report
  }

  /**
   * Announces or creates, again if need be, what these items of an import need. Their states follow by `sendHistory`.
   * Throws OUTBOX_FULL when there is no room for the announcements, GLADYS_REFUSED when a feature could not be created.
   */
  async announceOrCreate(items: readonly Item[], { create, naming }: SendRequest): Promise<void> {
    this.units.save()
    if (create === 'http') {
      const drafts = draftsOf(items, naming, () => true)
      const { problem } = await this.creator.create(drafts, 'deleted too', this.hold)
      if (problem !== undefined) throw problem
    }
    const { configs, commit } = this.options.announcer.announce(create === 'discovery' ? items : [], naming)
    if (!this.outbox.takes(configs.length)) throw outboxFull(configs.length)
    const announced = this.outbox.add(configs.map(publication => ({ kind: 'config', publication })))
    commit()
    await announced
  }

  /**
   * Sends states of an import behind everything else, whatever was sent before: the user asked for it. Fulfilled when the
   * broker has acknowledged all of them.
   */
  async sendHistory(states: readonly State[]): Promise<void> {
    await this.filter.prepareNewest(states)
    const outgoing = states.map(state => ({ kind: 'state', state }) as const)
    await this.outbox.add(outgoing, 'import')
  }

  /** Gives days a device of their own from now on. Throws OUTBOX_FULL, with nothing done, when there is no room. */
  moveDays(move: Pick<DaysMove, 'userId' | 'to'>, { create, naming }: SendRequest): Promise<void> {
    return this.inTurn(() => {
      if (this.outbox.room < 1) throw outboxFull(1)
      const allMoved = this.days.move(move) === 'all moved' && create === 'discovery'
      const manual = identifierOf(move.userId, null)
      if (allMoved) void this.addConfigs(this.options.announcer.announceWithout(manual, DAY_TYPES, naming))
      return Promise.resolve()
    })
  }

  /**
   * Withdraws the announcement of a device; its next item announces it again. Fulfilled when the broker has it or is
   * away. Throws OUTBOX_FULL, with nothing done, when there is no room.
   */
  async forget(identifier: string): Promise<void> {
    if (this.outbox.room === 0) throw outboxFull(1)
    const features = `${discoveredDeviceId(identifier)}:`
    this.units.forget(feature => feature.startsWith(features))
    this.units.save()
    await this.addConfigs([this.options.announcer.withdraw(identifier)])
  }

  /** By identifier, the devices that were announced so far. */
  announced(): AnnouncedDevices {
    return this.options.announcer.announced()
  }

  /** Stops; returns how many states existed only in memory (and are lost). */
  close(): number {
    const lost = this.outbox.close() + (this.pending?.close() ?? 0)
    this.ledger.flush()
    return lost
  }

  private inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const ended = this.accepting.then(run)
    this.accepting = ended.catch(() => undefined)
    return ended
  }

  /** Fulfilled when the message is in the outbox; `report` follows when it has left that, and may be ignored. */
  private async accept(
    items: Iterable<Item>,
    request: SendRequest
  ): Promise<{ report: Promise<SendReport> }> {
    const { create, liveMinutes, naming } = request
    const how = { addressing: addressingOf(create), liveMinutes }
    const { states, firstItems, skipped } = await this.reader.read(items, how)
    const unsent = await this.filter.unsent(states, skipped)
    const creation =
      create === 'http'
        ? await this.creator.create(draftsFor(unsent, firstItems, naming), 'new', this.hold)
        : NOTHING_CREATED
    const fresh = newestFirst(withFeature(unsent, creation, skipped))
    this.units.forget(feature => creation.features.get(feature) === 'deleted')
    this.units.save()
    const pending = unsent.filter(({ feature }) => creation.features.get(feature) === 'missing')
    await this.makeRoom(Math.min(PORTION, firstItems.length))
    // Nothing is awaited from here to `commit`, since an import announces too.
    const announcement = this.options.announcer.announce(create === 'discovery' ? firstItems : [], naming)
    const { configs, created, commit } = announcement
    if (!this.outbox.takes(configs.length + fresh.length)) throw outboxFull(fresh.length)
    const announced = this.addConfigs(configs)
    commit()
    if (pending.length > 0) await this.pending?.add(pending, draftsFor(pending, firstItems, naming))
    const deliveries = [announced, ...(await this.addStates(fresh))]
    if (creation.created.length > 0) this.pending?.gladysMakes()
    const report = this.delivered(deliveries).then(delivery => {
      if (creation.problem !== undefined) throw withPendingCount(creation.problem, pending.length)
      return { ...delivery, created: [...created, ...creation.created], skipped }
    })
    report.catch(() => undefined)
    return { report }
  }

  /** Throws OUTBOX_FULL. The result may be ignored. */
  private addConfigs(configs: readonly Publication[]): Promise<Delivery> {
    return this.add(configs.map(publication => ({ kind: 'config', publication })))
  }

  /** In parts, so that a long message does not fill the outbox. Rejects with OUTBOX_FULL while the broker is away. */
  private async addStates(states: readonly State[]): Promise<Promise<Delivery>[]> {
    const deliveries: Promise<Delivery>[] = []
    for (let rest = states; rest.length > 0;) {
      await this.makeRoom(1)
      const part = rest.slice(0, Math.min(PORTION, this.outbox.room))
      if (part.length === 0 || !this.outbox.takes(rest.length)) throw outboxFull(rest.length)
      rest = rest.slice(part.length)
      deliveries.push(this.add(part.map(state => ({ kind: 'state', state }))))
      for (const state of part) this.addQueued(state)
      if (rest.length > 0) await nextTurn()
    }
    return deliveries
  }

  /** Waits once for the broker where there is no room for so many. */
  private async makeRoom(count: number): Promise<void> {
    if (this.outbox.room < count) await this.lastDelivery
  }

  private add(outgoing: readonly Outgoing[]): Promise<Delivery> {
    const delivery = this.outbox.add(outgoing)
    this.lastDelivery = delivery.catch(() => undefined)
    return delivery
  }

  private async sendPending(states: readonly State[]): Promise<void> {
    this.delivered(await this.addStates(await this.filter.unsent(states, []))).catch(() => undefined)
  }

  private async delivered(deliveries: readonly Promise<Delivery>[]): Promise<Delivery> {
    const total: Delivery = { live: 0, historical: 0, queued: 0 }
    for (const { live, historical, queued } of await Promise.all(deliveries)) {
      total.live += live
      total.historical += historical
      total.queued += queued
    }
    this.ledger.flush()
    return total
  }

  private announceAgain(): void {
    const { announcer } = this.options
    const configs = announcer.sent()
    if (configs.length > this.outbox.room) announcer.forgetSent()
    else void this.addConfigs(configs)
  }

  /** False for a state that was acknowledged: the process may have been killed before the outbox noted that. */
  private found(state: State): boolean {
    if (this.filter.isKnown(state)) return false
    this.addQueued(state)
    return true
  }

  private addQueued(state: State): void {
    this.filter.addQueued(state)
    this.pending?.supersede(state)
  }

  /** Holds values back while Gladys saves a device: it would answer with errors (gladys.md, "real server" no. 8). */
  private readonly hold = (): (() => void) => this.outbox.hold()

  private get creator(): DeviceCreator {
    const { creator } = this.options
    if (creator === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysLogin')
    return creator
  }
}

const NOTHING_CREATED: CreationResult = { created: [], features: new Map(), problem: undefined }
