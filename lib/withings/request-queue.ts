import type { Clock } from '../clock'

/** Who goes first when requests wait: a push or a click, then polling, then an import. */
export type Priority = 'token' | 'user' | 'poll' | 'import'

const ranks: Readonly<Record<Priority, number>> = { token: 0, user: 1, poll: 2, import: 3 }

/** Withings' limits a client id (withings-api.md §2.8, §3), with a margin for what the network shifts. */
const REQUESTS_A_MINUTE = 120
const MINUTE = 60_500
export const REPEAT_PAUSE = 10_250

interface Waiting {
  rank: number
  identity: string | undefined
  start: () => void
}

/**
 * Lets requests of one client id go when Withings' limits allow it: 120 a minute over all accounts, the same
 * request (`identity`) never within 10 s, none during a pause.
 */
export class RequestQueue {
  private readonly waiting: Waiting[] = []
  private readonly sentAt: number[] = []
  private readonly lastSent = new Map<string, number>()
  private pausedUntil = 0
  private wake: AbortController | undefined

  constructor(private readonly clock: Clock) {}

  /** Resolves when the request may be sent, and counts it as sent. */
  turn(priority: Priority, identity: string | undefined, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        rank: ranks[priority],
        identity,
        start: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
      }
      const onAbort = () => {
        const index = this.waiting.indexOf(entry)
        if (index >= 0) this.waiting.splice(index, 1)
        reject(signal?.reason as Error)
      }
      if (signal?.aborted) return onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      const after = this.waiting.findIndex(other => other.rank > entry.rank)
      this.waiting.splice(after < 0 ? this.waiting.length : after, 0, entry)
      this.pump()
    })
  }

  /** After a 601: nothing goes out for `ms`. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms)
  }

  /** Milliseconds that a pause still lasts. */
  get pauseLeft(): number {
    return Math.max(0, this.pausedUntil - this.clock.now())
  }

  private pump(): void {
    this.wake?.abort()
    this.wake = undefined
    const now = this.clock.now()
    this.forget(now)
    while (this.waiting.length > 0 && this.budgetAt() <= now) {
      const index = this.waiting.findIndex(entry => this.allowedAt(entry) <= now)
      if (index < 0) break
      const [entry] = this.waiting.splice(index, 1) as [Waiting]
      this.sentAt.push(now)
      if (entry.identity !== undefined) this.lastSent.set(entry.identity, now)
      entry.start()
    }
    if (this.waiting.length > 0) this.sleepUntilNextTurn(now)
  }

  private sleepUntilNextTurn(now: number): void {
    const next = Math.max(this.budgetAt(), Math.min(...this.waiting.map(entry => this.allowedAt(entry))))
    const wake = new AbortController()
    this.wake = wake
    this.clock.sleep(Math.max(1, next - now), wake.signal).then(
      () => this.pump(),
      () => undefined
    )
  }

  /** When the minute has room again and no pause is on. */
  private budgetAt(): number {
    const full = this.sentAt.length >= REQUESTS_A_MINUTE
    const room = full ? (this.sentAt[this.sentAt.length - REQUESTS_A_MINUTE] as number) + MINUTE : 0
    return Math.max(room, this.pausedUntil)
  }

  private allowedAt(entry: Waiting): number {
    const last = entry.identity === undefined ? undefined : this.lastSent.get(entry.identity)
    return last === undefined ? 0 : last + REPEAT_PAUSE
  }

  private forget(now: number): void {
    while (this.sentAt.length > 0 && (this.sentAt[0] as number) + MINUTE <= now) this.sentAt.shift()
    for (const [identity, at] of this.lastSent) if (at + REPEAT_PAUSE <= now) this.lastSent.delete(identity)
  }
}
