import type { JsonObject } from '../withings/json'
import type { AnnouncedDevice } from './announcement-store'
import type { Clock } from '../clock'
import type { GladysApi } from './http-api'
import { discoveredDeviceId } from './ids'
import type { JsonFile } from './json-file'

export interface ArrivalWatchOptions {
  api: Pick<GladysApi, 'devices'>
  /** What was announced so far, by identifier. */
  announced(): ReadonlyMap<string, AnnouncedDevice>
  /** Remembers over restarts which of them have arrived. */
  memory: Pick<JsonFile<JsonObject>, 'read' | 'write'>
  clock: Clock
  /** The user has added this device to Gladys. False: tell it again later. */
  arrived(device: AnnouncedDevice): boolean
}

const FIRST = 5_000
const EVERY = 60_000
const LONGEST = 3_600_000

/**
 * Finds out which announced devices the user has added: discovery tells nobody, but Gladys's HTTP API lists them.
 * Asks only while some are missing, and less and less often while Gladys does not answer. Never throws.
 */
export class ArrivalWatch {
  private readonly known: Set<string>
  private pause = EVERY
  private cancel: (() => void) | undefined
  private stopped = false

  constructor(private readonly options: ArrivalWatchOptions) {
    this.known = new Set(Object.keys(options.memory.read() ?? {}))
    this.next(FIRST)
  }

  stop(): void {
    this.stopped = true
    this.cancel?.()
  }

  /** Tells of it anew, should it be announced and be there. */
  forget(identifier: string): void {
    if (this.known.delete(identifier)) this.remember()
  }

  private next(pause: number): void {
    this.cancel = this.options.clock.after(pause, () => void this.check())
  }

  private async check(): Promise<void> {
    try {
      await this.look()
      this.pause = EVERY
    } catch {
      // The node says so itself when it needs Gladys for more than this.
      this.pause = Math.min(this.pause * 2, LONGEST)
    }
    if (!this.stopped) this.next(this.pause)
  }

  private async look(): Promise<void> {
    const missing = [...this.options.announced()].filter(([identifier]) => !this.known.has(identifier))
    if (missing.length === 0) return
    const there = new Set((await this.options.api.devices()).map(({ externalId }) => externalId))
    const arrived = missing.filter(
      ([identifier, device]) =>
        !this.stopped && there.has(discoveredDeviceId(identifier)) && this.options.arrived(device)
    )
    if (arrived.length === 0) return
    for (const [identifier] of arrived) this.known.add(identifier)
    this.remember()
  }

  private remember(): void {
    this.options.memory.write(Object.fromEntries([...this.known].map(identifier => [identifier, true])))
  }
}
