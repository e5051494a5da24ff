import type { Device } from '../withings/device'

interface Known {
  readonly at: number
  readonly devices: readonly Device[]
  /** What the last request failed with. */
  readonly failure?: unknown
}

const FRESH = 5 * 60_000
/** So long an answer waits for Withings; what comes later is told as a change. */
const PATIENCE = 2_500

export interface DeviceCacheParts {
  fetch(account: string, userId: string): Promise<Device[]>
  /** Devices, or a failure, came after the one who asked had his answer. */
  changed(): void
  now(): number
}

/** The devices of each Withings user for people who look: asked for when old, never on a schedule. */
export class DeviceCache {
  private readonly known = new Map<string, Known>()
  private readonly running = new Map<string, Promise<void>>()

  constructor(private readonly parts: DeviceCacheParts) {}

  /** What is known, once Withings answered or took too long. Never rejects. */
  async devicesOf(account: string, userId: string, fresh = false): Promise<readonly Device[]> {
    const known = this.known.get(userId)
    if (fresh || known === undefined || this.parts.now() - known.at > FRESH)
      await this.update(account, userId)
    return this.known.get(userId)?.devices ?? []
  }

  /** What the last request for the devices of this user failed with; undefined when it went well. */
  failureOf(userId: string): unknown {
    return this.known.get(userId)?.failure
  }

  private async update(account: string, userId: string): Promise<void> {
    const running = this.running.get(userId) ?? this.start(account, userId)
    let late = false
    const timer: { handle?: NodeJS.Timeout } = {}
    const patience = new Promise<void>(resolve => {
      timer.handle = setTimeout(() => {
        late = true
        resolve()
      }, PATIENCE)
    })
    const told = running.then(() => {
      if (late) this.parts.changed()
    })
    await Promise.race([told, patience])
    clearTimeout(timer.handle)
  }

  private start(account: string, userId: string): Promise<void> {
    const keep = (devices: readonly Device[], failure?: unknown): void =>
      void this.known.set(userId, { at: this.parts.now(), devices, failure })
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
