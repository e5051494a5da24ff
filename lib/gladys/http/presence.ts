import type { Clock } from '../../base/clock'
import { reasonOf } from '../../base/http'
import type { JsonFile } from '../../base/json-file'
import { asBoolean, asString, type Parsed, shape } from '../../base/shape'
import type { Reason } from '../../base/translate'

/** What is known of a Gladys that has answered. */
export const parsePresence = shape({ root: asString, away: asBoolean })
export type PresenceRecord = Parsed<typeof parsePresence>

export interface PresenceOptions {
  /** Gladys's root: another one is another Gladys. */
  root: string
  /** Asks `/ping`; gives the HTTP status, and rejects when there is no answer in time. */
  ping: () => Promise<number>
  clock: Clock
  file: Pick<JsonFile<PresenceRecord>, 'read' | 'write'>
  /** It does not answer any more, though it did. */
  onAway: (reason: Reason) => void
  onBack: () => void
  /** It was there when it was asked at this moment. */
  onAnswer: (askedAt: number) => void
  /** Once: it does not answer, and never did. */
  onNever: (reason: Reason) => void
}

const EVERY = 3_000
/** So many questions follow the last value: for a minute Gladys may not have stored it. */
const QUESTIONS = 20
/** Gladys listens to the broker a moment later than to HTTP. */
const ANSWERS_TO_BE_BACK = 2
/** A busy Gladys may miss one. */
const MOST_SILENT = 2
/** Of a proxy in front of a Gladys that is away. */
const NOT_GLADYS = new Set([502, 503, 504])

/**
 * Whether Gladys is there: while values go out, and as long as it is away, it is asked every three seconds (design.md
 * §4.3). One that never answered at this address does not count as away.
 */
export class Presence {
  private state: 'there' | 'away' | 'closed' = 'there'
  private hasAnswered: boolean
  private questionsLeft = 0
  private isAsking = false
  private silent = 0
  private answers = 0
  private isNeverReported = false
  private cancel: (() => void) | undefined

  constructor(private readonly options: PresenceOptions) {
    const known = options.file.read()
    this.hasAnswered = known?.root === options.root
    if (this.hasAnswered && known?.away === true) this.state = 'away'
  }

  get isAway(): boolean {
    return this.state === 'away'
  }

  /** Asks at once where it was away when the process ended. */
  start(): void {
    if (this.isAway) this.askNow()
  }

  /** A value goes out. */
  used(): void {
    this.questionsLeft = QUESTIONS
    if (this.cancel === undefined) this.askNow()
  }

  close(): void {
    this.state = 'closed'
    this.cancel?.()
  }

  private askNow(): void {
    if (!this.isAsking && this.state !== 'closed') void this.ask()
  }

  private async ask(): Promise<void> {
    const { clock, ping } = this.options
    const askedAt = clock.now()
    this.isAsking = true
    this.questionsLeft -= 1
    const problem = await ping().then(
      status => (NOT_GLADYS.has(status) ? { reason: `HTTP ${status}`, isSure: true } : undefined),
      (error: unknown) => ({ reason: reasonOf(error, { key: 'noAnswerInTime' }), isSure: isRefusal(error) })
    )
    this.isAsking = false
    if (this.state === 'closed') return
    if (problem === undefined) this.answered(askedAt)
    else this.failed(problem)
    if (!this.isAway && this.questionsLeft <= 0 && this.silent === 0) return
    const elapsed = Math.max(0, clock.now() - askedAt)
    this.cancel = clock.after(Math.max(0, EVERY - elapsed), () => {
      this.cancel = undefined
      this.askNow()
    })
  }

  private answered(askedAt: number): void {
    const { onAnswer, onBack } = this.options
    this.silent = 0
    this.answers += 1
    if (!this.hasAnswered) {
      this.hasAnswered = true
      this.save()
    }
    if (!this.isAway) return onAnswer(askedAt)
    if (this.answers < ANSWERS_TO_BE_BACK) return
    this.state = 'there'
    this.save()
    onBack()
  }

  private failed({ reason, isSure }: { reason: Reason; isSure: boolean }): void {
    const { onAway, onNever } = this.options
    this.answers = 0
    this.silent = isSure ? MOST_SILENT : this.silent + 1
    if (this.silent < MOST_SILENT || this.isAway) return
    if (this.hasAnswered) {
      this.state = 'away'
      this.save()
      onAway(reason)
    } else {
      // It is asked again with the next values.
      this.silent = 0
      if (!this.isNeverReported) onNever(reason)
      this.isNeverReported = true
    }
  }

  private save(): void {
    this.options.file.write({ root: this.options.root, away: this.isAway })
  }
}

/** Nobody listens there; everything else may be a network that stumbles. */
function isRefusal(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ECONNREFUSED'
}
