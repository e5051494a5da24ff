import type { Clock } from '../clock'
import { CodedError } from '../errors'

/** Who goes first when requests wait: a push or a click, then polling, then an import. */
export type Priority = 'token' | 'user' | 'poll' | 'import'

const ranks: Readonly<Record<Priority, number>> = { token: 0, user: 1, poll: 2, import: 3 }

/** Withings' limits a client id (withings-api.md §2.8, §3), with a margin for what the network shifts. */
const REQUESTS_A_MINUTE = 120
/** Of these, so many are kept for tokens: the code of a login lives 30 s, and without a token nothing goes on. */
const KEPT_FOR_TOKENS = 4
const MINUTE = 60_500
export const REPEAT_PAUSE = 10_250
/** Nobody waits for a longer pause without a word. */
const LONGEST_WAIT = 60_000

interface Waiting {
  rank: number
  identity: string | undefined
  start: () => void
  refuse: (error: CodedError) => void
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

  /** `clock`: one that nobody sets, or a set-back would be a pause. */
  constructor(private readonly clock: Clock) {}

  /**
   * Resolves when the request may be sent, and counts it as sent. Rejects with RATE_LIMITED when Withings asked for
   * a pause of more than a minute.
   */
  turn(priority: Priority, identity: string | undefined, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        rank: ranks[priority],
        identity,
        start: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        refuse: error => {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        }
      }
      const onAbort = () => {
        const index = this.waiting.indexOf(entry)
        if (index >= 0) this.waiting.splice(index, 1)
        reject(signal?.reason as Error)
      }
      if (signal?.aborted) return onAbort()
      if (this.isPausedForLong) return reject(longPause())
      signal?.addEventListener('abort', onAbort, { once: true })
      const after = this.waiting.findIndex(other => other.rank > entry.rank)
      this.waiting.splice(after < 0 ? this.waiting.length : after, 0, entry)
      this.pump()
    })
  }

  /** After a 601: nothing goes out for `ms`. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms)
    if (!this.isPausedForLong) return
    this.waiting.splice(0).forEach(entry => entry.refuse(longPause()))
    this.wake?.abort()
  }

  /** Whether a pause lasts longer than anybody should wait without a word. */
  get isPausedForLong(): boolean {
    return this.pauseLeft > LONGEST_WAIT
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
    while (this.waiting.length > 0) {
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
    const next = Math.min(...this.waiting.map(entry => this.allowedAt(entry)))
    const wake = new AbortController()
    this.wake = wake
    this.clock.sleep(Math.max(1, next - now), wake.signal).then(
      () => this.pump(),
      () => undefined
    )
  }

  /** When the minute has room again for it, no pause is on, and it is no repetition. */
  private allowedAt({ rank, identity }: Waiting): number {
    const most = rank === ranks.token ? REQUESTS_A_MINUTE : REQUESTS_A_MINUTE - KEPT_FOR_TOKENS
    const nth = this.sentAt[this.sentAt.length - most]
    const last = identity === undefined ? undefined : this.lastSent.get(identity)
    return Math.max(
      nth === undefined ? 0 : nth + MINUTE,
      last === undefined ? 0 : last + REPEAT_PAUSE,
      this.pausedUntil
    )
  }

  private forget(now: number): void {
    while (this.sentAt.length > 0 && (this.sentAt[0] as number) + MINUTE <= now) this.sentAt.shift()
    for (const [identity, at] of this.lastSent) if (at + REPEAT_PAUSE <= now) this.lastSent.delete(identity)
  }
}

function longPause(): CodedError {
  return new CodedError('RATE_LIMITED', 'Withings asked for a long pause.')
}
