import type { Clock } from '../../base/clock'
import { reasonOf } from '../../base/http'
import type { JsonFile } from '../../base/json-file'
import { asBoolean, asString, type Parsed, shape } from '../../base/shape'
import type { Reason } from '../../base/translate'

/** Remembers a Gladys that has answered. */
export const parsePresence = shape({ root: asString, away: asBoolean })

export interface PresenceOptions {
  /** Gladys's root: another one is another Gladys. */
  root: string
  /** Calls `/ping`; gives the HTTP status, or rejects without an answer in time. */
  ping: () => Promise<number>
  clock: Clock
  file: Pick<JsonFile<Parsed<typeof parsePresence>>, 'read' | 'write'>
  /** It has stopped answering. */
  onAway: (reason: Reason) => void
  onBack: () => void
  /** It answered a ping sent at this moment. */
  onAnswer: (sentAt: number) => void
  /** Called once: it does not answer, and never did. */
  onNever: (reason: Reason) => void
}

const PING_INTERVAL = 3_000
/** Pings after the last value: it may take Gladys a minute to store it. */
const PINGS = 20
/** Gladys listens to the broker a moment later than to HTTP. */
const ANSWERS_TO_BE_BACK = 2
/** A busy Gladys may miss one ping. */
const FAILURES_TO_BE_AWAY = 2
/** Statuses of a proxy in front of a Gladys that is away. */
const NOT_GLADYS = new Set([502, 503, 504])

/**
 * Whether Gladys is there: it is pinged every three seconds while values go out and as long as it is away (design.md
 * §4.3). One that never answered at this address does not count as away.
 */
export class Presence {
  private state: 'there' | 'away' | 'closed' = 'there'
  private hasAnswered: boolean
  private pingsLeft = 0
  private isPinging = false
  private failures = 0
  private answers = 0
  private isNeverReported = false
  private cancel: (() => void) | undefined

  constructor(private readonly options: PresenceOptions) {
    const record = options.file.read()
    this.hasAnswered = record?.root === options.root
    if (this.hasAnswered && record?.away === true) this.state = 'away'
  }

  get isAway(): boolean {
    return this.state === 'away'
  }

  /** Pings at once if Gladys was away when the process ended. */
  start(): void {
    if (this.isAway) this.pingNow()
  }

  /** A value goes out. */
  used(): void {
    this.pingsLeft = PINGS
    if (this.cancel === undefined) this.pingNow()
  }

  close(): void {
    this.state = 'closed'
    this.cancel?.()
  }

  private pingNow(): void {
    if (!this.isPinging && this.state !== 'closed') void this.ping()
  }

  private async ping(): Promise<void> {
    const { clock, ping } = this.options
    const sentAt = clock.now()
    this.isPinging = true
    this.pingsLeft -= 1
    const problem = await ping().then(
      status => (NOT_GLADYS.has(status) ? { reason: `HTTP ${status}`, isSure: true } : undefined),
      (error: unknown) => ({ reason: reasonOf(error, { key: 'noAnswerInTime' }), isSure: isRefusal(error) })
    )
    this.isPinging = false
    if (this.state === 'closed') return
    if (problem === undefined) this.answered(sentAt)
    else this.failed(problem)
    if (!this.isAway && this.pingsLeft <= 0 && this.failures === 0) return
    const elapsed = Math.max(0, clock.now() - sentAt)
    this.cancel = clock.after(Math.max(0, PING_INTERVAL - elapsed), () => {
      this.cancel = undefined
      this.pingNow()
    })
  }

  private answered(sentAt: number): void {
    const { onAnswer, onBack } = this.options
    this.failures = 0
    this.answers += 1
    if (!this.hasAnswered) {
      this.hasAnswered = true
      this.save()
    }
    if (!this.isAway) return onAnswer(sentAt)
    if (this.answers < ANSWERS_TO_BE_BACK) return
    this.state = 'there'
    this.save()
    onBack()
  }

  private failed({ reason, isSure }: { reason: Reason; isSure: boolean }): void {
    const { onAway, onNever } = this.options
    this.answers = 0
    this.failures = isSure ? FAILURES_TO_BE_AWAY : this.failures + 1
    if (this.failures < FAILURES_TO_BE_AWAY || this.isAway) return
    if (this.hasAnswered) {
      this.state = 'away'
      this.save()
      onAway(reason)
    } else {
      // The next values start new pings.
      this.failures = 0
      if (!this.isNeverReported) onNever(reason)
      this.isNeverReported = true
    }
  }

  private save(): void {
    this.options.file.write({ root: this.options.root, away: this.isAway })
  }
}

/** Nobody listens there; any other failure may be a glitch of the network. */
function isRefusal(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ECONNREFUSED'
}
