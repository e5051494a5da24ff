import { setImmediate as nextTurn } from 'node:timers/promises'
import { PORTION } from '../base/slices'
import type { Publication, State } from './model/states'
import type { Delivery } from './outbox/deliveries'
import { type Outbox, outboxFull } from './outbox/outbox'
import type { Outgoing } from './outbox/persistent-queue'

/** Puts announcements and states into the outbox, and waits for room while the broker takes what is in it. */
export class OutboxFeed {
  /** Settles when the broker has what was last put into the outbox, or is away; never rejects. */
  private lastDelivery: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly outbox: Outbox,
    /** Called with each state that the outbox has accepted. */
    private readonly queued: (state: State) => void
  ) {}

  /** Throws OUTBOX_FULL. The result may be ignored. */
  addConfigs(configs: readonly Publication[]): Promise<Delivery> {
    return this.add(configs.map(publication => ({ kind: 'config', publication })))
  }

  /** In parts, so that a long message does not fill the outbox. Rejects with OUTBOX_FULL while the broker is away. */
  async addStates(states: readonly State[]): Promise<Promise<Delivery>[]> {
    const deliveries: Promise<Delivery>[] = []
    for (let rest = states; rest.length > 0;) {
      await this.makeRoom(1)
      const part = rest.slice(0, Math.min(PORTION, this.outbox.room))
      if (part.length === 0 || !this.outbox.takes(rest.length)) throw outboxFull(rest.length)
      rest = rest.slice(part.length)
      deliveries.push(this.add(part.map(state => ({ kind: 'state', state }))))
      for (const state of part) this.queued(state)
      if (rest.length > 0) await nextTurn()
    }
    return deliveries
  }

  /** Waits once for the broker where there is no room for so many. */
  async makeRoom(count: number): Promise<void> {
    if (this.outbox.room < count) await this.lastDelivery
  }

  private add(outgoing: readonly Outgoing[]): Promise<Delivery> {
    const delivery = this.outbox.add(outgoing)
    this.lastDelivery = delivery.catch(() => undefined)
    return delivery
  }
}
