import { CodedError } from '../errors'
import type { AnnouncedDevice } from './announcement-store'
import type { Clock } from './clock'
import { heldBack, withFeature, type Creation, type DeviceCreator } from './creation'
import { draftsOf, type DeviceDraft } from './device-draft'
import type { Announcer, Naming } from './discovery'
import type { Item } from './input'
import { outboxFull, type Delivery, type Outbox, type OutboxHooks } from './outbox'
import type { SentLedger } from './sent-ledger'
import { kindOf, statesOf, type Skipped, type State, type StateKind } from './states'
import { WaitingIndex } from './waiting-index'

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
  /** undefined: Gladys's HTTP API is not configured. */
  creator: DeviceCreator | undefined
  clock: Clock
  /** Gets what the sender decides, gives the outbox that asks it. */
  outbox(hooks: Pick<OutboxHooks, 'decide' | 'acknowledged' | 'found'>): Outbox
}

const NOTHING_TO_MAKE: Creation = { created: [], fates: new Map(), problem: undefined }

/** `create: http` without what it needs. */
export function httpMissing(): CodedError {
  return new CodedError(
    'NOT_CONFIGURED',
    'to create devices, the Gladys server node needs address, e-mail and password of Gladys'
  )
}

/** Sends the items of all nodes of one Gladys server, nothing twice and everything in order. */
export class Sender {
  readonly outbox: Outbox
  /** As good as sent, but not in the ledger before it is. */
  private readonly waiting = new WaitingIndex()
  /** Date of the newest state of each feature that has left, acknowledged or not. */
  private readonly newestLeft = new Map<string, number>()
  /** Date of the newest text of each feature that was taken for sending. */
  private readonly newestText = new Map<string, number>()
  private lastStamp = 0

  constructor(private readonly options: SenderOptions) {
    this.outbox = options.outbox({
      decide: (state, before) => this.decide(state, before),
      acknowledged: state => this.acknowledged(state),
      found: state => this.found(state)
    })
  }

  /**
   * Announces or makes what is new, sends what was not sent yet, and tells when the broker has it or is away.
   * Throws OUTBOX_FULL when the broker is away and the whole does not fit: then nothing of it was taken, unless the
   * broker went away in the middle. Throws GLADYS_REFUSED when features could not be made, after the states of all
   * others were sent. The same message may come again and sends what is missing.
   */
  async send(items: readonly Item[], { create, liveMinutes, naming }: SendRequest): Promise<SendReport> {
    const discovery = create === 'discovery'
    const addressing = discovery ? 'discovery' : 'own'
    const { states, skipped } = statesOf(items, { addressing, liveMinutes, now: this.stamp() })
    const creation =
      create === 'http' ? await this.creator.ensure(this.draftsFor(states, items, naming)) : NOTHING_TO_MAKE
    const unsent = this.withoutOldTexts(this.withoutKnown(states, skipped), skipped)
    const before = skipped.length
    const fresh = withFeature(unsent, creation, skipped)
    const held = unsent.length - fresh.length - (skipped.length - before)
    const { configs, created, commit } = this.options.announcer.announce(discovery ? items : [], naming)
    if (!this.outbox.takes(configs.length + fresh.length)) throw outboxFull(fresh.length)
    const announced = this.outbox.add(configs.map(publication => ({ kind: 'config', publication })))
    commit()
    const delivered = await this.deliver(fresh)
    await announced
    this.options.ledger.flush()
    if (creation.problem !== undefined) throw heldBack(creation.problem, held)
    return { ...delivered, created: [...created, ...creation.created], skipped }
  }

  /** In parts, if need be: what the broker takes in good time must not fill the outbox, however long it is. */
  private async deliver(states: readonly State[]): Promise<Delivery> {
    const total: Delivery = { live: 0, historical: 0, queued: 0 }
    for (let rest = states; rest.length > 0;) {
      const part = rest.slice(0, this.outbox.room)
      if (part.length === 0 || !this.outbox.takes(rest.length)) throw outboxFull(rest.length)
      rest = rest.slice(part.length)
      const delivery = this.outbox.add(part.map(state => ({ kind: 'state', state })))
      for (const state of part) this.taken(state)
      const { live, historical, queued } = await delivery
      total.live += live
      total.historical += historical
      total.queued += queued
    }
    return total
  }

  /**
   * The states of items for an import, all as history and whatever was sent before: the user asked for it. First
   * announces or makes, again if need be, what those of `introduced` need. Throws OUTBOX_FULL when there is no room
   * for the announcements, GLADYS_REFUSED when a feature could not be made.
   */
  async prepareHistory(
    items: readonly Item[],
    request: SendRequest,
    introduced: readonly Item[]
  ): Promise<State[]> {
    if (introduced.length > 0) await this.introduce(introduced, request)
    const addressing = request.create === 'discovery' ? 'discovery' : 'own'
    return statesOf(items, { addressing, liveMinutes: 0, now: this.options.clock.now() }).states
  }

  private async introduce(items: readonly Item[], { create, naming }: SendRequest): Promise<void> {
    if (create === 'http') {
      const { problem } = await this.creator.recreate(draftsOf(items, naming, () => true))
      if (problem !== undefined) throw problem
    }
    const { configs, commit } = this.options.announcer.announce(create === 'discovery' ? items : [], naming)
    if (!this.outbox.takes(configs.length)) throw outboxFull(configs.length)
    const announced = this.outbox.add(configs.map(publication => ({ kind: 'config', publication })))
    commit()
    await announced
  }

  /** Sends states of an import behind everything else. Fulfilled when the broker has acknowledged all of them. */
  async sendHistory(states: readonly State[]): Promise<void> {
    await this.outbox.add(
      states.map(state => ({ kind: 'state', state })),
      'import'
    )
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
    const lost = this.outbox.close()
    this.options.ledger.flush()
    return lost
  }

  private get creator(): DeviceCreator {
    const { creator } = this.options
    if (creator === undefined) throw httpMissing()
    return creator
  }

  /** What the states need that still have to go out: for the others Gladys need not be asked. */
  private draftsFor(states: readonly State[], items: readonly Item[], naming: Naming): DeviceDraft[] {
    const needed = new Set(states.filter(state => !this.isKnown(state)).map(({ feature }) => feature))
    return draftsOf(items, naming, feature => needed.has(feature))
  }

  private withoutKnown(states: readonly State[], skipped: Skipped[]): State[] {
    const ahead = new WaitingIndex()
    return states.filter(state => {
      const waiting = ahead.get(state) ?? this.waiting.get(state)
      ahead.set(state)
      if (!this.isKnown(state, waiting)) return true
      const reason = waiting === undefined ? 'already_sent' : 'already_queued'
      skipped.push({ reason, feature: state.feature, date: new Date(state.date).toISOString() })
      return false
    })
  }

  /**
   * Of the texts of a feature only the newest, and that only if it is newer than what went out: Gladys would date an
   * older one "now" and show it instead (gladys.md, "MQTT topics").
   */
  private withoutOldTexts(states: readonly State[], skipped: Skipped[]): State[] {
    const newest = new Map<string, number>()
    for (const { feature, date, value } of states) if (typeof value === 'string') newest.set(feature, date)
    return states.filter(({ feature, date }) => {
      const last = newest.get(feature)
      if (last === undefined) return true
      const before = this.newestText.get(feature) ?? this.options.ledger.newest(feature) ?? -Infinity
      if (date === last && date >= before) return true
      skipped.push({ reason: 'older_text', feature, date: new Date(date).toISOString() })
      return false
    })
  }

  private taken(state: State): void {
    this.waiting.set(state)
    if (typeof state.value === 'string') this.newestText.set(state.feature, state.date)
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
    const newest = Math.max(
      this.newestLeft.get(state.feature) ?? -Infinity,
      this.options.ledger.newest(state.feature) ?? -Infinity
    )
    // What left as live and must leave again was the newest then; itself is no reason to call it old.
    const kind = kindOf(state, this.options.clock.now(), before === 'live' ? undefined : newest)
    this.newestLeft.set(state.feature, Math.max(newest, state.date))
    return kind
  }

  private acknowledged(state: State): void {
    this.options.ledger.record(state)
    this.waiting.delete(state)
  }

  /** Now, but never the same twice: a feature can have one value at a time only. */
  private stamp(): number {
    this.lastStamp = Math.max(this.options.clock.now(), this.lastStamp + 1)
    return this.lastStamp
  }
}
