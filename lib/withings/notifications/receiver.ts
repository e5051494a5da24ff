import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock'
import type { JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import {
  type BedEvent,
  LastBedEvents,
  bedEventOf,
  fetchBedEvents,
  isBedCategory,
  missedBedNotification
} from './bed-events'
import { BED_IN, categoryOf, SLEEP } from './categories'
import {
  catchUpOf,
  endsLogin,
  messageOf,
  type Notification,
  type NotificationMessage,
  parseWebhookBody,
  RecentDeliveries
} from './notification'
import type { PendingDeliveries, PendingDelivery } from './pending-deliveries'

/** The node while it runs. */
export interface Listener {
  wanted: readonly number[]
  /** The linked user; undefined: nobody is linked. */
  userId(): string | undefined
  /** Throws NOT_CONFIGURED or LOGIN_NEEDED. */
  context(): FetchContext
  send(message: NotificationMessage): void
  /** The user withdrew the access, or so the notification says. */
  unlinked(): void
}

/** What has to be known after a restart. */
export interface ReceiverState {
  /** Unix seconds; until then nothing can have been missed. 0: nothing was heard yet. */
  heardUntil: number
  beds: BedEvent[]
}

export interface ReceiverOptions {
  heard: ReceiverState
  pending: PendingDeliveries
  /** Writes down what was heard; never rejects. */
  save(): Promise<void>
  clock: Clock
}

const HOUR = 3_600
const DAY = 24 * HOUR
/** The sleep data of so long are looked through for lost bed events. */
const LONGEST_LOOK_BACK = 30 * DAY
const SHORTEST_LOOK_BACK = 36 * HOUR

/**
 * Tells a node what Withings posts: once, a bed never back to an older state, and not more than anybody could fetch. It
 * takes deliveries while the node is being restarted as well.
 */
export class Receiver {
  /** Categories whose nodes have not been told yet to catch up. */
  readonly behind = new Set<number>()
  private readonly beds: LastBedEvents
  private readonly repeats = new RecentDeliveries()
  private readonly flood: RateLimit
  private listener: Listener | undefined

  constructor(private readonly parts: ReceiverOptions) {
    this.beds = new LastBedEvents(parts.heard.beds)
    this.flood = new RateLimit(parts.clock, (category, since) => {
      if (isBedCategory(category)) return this.release()
      if (this.listener?.userId() === undefined) this.behind.add(category)
      else this.tellCatchUp(category, Math.floor(since / 1000))
    })
  }

  /**
   * Withings has posted this. Resolves when it may be answered: nothing of it is lost with the process any more. False:
   * Withings is to try again later.
   */
  async receive(form: JsonObject): Promise<boolean> {
    if (!this.listener) return this.parts.pending.add(form)
    const told = this.work(form)
    // Node-RED hands messages over a turn later.
    await nextTurn()
    if (told && isBedCategory(told.category)) await this.save()
    return true
  }

  /** From now on notifications are told to this node. */
  attach(listener: Listener): void {
    this.listener = listener
    this.release()
  }

  /** The node stops, and may come back. */
  detach(): void {
    this.listener = undefined
  }

  /** Nothing was missed until now, once the nodes behind have fetched what changed in these categories. */
  async catchUp(behind: readonly number[]): Promise<void> {
    if (this.listener?.userId() === undefined) return
    this.release()
    const now = this.now()
    const { heard } = this.parts
    for (const category of behind) {
      if (categoryOf(category).kind === 'data') this.tellCatchUp(category, heard.heardUntil || now)
    }
    // Who never heard of a bed has not lost anything.
    if (heard.heardUntil > 0) await this.correctBeds(heard.heardUntil)
    heard.heardUntil = now
    await this.save()
  }

  /** Gives what was told of it. */
  private work(form: JsonObject): Notification | undefined {
    const notification = this.read(form)
    if (!notification) return undefined
    const { category } = notification
    // Also where nobody wants to hear of it: the login is gone all the same.
    if (endsLogin(notification)) this.listener?.unlinked()
    if (!this.wants(category) || this.repeats.isDuplicate(notification, this.parts.clock.now())) return undefined
    if (isBedCategory(category)) return this.workBed(form, notification)
    if (categoryOf(category).kind !== 'event' && !this.flood.passes(category)) return undefined
    this.tell(notification)
    if (category === SLEEP) void this.correctBeds(this.now())
    return notification
  }

  private workBed(form: JsonObject, notification: Notification): Notification | undefined {
    const event = bedEventOf(notification)
    if (!event || !this.beds.isNew(event, this.now())) return undefined
    // In and out count together, so that they stay in order.
    if (this.flood.passes(BED_IN)) return this.tellBed(notification)
    // One that names no user is nobody's any more after another login.
    this.parts.pending.addBed({ ...form, userid: event.userId }, event, this.beds.isKnown(event))
    return undefined
  }

  private tellBed(notification: Notification): Notification | undefined {
    const event = bedEventOf(notification)
    if (!event || !this.beds.accept(event, this.now())) return undefined
    this.tell(notification)
    return notification
  }

  /** Tells what could not be told when it came. */
  private release(): void {
    if (this.listener?.userId() === undefined) return
    const taken = this.parts.pending.take()
    for (const { form, bed } of taken) {
      const notification = bed && this.read(form)
      if (!bed) this.work(form)
      else if (notification && this.wants(notification.category)) this.tellBed(notification)
    }
    void this.settle(taken)
  }

  private async settle(taken: readonly PendingDelivery[]): Promise<void> {
    if (taken.length === 0) return
    await nextTurn()
    await this.save()
    this.parts.pending.drop(taken)
  }

  /** Looks whether the sleep data know of events that never arrived; it need not succeed. */
  private async correctBeds(heardUntil: number): Promise<void> {
    const { listener } = this
    if (!listener?.wanted.some(isBedCategory)) return
    const now = this.now()
    const since = Math.max(Math.min(heardUntil, now - SHORTEST_LOOK_BACK), now - LONGEST_LOOK_BACK)
    try {
      const lost = this.beds.takeMissed(await fetchBedEvents(listener.context(), since), now)
      for (const notification of lost.map(missedBedNotification))
        if (this.wants(notification.category)) this.tell(notification)
      if (lost.length > 0) await this.save()
    } catch {
      // The next check tries again.
    }
  }

  /** What the form says about the linked user. */
  private read(form: JsonObject): Notification | undefined {
    const userId = this.listener?.userId()
    return userId === undefined ? undefined : parseWebhookBody(form, userId)
  }

  private wants(category: number): boolean {
    return this.listener?.wanted.includes(category) ?? false
  }

  /** For what may have been missed since then, in Unix seconds. */
  private tellCatchUp(category: number, since: number): void {
    const userId = this.listener?.userId()
    if (userId !== undefined) this.tell(catchUpOf(category, userId, since, this.now()))
  }

  private tell(notification: Notification): void {
    this.listener?.send(messageOf(notification))
  }

  private save(): Promise<void> {
    this.parts.heard.beds = this.beds.all()
    return this.parts.save()
  }

  /** Unix seconds. */
  private now(): number {
    return Math.floor(this.parts.clock.now() / 1000)
  }
}

/** Withings lets nobody fetch more often in a minute (withings-api.md §2.8). */
const MOST = 120
const MINUTE = 60_000

interface Minute {
  began: number
  count: number
  /** The first that was held back, Unix milliseconds. */
  heldSince: number | undefined
}

/**
 * Lets at most 120 notifications about data of one category pass in a minute: behind each waits a request. What is
 * above is put together into one at the end of the minute, so however many come, the nodes behind have a bounded
 * number to work off.
 */
export class RateLimit {
  private readonly minutes = new Map<number, Minute>()

  /** `release` is called with a category and the first moment that was held back, Unix milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly release: (category: number, since: number) => void
  ) {}

  /** Whether it may pass. */
  passes(category: number): boolean {
    const now = this.clock.now()
    let minute = this.minutes.get(category)
    if (!minute || now - minute.began >= MINUTE || now < minute.began) {
      minute = { began: now, count: 0, heldSince: undefined }
      this.minutes.set(category, minute)
    }
    minute.count += 1
    if (minute.count <= MOST) return true
    if (minute.heldSince === undefined) {
      minute.heldSince = now
      void this.clock.sleep(minute.began + MINUTE - now).then(() => this.release(category, now))
    }
    return false
  }
}
