import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { onAbort } from '../../base/timeout'

/** Who goes first when requests wait: a push or a click, then polling, then an import. */
export type Priority = 'token' | 'user' | 'poll' | 'import'

const ranks: Readonly<Record<Priority, number>> = { token: 0, user: 1, poll: 2, import: 3 }

/** Withings' limits a client id (withings-api.md §2.8, §3), with a margin for the last bytes on their way. */
const REQUESTS_A_MINUTE = 120
const MINUTE = 60_500
export const REPEAT_PAUSE = 10_250
/** A token bucket: so many requests go at once, then one each 625 ms. That is 116 in a minute. */
const BURST = 20
const EVERY = 625
/** Places in the burst and in the minute that polls and imports leave free: what they take is there again within 2.5 s. */
const KEPT_FOR_USERS = 16
/** Fail at once instead of waiting for a longer pause. */
const LONGEST_WAIT = 60_000

export interface Turn {
  /** May rise while the request waits: `RequestQueue.raise`. */
  priority: Priority
  /** That of equal requests, which Withings refuses within 10 s. */
  readonly identity?: string | undefined
}

interface Waiting {
  turn: Turn
  start: () => void
  refuse: (error: Error) => void
}

/**
 * Lets requests of one client id go when Withings' limits allow it: spread, never more than 120 in a minute over all
 * accounts, the same request (`identity`) never within 10 s, none during a pause.
 *
 * Withings counts when a request arrives, which is some time between its start and its answer. So a request counts
 * from its start until a minute after its answer: whatever the network delays, no minute at Withings has more of them.
 */
export class RequestQueue {
  private waiting: readonly Waiting[] = []
  private unanswered = 0
  /** Oldest first. */
  private answeredAt: number[] = []
  /** When each request was answered; Infinity: not yet. */
  private readonly repeats = new Map<string, number>()
  /** When the whole burst is there again. */
  private fullAt = -Infinity
  private pausedUntil = 0
  private cancelPump: (() => void) | undefined

  /** `clock`: one that nobody sets, or a set-back would be a pause. */
  constructor(private readonly clock: Clock) {}

  /**
   * What `send` gives, called when the request may be sent. `signal` ends the wait, not `send`. Rejects with
   * RATE_LIMITED when Withings asked for a pause of more than a minute.
   */
  run<T>(turn: Turn, send: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      if (this.isPausedForLong) return reject(longPause())
      const leave = () => {
        stop()
        this.waiting = this.waiting.filter(other => other !== entry)
      }
      const start = () => {
        leave()
        resolve(this.count(turn, send))
      }
      const refuse = (error: Error) => {
        leave()
        reject(error)
      }
      const entry = { turn, start, refuse }
      const stop = onAbort(signal, refuse)
      this.waiting = [...this.waiting, entry]
      this.pump()
    })
  }

  /** Somebody is in more of a hurry now. */
  raise(turn: Turn, priority: Priority): void {
    if (ranks[priority] >= ranks[turn.priority]) return
    turn.priority = priority
    this.pump()
  }

  /** After a 601: nothing goes out for `ms`. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + ms)
    if (!this.isPausedForLong) return
    for (const { refuse } of this.waiting) refuse(longPause())
    this.cancelPump?.()
  }

  /** Whether a pause lasts longer than anybody should wait without a word. */
  get isPausedForLong(): boolean {
    return this.pauseLeft > LONGEST_WAIT
  }

  /** Milliseconds that a pause still lasts. */
  get pauseLeft(): number {
    return Math.max(0, this.pausedUntil - this.clock.now())
  }

  private async count<T>({ identity }: Turn, send: () => Promise<T>): Promise<T> {
    this.unanswered += 1
    this.fullAt = Math.max(this.fullAt, this.clock.now()) + EVERY
    if (identity !== undefined) this.repeats.set(identity, Infinity)
    try {
      return await send()
    } finally {
      const now = this.clock.now()
      this.unanswered -= 1
      this.answeredAt.push(now)
      if (identity !== undefined) this.repeats.set(identity, now)
      if (this.waiting.length > 0) this.pump()
    }
  }

  private pump(): void {
    const now = this.clock.now()
    this.answeredAt = this.answeredAt.filter(at => at + MINUTE > now)
    for (const [identity, at] of this.repeats) if (at + REPEAT_PAUSE <= now) this.repeats.delete(identity)
    this.waiting = [...this.waiting].sort((a, b) => ranks[a.turn.priority] - ranks[b.turn.priority])
    const next = () => this.waiting.find(entry => this.allowedAt(entry) <= now)
    for (let entry = next(); entry; entry = next()) entry.start()
    const wait = Math.min(...this.waiting.map(entry => this.allowedAt(entry))) - now
    // What waits for an answer is looked at again when that comes.
    this.cancelPump?.()
    if (wait < Infinity) this.cancelPump = this.clock.after(Math.max(1, wait), () => this.pump())
  }

  private allowedAt({ turn: { priority, identity } }: Waiting): number {
    const kept = ranks[priority] <= ranks.user ? 0 : KEPT_FOR_USERS
    const tooMany = this.unanswered + this.answeredAt.length - (REQUESTS_A_MINUTE - kept)
    return Math.max(
      this.fullAt - (BURST - kept - 1) * EVERY,
      tooMany < 0 ? 0 : (this.answeredAt[tooMany] ?? Infinity) + MINUTE,
      (this.repeats.get(identity ?? '') ?? -REPEAT_PAUSE) + REPEAT_PAUSE,
      this.pausedUntil
    )
  }
}

function longPause(): CodedError {
  return new CodedError('RATE_LIMITED', null)
}
