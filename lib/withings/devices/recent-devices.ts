import { type Clock, MINUTE_MS } from '../../base/clock'
import { withTimeout } from '../../base/timeout'
import type { Device } from './devices'

interface Known {
  readonly at: number
  readonly devices: readonly Device[]
  /** What the last request failed with. */
  readonly failure?: unknown
}

const FRESH = 5 * MINUTE_MS
/** Milliseconds that an answer waits for Withings; what comes later is reported as a change. */
const PATIENCE = 2_500
const LATE = new Error('later')

export interface RecentDevicesOptions {
  fetch(account: string, userId: string): Promise<Device[]>
  /** Devices, or a failure, came after the one who asked had his answer. */
  changed(): void
  clock: Clock
}

/** The devices of each Withings user for people who look: asked for when old, never on a schedule. */
export class RecentDevices {
  private readonly known = new Map<string, Known>()
  private readonly running = new Map<string, Promise<void>>()

  constructor(private readonly parts: RecentDevicesOptions) {}

  /** What is known, once Withings answered or took too long. Never rejects. */
  async devicesOf(account: string, userId: string, fresh = false): Promise<readonly Device[]> {
    const known = this.known.get(userId)
    if (fresh || known === undefined || this.parts.clock.now() - known.at > FRESH)
      await this.update(account, userId)
    return this.known.get(userId)?.devices ?? []
  }

  /** What the last request for the devices of this user failed with; undefined when it went well. */
  failureOf(userId: string): unknown {
    return this.known.get(userId)?.failure
  }

  private async update(account: string, userId: string): Promise<void> {
    const running = this.running.get(userId) ?? this.start(account, userId)
    const { clock } = this.parts
    const inTime = withTimeout({ clock, limit: PATIENCE, late: LATE }, () => running)
    await inTime.catch(() => void running.then(() => this.parts.changed()))
  }

  private start(account: string, userId: string): Promise<void> {
    const keep = (devices: readonly Device[], failure?: unknown): void =>
      void this.known.set(userId, { at: this.parts.clock.now(), devices, failure })
    const run = this.parts
      .fetch(account, userId)
      .then(devices => keep(devices))
      // It is not asked again at once either.
      .catch((error: unknown) => keep(this.known.get(userId)?.devices ?? [], error))
      .finally(() => this.running.delete(userId))
    this.running.set(userId, run)
    return run
  }
}
