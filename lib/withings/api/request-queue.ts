import { type Clock, MINUTE_MS } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { onAbort } from '../../base/timeout'

/** Who goes first when requests wait: a push or a click, then polling, then an import. */
export type Priority = 'token' | 'user' | 'poll' | 'import'

const ranks: Readonly<Record<Priority, number>> = { token: 0, user: 1, poll: 2, import: 3 }

/** Withings' limits per client id (withings-api.md §2.8, §3), in milliseconds with a margin for the last bytes on their way. */
const REQUESTS_PER_WINDOW = 120
const WINDOW = MINUTE_MS + 500
export const REPEAT_PAUSE = 10_250
/** A token bucket: so many requests go at once, then one each 625 ms, which makes 116 in a minute. */
const BURST = 20
const REFILL_INTERVAL = 625
/** Places in the burst and in the minute that polls and imports leave free for users. */
const RESERVED_FOR_USERS = 16
/** Fail at once instead of waiting for a longer pause. */
const LONGEST_WAIT = MINUTE_MS

export interface Turn {
  /** May rise while the request waits: `RequestQueue.raise`. */
  priority: Priority
  /** The same for equal requests, which Withings refuses within 10 s. */
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
  /** Requests that count, in the order of their answers; Infinity: not answered yet. */
  private sent: { identity: string | undefined; answeredAt: number }[] = []
  /** When the bucket is full again. */
  private fullAt = -Infinity
  private pausedUntil = 0
  private cancelPump: (() => void) | undefined

  /** `clock`: a monotonic one. */
  constructor(private readonly clock: Clock) {}

  /** Calls `send` in its turn; `signal` ends only the wait. Rejects with RATE_LIMITED in a pause of over a minute. */
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

  /** Whether callers fail instead of waiting for the end of the pause. */
  get isPausedForLong(): boolean {
    return this.pauseLeft > LONGEST_WAIT
  }

  /** Milliseconds that a pause still lasts. */
  get pauseLeft(): number {
    return Math.max(0, this.pausedUntil - this.clock.now())
  }

  private async count<T>({ identity }: Turn, send: () => Promise<T>): Promise<T> {
    const request = { identity, answeredAt: Infinity }
    this.sent.push(request)
    this.fullAt = Math.max(this.fullAt, this.clock.now()) + REFILL_INTERVAL
    try {
      return await send()
    } finally {
      request.answeredAt = this.clock.now()
      this.sent.sort((a, b) => (a.answeredAt < b.answeredAt ? -1 : a.answeredAt > b.answeredAt ? 1 : 0))
      if (this.waiting.length > 0) this.pump()
    }
  }

  private pump(): void {
    const now = this.clock.now()
    this.sent = this.sent.filter(({ answeredAt }) => answeredAt + WINDOW > now)
    this.waiting = [...this.waiting].sort((a, b) => ranks[a.turn.priority] - ranks[b.turn.priority])
    const next = () => this.waiting.find(entry => this.allowedAt(entry) <= now)
    for (let entry = next(); entry; entry = next()) entry.start()
    const wait = Math.min(...this.waiting.map(entry => this.allowedAt(entry))) - now
    // Infinity: each answer pumps again.
    this.cancelPump?.()
    if (wait < Infinity) this.cancelPump = this.clock.after(Math.max(1, wait), () => this.pump())
  }

  private allowedAt({ turn: { priority, identity } }: Waiting): number {
    const reserved = ranks[priority] <= ranks.user ? 0 : RESERVED_FOR_USERS
    const excess = this.sent.length - (REQUESTS_PER_WINDOW - reserved)
    const repeated = identity === undefined ? [] : this.sent.filter(other => other.identity === identity)
    return Math.max(
      this.fullAt - (BURST - reserved - 1) * REFILL_INTERVAL,
      (this.sent[excess]?.answeredAt ?? -Infinity) + WINDOW,
      ...repeated.map(({ answeredAt }) => answeredAt + REPEAT_PAUSE),
      this.pausedUntil
    )
  }
}

function longPause(): CodedError {
  return new CodedError('RATE_LIMITED', null)
}
