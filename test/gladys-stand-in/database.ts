import { setTimeout as pause } from 'node:timers/promises'
import type { Household } from './household'
import { type Device, type Feature, Refusal, type StoredState } from './types'

/** How slow and how touchy the database is; the defaults are what was measured of the real one, or unkinder. */
export interface DatabaseOptions {
  /** What arrives faster waits in memory, and is lost with the process. */
  storesPerSecond: number
  /** Milliseconds that saving a device takes. */
  saveTakes: number
  /** So long after a value has arrived, every second saving of a device fails, the first one too. */
  busyFor: number
  /** Milliseconds that the purge of a device's states takes. */
  purgeTakes: number
  /** Milliseconds since 1970. */
  now: () => number
}

export const databaseDefaults: DatabaseOptions = {
  storesPerSecond: 200,
  saveTakes: 40,
  busyFor: 1_000,
  purgeTakes: 200,
  now: Date.now
}

const MOST_STATES_OF_A_DELETED_DEVICE = 1_000
/** A timer that comes late may catch up so many milliseconds. */
const CATCH_UP = 20

interface Arrival {
  feature: string
  state: StoredState
  at: number
}

/**
 * What happens between Gladys's doors and its household: values wait for their turn, and saving a device takes a
 * moment. A historical value that becomes the newest of its feature within that moment is a deadlock: nothing is
 * stored, saved or answered any more until Gladys starts again. First values, live ones and older ones do not do that.
 */
export class Database {
  private readonly arrived: Arrival[] = []
  private readonly eventsOf = new Map<string, number>()
  private running = new AbortController()
  private saving = 0
  private deadlocked = false
  private lastArrival = -Infinity
  private savesWhileBusy = 0
  private newest = 0
  private freeAt = 0
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly household: Household,
    private readonly options: DatabaseOptions,
    private readonly changed: () => void
  ) {}

  get hangs(): boolean {
    return this.deadlocked
  }

  /** Values that have arrived and are not stored yet. */
  get waiting(): number {
    return this.arrived.length
  }

  /** Values that became the last one of their feature, each an event for every open dashboard. */
  websocketEvents(feature: string): number {
    return this.eventsOf.get(feature) ?? 0
  }

  /** Milliseconds since 1970; no live value is dated later. */
  now(): number {
    return Math.max(this.options.now(), this.newest)
  }

  /** Ends with the process what was not stored or answered yet. */
  stop(): void {
    this.running.abort(new Error('Gladys went away'))
    this.running = new AbortController()
    clearTimeout(this.timer)
    this.timer = undefined
    this.arrived.length = 0
    this.deadlocked = false
    this.lastArrival = -Infinity
  }

  /** Resolves at once, or never while the database hangs; rejects when Gladys stops. */
  available(): Promise<void> {
    if (!this.deadlocked) return Promise.resolve()
    const { signal } = this.running
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    )
  }

  async save(body: unknown): Promise<Device> {
    const asSent = structuredClone(body)
    await this.available()
    if (this.isBusy() && ++this.savesWhileBusy % 2 === 1)
      throw new Refusal(500, 'SERVER_ERROR', 'SQLITE_BUSY: database is locked')
    this.saving += 1
    try {
      await this.pass(this.options.saveTakes)
      await this.available()
      return this.household.save(asSent)
    } finally {
      this.saving -= 1
      this.changed()
    }
  }

  /** A person saves again when it did not work. */
  async saveByPerson(body: () => unknown): Promise<Device> {
    for (;;)
      try {
        return await this.save(body())
      } catch (error) {
        if (!(error instanceof Refusal && error.status === 500)) throw error
      }
  }

  /** Refused while there are many states; those go in the background then. */
  delete(device: Device): void {
    const ids = device.features.map(({ external_id }) => external_id)
    const count = ids.reduce((sum, id) => sum + this.household.states.of(id).length, 0)
    if (count <= MOST_STATES_OF_A_DELETED_DEVICE) return this.household.delete(device)
    void this.pass(this.options.purgeTakes).then(
      () => {
        ids.forEach(id => this.household.states.delete(id))
        this.changed()
      },
      () => undefined
    )
    throw new Refusal(400, 'BAD_REQUEST', `${count} states in DB. Too much states!`)
  }

  /** Dated now. */
  takeLive(feature: Feature, value: number): void {
    this.take(feature, { created_at: this.moment(), value, kind: 'live' })
  }

  takeHistorical(feature: Feature, value: number, date: string): void {
    this.take(feature, { created_at: new Date(date).toISOString(), value, kind: 'historical' })
  }

  /** The last text of a feature, dated now; there is no history of texts. */
  takeText(feature: Feature, text: string): void {
    if (this.deadlocked) return
    feature.last_value_string = text
    feature.last_value_changed = this.moment()
    this.tell(feature)
  }

  private take({ external_id }: Feature, state: StoredState): void {
    this.lastArrival = this.options.now()
    this.arrived.push({ feature: external_id, state, at: this.lastArrival })
    this.storeNext()
  }

  private storeNext(): void {
    if (this.timer !== undefined) return
    while (this.arrived.length > 0 && !this.deadlocked) {
      const now = performance.now()
      if (now < this.freeAt) {
        this.timer = setTimeout(() => {
          this.timer = undefined
          this.storeNext()
          this.changed()
        }, this.freeAt - now)
        return
      }
      this.freeAt = Math.max(this.freeAt, now - CATCH_UP) + 1_000 / this.options.storesPerSecond
      this.store(this.arrived.shift()!)
    }
  }

  private store({ feature: id, state, at }: Arrival): void {
    const feature = this.household.feature(id)
    if (feature === undefined) return
    const { last_value_changed: last } = feature
    if (state.kind === 'live' || last === null || state.created_at > last) {
      if (state.kind === 'historical' && last !== null && this.saving > 0) {
        this.deadlocked = true
        return
      }
      feature.last_value = state.value
      feature.last_value_changed = state.created_at
      this.tell(feature)
    }
    if (feature.keep_history) this.household.states.store(id, state, at)
  }

  /** Lets time pass; rejects when Gladys stops. */
  private async pass(milliseconds: number): Promise<void> {
    const { signal } = this.running
    await pause(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted())
  }

  private tell({ external_id }: Feature): void {
    this.eventsOf.set(external_id, this.websocketEvents(external_id) + 1)
  }

  private isBusy(): boolean {
    return this.arrived.length > 0 || this.options.now() - this.lastArrival < this.options.busyFor
  }

  /** Now, and never twice the same. */
  private moment(): string {
    this.newest = Math.max(this.options.now(), this.newest + 1)
    return new Date(this.newest).toISOString()
  }
}
