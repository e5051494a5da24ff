import type { Clock } from '../clock'
import { CodedError } from '../errors'

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
/** Nobody waits for a longer pause without a word. */
const LONGEST_WAIT = 60_000

/** How urgent a request is. It may become more urgent while it waits. */
export class Urgency {
  /** Set by the queue while the request waits in it. */
  onRaise: () => void = () => undefined

  constructor(private priority: Priority) {}

  get rank(): number {
    return ranks[this.priority]
  }

  raise(priority: Priority): void {
    if (ranks[priority] >= this.rank) return
    this.priority = priority
    this.onRaise()
  }
}

interface Waiting {
  urgency: Urgency
  identity: string | undefined
  start: () => void
  refuse: (error: CodedError) => void
}

/**
 * Lets requests of one client id go when Withings' limits allow it: spread, never more than 120 in a minute over all
 * accounts, the same request (`identity`) never within 10 s, none during a pause.
 *
 * Withings counts when a request arrives, which is some time between its start and its answer. So a request counts
 * from its start until a minute after its answer: whatever the network delays, no minute at Withings has more of them.
 */
export class RequestQueue {
  private readonly waiting: Waiting[] = []
  private unanswered = 0
  /** Oldest first. */
  private readonly answeredAt: number[] = []
  /** When each request was answered; Infinity: not yet. */
  private readonly repeats = new Map<string, number>()
  /** When the whole burst is there again. */
  private fullAt = -Infinity
  private pausedUntil = 0
  private wake: AbortController | undefined

  /** `clock`: one that nobody sets, or a set-back would be a pause. */
  constructor(private readonly clock: Clock) {}

  /**
   * What `send` gives, called when the request may be sent. `signal` ends the wait, not `send`. Rejects with
   * RATE_LIMITED when Withings asked for a pause of more than a minute.
   */
  async run<T>(
    urgency: Urgency,
    identity: string | undefined,
    send: () => Promise<T>,
    signal?: AbortSignal
  ): Promise<T> {
    await this.turn(urgency, identity, signal)
    try {
      return await send()
    } finally {
      this.answered(identity)
    }
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

  private turn(urgency: Urgency, identity: string | undefined, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        signal?.removeEventListener('abort', onAbort)
        urgency.onRaise = () => undefined
        how()
      }
      const refuse = (error: Error) => settle(() => reject(error))
      const entry: Waiting = { urgency, identity, start: () => settle(resolve), refuse }
      const onAbort = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1)
        refuse(signal?.reason as Error)
      }
      if (signal?.aborted) return reject(signal.reason as Error)
      if (this.isPausedForLong) return reject(longPause())
      signal?.addEventListener('abort', onAbort, { once: true })
      urgency.onRaise = () => this.pump()
      this.waiting.push(entry)
      this.pump()
    })
  }

  private answered(identity: string | undefined): void {
    const now = this.clock.now()
    this.unanswered -= 1
    this.answeredAt.push(now)
    if (identity !== undefined) this.repeats.set(identity, now)
    if (this.waiting.length > 0) this.pump()
  }

  private pump(): void {
    this.wake?.abort()
    const now = this.clock.now()
    this.forget(now)
    this.waiting.sort((a, b) => a.urgency.rank - b.urgency.rank)
    for (;;) {
      const index = this.waiting.findIndex(entry => this.allowedAt(entry) <= now)
      if (index < 0) break
      const [entry] = this.waiting.splice(index, 1) as [Waiting]
      this.unanswered += 1
      this.fullAt = Math.max(this.fullAt, now) + EVERY
      if (entry.identity !== undefined) this.repeats.set(entry.identity, Infinity)
      entry.start()
    }
    const next = Math.min(...this.waiting.map(entry => this.allowedAt(entry)))
    // What waits for an answer is looked at again when that comes.
    if (next < Infinity) this.wakeAfter(next - now)
  }

  private wakeAfter(ms: number): void {
    const wake = new AbortController()
    this.wake = wake
    this.clock.sleep(Math.max(1, ms), wake.signal).then(
      () => this.pump(),
      () => undefined
    )
  }

  private allowedAt({ urgency, identity }: Waiting): number {
    const kept = urgency.rank <= ranks.user ? 0 : KEPT_FOR_USERS
    const tooMany = this.unanswered + this.answeredAt.length - (REQUESTS_A_MINUTE - kept)
    return Math.max(
      this.fullAt - (BURST - kept - 1) * EVERY,
      tooMany < 0 ? 0 : (this.answeredAt[tooMany] ?? Infinity) + MINUTE,
      (this.repeats.get(identity ?? '') ?? -REPEAT_PAUSE) + REPEAT_PAUSE,
      this.pausedUntil
    )
  }

  private forget(now: number): void {
    while (this.answeredAt.length > 0 && (this.answeredAt[0] as number) + MINUTE <= now)
      this.answeredAt.shift()
    for (const [identity, at] of this.repeats) if (at + REPEAT_PAUSE <= now) this.repeats.delete(identity)
  }
}

function longPause(): CodedError {
  return new CodedError('RATE_LIMITED', 'Withings asked for a long pause.')
}
