import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NodeAPI } from 'node-red'
import { systemClock } from '../clock'
import { fetchBedEvents } from '../withings/bed-nights'
import { bedEventOf, isBedCategory, lostBedNotification } from '../withings/bed-notifications'
import { BedStates, type BedEvent } from '../withings/bed-states'
import type { FetchContext } from '../withings/fetch-context'
import { PendingBeds } from '../withings/pending-beds'
import { asObject, type JsonObject } from '../withings/json'
import {
  catchUpOf,
  messageOf,
  parseDelivery,
  type Notification,
  type NotificationMessage
} from '../withings/notification'
import { BED_IN, categoryOf, SLEEP } from '../withings/notify-categories'
import { NotifyFlood } from '../withings/notify-flood'
import { NotifyInbox } from '../withings/notify-inbox'
import { Repeats } from '../withings/repeats'
import { notifyRecords, type NotifyRecord } from './notify-records'
import { addReceiver, removeReceiver, type Receiver } from './notify-routes'

/** The node while it runs. */
export interface Listener {
  wanted: readonly number[]
  /** The linked user; undefined: nobody is linked. */
  userId(): string | undefined
  /** Throws NOT_CONFIGURED or LOGIN_NEEDED. */
  context(): FetchContext
  send(message: NotificationMessage): void
  /** What arrives is not kept on disk any more, and why. */
  volatile(detail: string): void
  failed(error: unknown): void
  /** The user withdrew the access, or so the notification says. */
  unlinked(): void
}

const HOUR = 3_600
const DAY = 24 * HOUR
/** The sleep data of so long are looked through for lost bed events. */
const LONGEST_LOOK_BACK = 30 * DAY
const SHORTEST_LOOK_BACK = 36 * HOUR
const SECOND = 1_000
/** Notifications between which other work of the process gets its turn. */
const BURST = 50

const secondsNow = (): number => Math.floor(Date.now() / 1000)

/**
 * What a withings-notification node is between two deploys as well: it takes deliveries while the node is being
 * restarted, and knows the beds.
 */
export class NotifyHost implements Receiver {
  readonly record: NotifyRecord
  /** Categories whose nodes have not been told yet to catch up. */
  readonly behind = new Set<number>()
  private readonly inbox: NotifyInbox
  private readonly beds: BedStates
  private readonly repeats = new Repeats()
  private readonly pendingBeds = new PendingBeds()
  /** What was taken from the inbox before the first of these; the rest stays on disk until they are told. */
  private pendingFrom: number | undefined
  private readonly flood = new NotifyFlood(systemClock, (category, since) => {
    if (isBedCategory(category)) return this.releaseBeds()
    const userId = this.listener?.userId()
    if (userId === undefined) this.behind.add(category)
    else this.tell(catchUpOf(category, userId, Math.floor(since / 1000), secondsNow()))
  })
  private listener: Listener | undefined
  /** Why what arrives is not kept on disk. */
  private volatile: string | undefined
  private draining = false
  /** A write that has not begun yet. */
  private saving: Promise<void> | undefined
  /** One that has. */
  private writing: Promise<void> | undefined
  private rested: Promise<void> = Promise.resolve()
  private pause = new AbortController()

  constructor(
    private readonly RED: NodeAPI,
    private readonly id: string,
    account: string
  ) {
    this.record = notifyRecords(RED).get(id) ?? freshRecord(account)
    this.beds = new BedStates(this.record.beds)
    this.inbox = new NotifyInbox(fileOf(RED, id), detail => {
      this.volatile = detail
      this.listener?.volatile(detail)
    })
    this.inbox.toldBefore.forEach(line => this.noteTold(line))
    addReceiver(this.record.secret, this)
  }

  /** Withings has posted this; it is safe when this returns true. */
  receive(form: JsonObject): boolean {
    const taken = this.inbox.add(JSON.stringify(form))
    this.drainSoon()
    return taken
  }

  /** From now on notifications are told to this node. */
  attach(listener: Listener): void {
    this.listener = listener
    if (this.volatile !== undefined) listener.volatile(this.volatile)
    this.pause = new AbortController()
    this.releaseBeds()
    this.drainSoon()
  }

  /** The node stops, and may come back. Resolves when all is written down. */
  async detach(): Promise<void> {
    this.listener = undefined
    this.pause.abort(new Error('closing'))
    await this.save()
    this.inbox.close()
  }

  /** The node is gone. */
  remove(): void {
    removeReceiver(this.record.secret)
    this.inbox.remove()
  }

  private drainSoon(): void {
    setImmediate(() => {
      this.drain().catch((error: unknown) => this.listener?.failed(error))
    })
  }

  /** Resolves when the record as it is now is written; what cannot be written is tried with the next change. */
  save(): Promise<void> {
    this.saving ??= this.write()
    return this.saving
  }

  /** Nothing was missed until now, once the nodes behind have fetched what changed in these categories. */
  async catchUp(behind: readonly number[]): Promise<void> {
    const userId = this.listener?.userId()
    if (userId === undefined) return
    this.releaseBeds()
    const now = secondsNow()
    const { heardUntil } = this.record
    for (const category of behind) {
      if (categoryOf(category).kind === 'data') this.tell(catchUpOf(category, userId, heardUntil || now, now))
    }
    // Who never heard of a bed has not lost anything.
    if (heardUntil > 0) await this.correctBeds(heardUntil)
    this.record.heardUntil = now
    await this.save()
  }

  private async drain(): Promise<void> {
    if (this.draining) return
    this.draining = true
    try {
      while (this.listener !== undefined && !this.inbox.isEmpty) {
        const lines = this.inbox.take(BURST)
        for (const line of lines) this.work(line, this.listener)
        // Node-RED hands messages over a turn later.
        await nextTurn()
        this.inbox.told(lines.length)
      }
    } finally {
      this.draining = false
    }
    if (!this.saving && !this.writing) this.settle(this.inbox.taken)
  }

  private settle(taken: number): void {
    this.inbox.settled(Math.min(taken, this.pendingFrom ?? taken))
  }

  private work(line: string, listener: Listener): void {
    const userId = listener.userId()
    const notification = userId === undefined ? undefined : parseDelivery(parseLine(line), userId)
    if (!notification) return
    // Also where nobody wants to hear of it: the login is gone all the same.
    if (endsLogin(notification)) listener.unlinked()
    if (!listener.wanted.includes(notification.category)) return
    if (this.repeats.isRepeat(notification, Date.now())) return
    if (isBedCategory(notification.category)) {
      return this.workBed(notification)
    }
    const { kind } = categoryOf(notification.category)
    if (kind !== 'event' && !this.flood.passes(notification.category)) return
    this.tell(notification)
    if (notification.category === SLEEP) void this.correctBeds(secondsNow())
  }

  private workBed(notification: Notification): void {
    const event = bedEventOf(notification)
    if (!event || !this.beds.isNew(event, secondsNow())) return
    // In and out count together, so that they stay in order.
    if (this.flood.passes(BED_IN)) return this.tellBed(event, notification)
    this.pendingFrom ??= this.inbox.taken - BURST
    this.pendingBeds.add(event, notification, this.beds.isKnown(event))
  }

  /** Those of another login than the one of now are nobody's any more. */
  private releaseBeds(): void {
    const userId = this.listener?.userId()
    if (!this.listener || userId === undefined) return
    this.pendingFrom = undefined
    for (const { event, notification } of this.pendingBeds.takeAll()) {
      const isWanted = this.listener.wanted.includes(notification.category)
      if (isWanted && event.userId === userId) this.tellBed(event, notification)
    }
  }

  private tellBed(event: BedEvent, notification: Notification): void {
    if (!this.beds.take(event, secondsNow())) return
    this.tell(notification)
    this.keepBeds()
  }

  /** Looks whether the sleep data know of events that never arrived; it need not succeed. */
  private async correctBeds(heardUntil: number): Promise<void> {
    const { listener } = this
    const userId = listener?.userId()
    if (!listener || userId === undefined || !listener.wanted.some(isBedCategory)) return
    const now = secondsNow()
    const since = Math.max(Math.min(heardUntil, now - SHORTEST_LOOK_BACK), now - LONGEST_LOOK_BACK)
    try {
      const events = await fetchBedEvents(listener.context(), since)
      const lost = this.beds.correct(events, now)
      for (const event of lost) {
        const notification = lostBedNotification(event)
        if (listener.wanted.includes(notification.category)) this.tell(notification)
      }
      if (lost.length > 0) this.keepBeds()
    } catch {
      // The next check tries again.
    }
  }

  /** The process before has told this and could not note it any more, or held it back: a bed is told once more. */
  private noteTold(line: string): void {
    const form = parseLine(line)
    const notification = parseDelivery(form, String(form.userid))
    if (!notification || !isBedCategory(notification.category)) return
    const event = bedEventOf(notification)
    if (!event || !this.beds.isNew(event, secondsNow())) return
    this.pendingFrom = 0
    this.pendingBeds.add(event, notification, this.beds.isKnown(event))
  }

  private tell(notification: Notification): void {
    this.listener?.send(messageOf(notification))
  }

  private keepBeds(): void {
    this.record.beds = this.beds.all()
    void this.save()
  }

  /** Once a second at most, for Node-RED writes all its settings each time; what is not noted yet is in the inbox. */
  private async write(): Promise<void> {
    await this.rested
    // What changes from now on needs another time.
    this.saving = undefined
    const { taken } = this.inbox
    const { signal } = this.pause
    this.writing = notifyRecords(this.RED).set(this.id, this.record)
    const done = this.writing.catch(() => undefined)
    this.rested = done.then(() => systemClock.sleep(SECOND, signal)).catch(() => undefined)
    await done
    this.writing = undefined
    this.settle(taken)
  }
}

function endsLogin({ category, action }: Notification): boolean {
  return categoryOf(category).kind === 'user' && (action === 'unlink' || action === 'delete')
}

function freshRecord(account: string): NotifyRecord {
  const secret = randomBytes(24).toString('base64url')
  return { account, secret, url: '', former: [], known: [], heardUntil: 0, beds: [] }
}

function fileOf(RED: NodeAPI, id: string): string | undefined {
  const { userDir } = RED.settings as { userDir?: unknown }
  if (typeof userDir !== 'string' || userDir === '') return undefined
  return join(userDir, 'withings-notifications', `${id.replace(/[^\w-]/g, '_')}.jsonl`)
}

function parseLine(line: string): JsonObject {
  try {
    return asObject(JSON.parse(line)) ?? {}
  } catch {
    return {}
  }
}
