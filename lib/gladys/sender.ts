import { CodedError } from '../base/errors'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock'
import type { JsonFile } from '../base/json-file'
import type { AnnouncedDevice } from './discovery/announcement-store'
import type { Announcer, Naming } from './discovery/announcer'
import { type CreationResult, type DeviceCreator, heldBack, withFeature } from './http/device-creation'
import { type DeviceDraft, draftsOf } from './http/device-draft'
import { credible, type FeatureSince, lastCredible, type SentLedger } from './ledger/sent-ledger'
import { FeatureUnits } from './model/feature-units'
import { type Addressing, discoveredDeviceId, identifierOf } from './model/ids'
import type { Item, ReadingItem } from './model/input'
import { DAY_TYPES } from './model/makers'
import { type Counters, type DaysMove, DaysUnderManual } from './model/manual-days'
import {
  groupsOf,
  isFirstOfFeature,
  isMakeable,
  isSendable,
  PORTION,
  portionsOf,
  type Skipped,
  type State,
  type StateKind,
  stateKindOf,
  statesOf
} from './model/states'
import type { Delivery } from './outbox/deliveries'
import { newestFirst } from './outbox/newest-first'
import { type Outbox, outboxFull, type OutboxOptions } from './outbox/outbox'
import { PendingStates, WaitingIndex } from './outbox/pending-states'
import type { Outgoing, QueueOptions } from './outbox/persistent-queue'
import type { ReplayOptions } from './outbox/replay-log'

/** How a node wants its items sent. */
export interface SendRequest {
  /** `none`: the device is there already, under the ids of this package. */
  create: 'discovery' | 'http' | 'none'
  liveMinutes: number
  naming: Naming
}

/** `msg.gladys` (design.md §2.7). */
export interface SendReport extends Delivery {
  /** External ids made or first announced by this message. */
  created: string[]
  skipped: Skipped[]
}

export interface SenderOptions {
  ledger: SentLedger
  announcer: Announcer
  /** Where it is kept who counts days that go on under "manual". */
  counters: Pick<JsonFile<Counters>, 'read' | 'write'>
  /** undefined: Gladys's HTTP API is not configured. */
  creator: DeviceCreator | undefined
  /** How states wait for what `creator` could not make yet; undefined: they do not. */
  pending: QueueOptions | undefined
  /** undefined: units are remembered as long as the process lives. */
  units?: FeatureUnits
  clock: Clock
  /** Gets what the sender decides, gives the outbox that asks it. */
  outbox(
    hooks: Pick<OutboxOptions, 'decideKind' | 'acknowledged' | 'isUnsent'> & Pick<ReplayOptions, 'isCurrent'>
  ): Outbox
}

const NOTHING_TO_MAKE: CreationResult = { created: [], results: new Map(), problem: undefined }

/** Sends the items of all nodes of one Gladys server, nothing twice and everything in order. */
export class Sender {
  readonly outbox: Outbox
  readonly days: DaysUnderManual
  /** As good as sent, but not in the ledger before it is. */
  private readonly waiting = new WaitingIndex()
  /** Date of the newest state of each feature that has left, acknowledged or not. */
  private readonly newestLeft = new Map<string, number>()
  /** Date of the newest text of each feature that was taken for sending. */
  private readonly newestText = new Map<string, number>()
  private lastStamp = 0
  /** Ends when all messages so far are in the outbox, or were refused; never rejects. */
  private accepting: Promise<unknown> = Promise.resolve()
  /** Ends when the broker has what was last put into the outbox, or is away; never rejects. */
  private lastDelivery: Promise<unknown> = Promise.resolve()
  private brokerWasThere = false
  private readonly pending: PendingStates | undefined
  private readonly units: FeatureUnits

  constructor(private readonly options: SenderOptions) {
    // Before the outbox: what that finds supersedes what is pending.
    const { creator, pending, clock, ledger, announcer } = options
    this.days = new DaysUnderManual({ announced: () => announcer.announced(), ledger }, options.counters)
    this.units = options.units ?? new FeatureUnits(undefined, () => undefined)
    if (creator !== undefined && pending !== undefined)
      this.pending = new PendingStates(pending, {
        creator: { ensure: drafts => creator.ensure(drafts, this.hold) },
        clock,
        inTurn: run => this.inTurn(run),
        send: states => this.sendPending(states)
      })
    this.outbox = options.outbox({
      decideKind: (state, before) => this.decide(state, before),
      acknowledged: (state, kind) => this.acknowledged(state, kind),
      isCurrent: state => this.waiting.get(state) === undefined && this.options.ledger.has(state),
      isUnsent: state => this.found(state)
    })
  }

  /** The broker is there. One that comes back may have lost what it retained. */
  brokerConnected(): void {
    this.outbox.brokerConnected()
    if (this.brokerWasThere) this.announceAgain()
    this.brokerWasThere = true
  }

  gladysAway(): void {
    this.outbox.gladysAway()
  }

  /** Gladys is there again, and can make what is missing. */
  gladysBack(): void {
    this.outbox.gladysBack()
    this.pending?.gladysMakes()
  }

  private announceAgain(): void {
    const { announcer } = this.options
    const configs = announcer.sent()
    if (configs.length > this.outbox.room) announcer.forgetSent()
    else this.add(configs.map(publication => ({ kind: 'config', publication }))).catch(() => undefined)
  }

  /**
   * Announces or makes what is new, sends what was not sent yet, and tells when the broker has it or is away. Messages
   * get into the outbox one after another, and none waits for the broker to have those before it. Rejects with what
   * reading `items` throws, with nothing taken; with OUTBOX_FULL when the broker is away and the whole does not fit:
   * then nothing of it was taken, unless the broker went away in the middle; with GLADYS_REFUSED when features could
   * not be made, after the states of all others were sent. Theirs are kept and go out once they could be made; the same
   * message may come again and sends what is missing.
   */
  async send(items: Iterable<Item>, request: SendRequest): Promise<SendReport> {
    return (await this.inTurn(() => this.accept(items, request))).report
  }

  private inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const ended = this.accepting.then(run)
    this.accepting = ended.catch(() => undefined)
    return ended
  }

  /** Fulfilled when the message is in the outbox; `report` follows when it has left that, and may be ignored. */
  private async accept(
    items: Iterable<Item>,
    { create, liveMinutes, naming }: SendRequest
  ): Promise<{ report: Promise<SendReport> }> {
    const introduced: Item[] = []
    const states: State[] = []
    const skipped: Skipped[] = []
    const known = new Set<string>()
    const options = { addressing: addressingOf(create), liveMinutes, now: () => this.stamp() }
    const asKnown = this.asKnown(options.addressing)
    for await (const read of portionsOf(items)) {
      const portion = read.map(asKnown)
      const found = statesOf(portion, options)
      const sendable = portion.filter(item => isSendable(item, options.addressing) || isMakeable(item))
      introduced.push(...sendable.filter(item => isFirstOfFeature(item, known)))
      states.push(...found.states)
      skipped.push(...found.skipped)
    }
    states.sort((a, b) => a.date - b.date)
    const unsent = this.withoutOldTexts(await this.withoutKnown(states, skipped), skipped)
    const creation = create === 'http' ? await this.created(unsent, introduced, naming) : NOTHING_TO_MAKE
    const fresh = newestFirst(withFeature(unsent, creation, skipped))
    this.units.forget(feature => creation.results.get(feature) === 'deleted')
    this.units.save()
    const held = unsent.filter(({ feature }) => creation.results.get(feature) === 'missing')
    await this.makeRoom(Math.min(PORTION, introduced.length))
    // From here to `commit` in one go: an import announces too.
    const { configs, created, commit } = this.options.announcer.announce(
      create === 'discovery' ? introduced : [],
      naming
    )
    if (!this.outbox.takes(configs.length + fresh.length)) throw outboxFull(fresh.length)
    const announced = this.add(configs.map(publication => ({ kind: 'config', publication })))
    commit()
    if (held.length > 0) await this.pending?.add(held, draftsFor(held, introduced, naming))
    const deliveries = [announced, ...(await this.addStates(fresh))]
    if (creation.created.length > 0) this.pending?.gladysMakes()
    const report = this.delivered(deliveries).then(delivery => {
      if (creation.problem !== undefined) throw heldBack(creation.problem, held.length)
      return { ...delivery, created: [...created, ...creation.created], skipped }
    })
    report.catch(() => undefined)
    return { report }
  }

  /** The item in the unit that its feature was made with. */
  inFeatureUnit(item: ReadingItem, addressing: Addressing): ReadingItem {
    return this.units.convert(item, addressing)
  }

  /** Items as Gladys knows what they belong to: days of no device, and units. */
  private asKnown(addressing: Addressing): (item: Item) => Item {
    const place = this.days.placing(addressing)
    return item => (item.kind === 'reading' ? this.inFeatureUnit(place(item), addressing) : item)
  }

  /** From now on these days go to their own device. Throws OUTBOX_FULL, with nothing done, when there is no room. */
  moveDays(move: Pick<DaysMove, 'userId' | 'to'>, { create, naming }: SendRequest): Promise<void> {
    return this.inTurn(() => {
      if (this.outbox.room < 1) throw outboxFull(1)
      const isEnd = this.days.move(move) === 'all moved' && create === 'discovery'
      const configs = isEnd
        ? this.options.announcer.without(identifierOf(move.userId, null), DAY_TYPES, naming)
        : []
      this.add(configs.map(publication => ({ kind: 'config', publication }))).catch(() => undefined)
      return Promise.resolve()
    })
  }

  private async sendPending(states: readonly State[]): Promise<void> {
    const fresh = this.withoutOldTexts(await this.withoutKnown(states, []), [])
    this.delivered(await this.addStates(fresh)).catch(() => undefined)
  }

  /** In parts: what the broker takes in good time must not fill the outbox, however long it is. */
  private async addStates(states: readonly State[]): Promise<Promise<Delivery>[]> {
    const deliveries: Promise<Delivery>[] = []
    for (let rest = states; rest.length > 0;) {
      await this.makeRoom(1)
      const part = rest.slice(0, Math.min(PORTION, this.outbox.room))
      if (part.length === 0 || !this.outbox.takes(rest.length)) throw outboxFull(rest.length)
      rest = rest.slice(part.length)
      deliveries.push(this.add(part.map(state => ({ kind: 'state', state }))))
      for (const state of part) this.taken(state)
      if (rest.length > 0) await nextTurn()
    }
    return deliveries
  }

  /** Tried at least: what is in the outbox needs its time while the broker takes it. */
  private async makeRoom(count: number): Promise<void> {
    if (this.outbox.room < count) await this.lastDelivery
  }

  private add(outgoing: readonly Outgoing[]): Promise<Delivery> {
    const delivery = this.outbox.add(outgoing)
    this.lastDelivery = delivery.catch(() => undefined)
    return delivery
  }

  private async delivered(deliveries: readonly Promise<Delivery>[]): Promise<Delivery> {
    const total: Delivery = { live: 0, historical: 0, queued: 0 }
    for (const { live, historical, queued } of await Promise.all(deliveries)) {
      total.live += live
      total.historical += historical
      total.queued += queued
    }
    this.options.ledger.flush()
    return total
  }

  /**
   * Announces or makes, again if need be, what these items of an import need. Their states follow by `sendHistory`.
   * Throws OUTBOX_FULL when there is no room for the announcements, GLADYS_REFUSED when a feature could not be made.
   */
  async introduce(items: readonly Item[], { create, naming }: SendRequest): Promise<void> {
    this.units.save()
    if (create === 'http') {
      const { problem } = await this.creator.recreate(
        draftsOf(items, naming, () => true),
        this.hold
      )
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
    await this.prepareNewest(states)
    await this.outbox.add(
      states.map(state => ({ kind: 'state', state })),
      'import'
    )
  }

  /** As `SentLedger.sentLive`. */
  sentLive(states: readonly State[], since: FeatureSince): Promise<ReadonlySet<State>> {
    return this.options.ledger.sentLive(states, since)
  }

  /**
   * Takes the announcement of a device back; the next item of it announces it again. Fulfilled when the broker has it
   * or is away. Throws OUTBOX_FULL, with nothing done, when there is no room.
   */
  async forget(identifier: string): Promise<void> {
    if (this.outbox.room === 0) throw outboxFull(1)
    const features = `${discoveredDeviceId(identifier)}:`
    this.units.forget(feature => feature.startsWith(features))
    this.units.save()
    await this.add([{ kind: 'config', publication: this.options.announcer.withdraw(identifier) }])
  }

  /** By identifier, the devices that were announced so far. */
  announced(): ReadonlyMap<string, AnnouncedDevice> {
    return this.options.announcer.announced()
  }

  /** The newest states of a feature that the broker has acknowledged, oldest first. */
  latest(feature: string, count: number): { date: number; value: number }[] {
    return this.options.ledger.latest(feature, count)
  }

  /** Stops; tells how many states are lost, because they could not be kept on disk. */
  close(): number {
    const lost = this.outbox.close() + (this.pending?.close() ?? 0)
    this.options.ledger.flush()
    return lost
  }

  /** No values while Gladys saves a device: it would answer with errors (gladys.md, "real server" no. 8). */
  private readonly hold = (): (() => void) => this.outbox.hold()

  private get creator(): DeviceCreator {
    const { creator } = this.options
    if (creator === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysLogin')
    return creator
  }

  /** Asks Gladys only for what these states need, which still have to go out. */
  private created(states: readonly State[], items: readonly Item[], naming: Naming): Promise<CreationResult> {
    return this.creator.ensure(draftsFor(states, items, naming), this.hold)
  }

  /** Feature-year by feature-year, as the ledger lies on disk, however they are mixed. */
  private async withoutKnown(states: readonly State[], skipped: Skipped[]): Promise<State[]> {
    const { ledger } = this.options
    const ahead = new WaitingIndex()
    const reasons = new Map<State, 'already_sent' | 'already_queued'>()
    for (const together of groupsOf(states, ledger.fileOf)) {
      await ledger.prepare(together[0] as State)
      for await (const portion of portionsOf(together))
        for (const state of portion) {
          const waiting = ahead.get(state) ?? this.waiting.get(state)
          ahead.set(state)
          if (this.isKnown(state, waiting))
            reasons.set(state, waiting === undefined ? 'already_sent' : 'already_queued')
        }
      await this.prepareNewest(together.filter(state => !reasons.has(state)))
    }
    const unknown: State[] = []
    for (const state of states) {
      const reason = reasons.get(state)
      if (reason === undefined) unknown.push(state)
      else skipped.push({ reason, feature: state.feature, date: new Date(state.date).toISOString() })
    }
    return unknown
  }

  private async prepareNewest(states: readonly State[]): Promise<void> {
    for (const feature of new Set(states.map(state => state.feature)))
      await this.options.ledger.prepareNewest(feature)
  }

  /**
   * Of the texts of a feature only the newest, and that only if it is newer than what went out: Gladys would date an
   * older one "now" and show it instead (gladys.md, "MQTT topics"). One that lies ahead is the newest only where there
   * is no other.
   */
  private withoutOldTexts(states: readonly State[], skipped: Skipped[]): State[] {
    const until = lastCredible(this.options.clock.now())
    const newest = new Map<string, number>()
    for (const { feature, date, value } of states)
      if (typeof value === 'string' && (date <= until || !newest.has(feature))) newest.set(feature, date)
    return states.filter(({ feature, date }) => {
      const last = newest.get(feature)
      if (last === undefined) return true
      const before =
        credible(this.newestText.get(feature), until) ?? this.options.ledger.newest(feature) ?? -Infinity
      if (date === last && date >= before) return true
      skipped.push({ reason: 'older_text', feature, date: new Date(date).toISOString() })
      return false
    })
  }

  private taken(state: State): void {
    this.waiting.set(state)
    this.pending?.supersede(state)
    const until = lastCredible(this.options.clock.now())
    if (typeof state.value === 'string' && state.date <= until) this.newestText.set(state.feature, state.date)
  }

  /** The last value that waits counts, and without one the last that was sent. */
  private isKnown(state: State, waiting = this.waiting.get(state)): boolean {
    return waiting === undefined ? this.options.ledger.has(state) : waiting === state.value
  }

  /** Between the acknowledgement and the note in the outbox the process may have been killed. */
  private found(state: State): boolean {
    if (this.isKnown(state)) return false
    this.taken(state)
    return true
  }

  private decide(state: State, before: StateKind | undefined): StateKind {
    const now = this.options.clock.now()
    const until = lastCredible(now)
    const newest = Math.max(
      credible(this.newestLeft.get(state.feature), until) ?? -Infinity,
      this.options.ledger.newest(state.feature) ?? -Infinity
    )
    // What left as live and must leave again was the newest then; itself is no reason to call it old.
    const kind = stateKindOf(state, now, before === 'live' ? undefined : newest)
    this.newestLeft.set(state.feature, Math.max(newest, credible(state.date, until) ?? newest))
    return kind
  }

  private acknowledged(state: State, kind: StateKind): void {
    this.options.ledger.record(state, kind)
    this.waiting.delete(state)
  }

  /** Now, but never the same twice: a feature can have one value at a time only. A clock that was set back is believed. */
  private stamp(): number {
    const now = this.options.clock.now()
    const next = credible(this.lastStamp + 1, lastCredible(now)) ?? now
    this.lastStamp = Math.max(now, next)
    return this.lastStamp
  }
}

/** What these states need of what the items need. */
function draftsFor(states: readonly State[], items: readonly Item[], naming: Naming): DeviceDraft[] {
  const needed = new Set(states.map(({ feature }) => feature))
  return draftsOf(items, naming, feature => needed.has(feature))
}

/** Under which ids a node that creates its devices so has its features. */
export function addressingOf(create: SendRequest['create']): Addressing {
  return create === 'discovery' ? 'discovery' : 'own'
}
