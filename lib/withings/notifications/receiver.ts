import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, MINUTE_MS, SECONDS_PER_DAY, SECONDS_PER_HOUR } from '../../base/clock'
import type { JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { type BedEvent, bedEventOf, fetchBedEvents, isBedCategory, missedBedNotification } from './bed-events'
import { BED_IN, categoryOf, SLEEP } from './categories'
import { LastBedEvents, RecentDeliveries } from './duplicates'
import { catchUpOf, endsLogin, messageOf, type Notification, type NotificationMessage } from './notification'
import { parseWebhookBody } from './webhook-body'
import type { PendingDeliveries, PendingDelivery } from './pending-deliveries'

/** The node while it runs. */
export interface Listener {
  /** Categories. */
  wanted: readonly number[]
  /** The linked user; undefined: nobody is linked. */
  userId(): string | undefined
  /** Throws NOT_CONFIGURED or LOGIN_NEEDED. */
  context(): FetchContext
  send(message: NotificationMessage): void
  /** A notification, which anybody can send, says that the user withdrew the access. */
  unlinked(): void
}

/** What has to be known after a restart. */
export interface ReceiverState {
  /** Unix seconds; until then nothing can have been missed. 0: nothing was received yet. */
  heardUntil: number
  beds: BedEvent[]
}

export interface ReceiverOptions {
  record: ReceiverState
  pending: PendingDeliveries
  /** Saves the record; never rejects. */
  save(): Promise<void>
  clock: Clock
}

/** How far back, in seconds, sleep data are searched for missed bed events. */
const LONGEST_LOOK_BACK = 30 * SECONDS_PER_DAY
const SHORTEST_LOOK_BACK = 36 * SECONDS_PER_HOUR

/**
 * Turns what Withings posts into messages of a node: each once, no bed back to an older state, and not more than can be
 * fetched. Keeps what comes while the node is restarted.
 */
export class Receiver {
  /** Categories that may have missed something, and whose catch-up was not sent yet. */
  readonly behind = new Set<number>()
  private readonly beds: LastBedEvents
  private readonly recent = new RecentDeliveries()
  private readonly rateLimit: RateLimit
  private listener: Listener | undefined

  constructor(private readonly options: ReceiverOptions) {
    this.beds = new LastBedEvents(options.record.beds)
    this.rateLimit = new RateLimit(options.clock, (category, since) => {
      if (isBedCategory(category)) this.emitPending()
      else if (this.userId === undefined) this.behind.add(category)
      else this.emitCatchUp(category, Math.floor(since / 1000))
    })
  }

  /** Resolves once a form can be answered because nothing of it can be lost; false: Withings is to try again later. */
  async receive(form: JsonObject): Promise<boolean> {
    if (!this.listener) return this.options.pending.add(form)
    const emitted = this.handle(form)
    // Node-RED passes messages on a turn later.
    await nextTurn()
    if (emitted && isBedCategory(emitted.category)) await this.save()
    return true
  }

  attach(listener: Listener): void {
    this.listener = listener
    this.emitPending()
  }

  /** The node stops, and may come back. */
  detach(): void {
    this.listener = undefined
  }

  /** Sends the catch-up of these categories and missed bed events: after that, nothing was missed until now. */
  async catchUp(behind: readonly number[]): Promise<void> {
    if (this.userId === undefined) return
    this.emitPending()
    const now = this.now()
    const { record } = this.options
    for (const category of behind) {
      if (categoryOf(category).kind === 'data') this.emitCatchUp(category, record.heardUntil || now)
    }
    // Before the first notification, no bed event can be missed.
    if (record.heardUntil > 0) await this.emitMissedBedEvents(record.heardUntil)
    record.heardUntil = now
    await this.save()
  }

  /** Returns the notification if it was sent. */
  private handle(form: JsonObject): Notification | undefined {
    const notification = this.parse(form)
    if (!notification) return undefined
    const { category } = notification
    // Also where that category is not wanted: the login is gone all the same.
    if (endsLogin(notification)) this.listener?.unlinked()
    if (!this.wants(category) || this.recent.isDuplicate(notification, this.options.clock.now()))
      return undefined
    if (isBedCategory(category)) return this.handleBed(form, notification)
    if (categoryOf(category).kind !== 'event' && !this.rateLimit.passes(category)) return undefined
    this.emit(notification)
    if (category === SLEEP) void this.emitMissedBedEvents(this.now())
    return notification
  }

  private handleBed(form: JsonObject, notification: Notification): Notification | undefined {
    const event = bedEventOf(notification)
    if (!event || !this.beds.isNew(event, this.now())) return undefined
    // In and out count together, so that they stay in order.
    if (this.rateLimit.passes(BED_IN)) return this.emitBed(notification)
    // With its user: after another login, a form without one would belong to somebody else.
    this.options.pending.addBed({ ...form, userid: event.userId }, event, this.beds.isKnown(event))
    return undefined
  }

  private emitBed(notification: Notification): Notification | undefined {
    const event = bedEventOf(notification)
    if (!event || !this.beds.accept(event, this.now())) return undefined
    this.emit(notification)
    return notification
  }

  private emitPending(): void {
    if (this.userId === undefined) return
    const taken = this.options.pending.take()
    for (const { form, bed } of taken) {
      const notification = bed && this.parse(form)
      if (!bed) this.handle(form)
      else if (notification && this.wants(notification.category)) this.emitBed(notification)
    }
    if (taken.length > 0) void this.dropSent(taken)
  }

  private async dropSent(taken: readonly PendingDelivery[]): Promise<void> {
    await nextTurn()
    await this.save()
    this.options.pending.drop(taken)
  }

  /** Searches the sleep data for bed events that never arrived; never rejects. */
  private async emitMissedBedEvents(heardUntil: number): Promise<void> {
    const { listener } = this
    if (!listener?.wanted.some(isBedCategory)) return
    const now = this.now()
    const since = Math.max(Math.min(heardUntil, now - SHORTEST_LOOK_BACK), now - LONGEST_LOOK_BACK)
    try {
      const missed = this.beds.takeMissed(await fetchBedEvents(listener.context(), since), now)
      for (const notification of missed.map(missedBedNotification))
        if (this.wants(notification.category)) this.emit(notification)
      if (missed.length > 0) await this.save()
    } catch {
      // The next check tries again.
    }
  }

  private get userId(): string | undefined {
    return this.listener?.userId()
  }

  private parse(form: JsonObject): Notification | undefined {
    const { userId } = this
    return userId === undefined ? undefined : parseWebhookBody(form, userId)
  }

  private wants(category: number): boolean {
    return this.listener?.wanted.includes(category) ?? false
  }

  /** For what may have been missed since then, in Unix seconds. */
  private emitCatchUp(category: number, since: number): void {
    const { userId } = this
    if (userId !== undefined) this.emit(catchUpOf(category, userId, since, this.now()))
  }

  private emit(notification: Notification): void {
    this.listener?.send(messageOf(notification))
  }

  private save(): Promise<void> {
    this.options.record.beds = this.beds.all()
    return this.options.save()
  }

  /** Unix seconds. */
  private now(): number {
    return Math.floor(this.options.clock.now() / 1000)
  }
}

/** Requests that Withings allows in a minute (withings-api.md §2.8). */
const MOST = 120

/**
 * Lets at most 120 notifications about data of one category pass in a minute: each causes a request. What is above
 * becomes one at the end of the minute, so however many come, the nodes behind have a bounded number to work off.
 */
export class RateLimit {
  private readonly minutes = new Map<number, { began: number; count: number }>()

  /** `release` is called with a category and the time of the first one above the limit, Unix milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly release: (category: number, since: number) => void
  ) {}

  passes(category: number): boolean {
    const now = this.clock.now()
    let minute = this.minutes.get(category)
    if (!minute || now - minute.began >= MINUTE_MS || now < minute.began) {
      minute = { began: now, count: 0 }
      this.minutes.set(category, minute)
    }
    minute.count += 1
    if (minute.count === MOST + 1)
      void this.clock.sleep(minute.began + MINUTE_MS - now).then(() => this.release(category, now))
    return minute.count <= MOST
  }
}
