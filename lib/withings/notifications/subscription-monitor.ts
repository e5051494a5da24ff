import type { Clock } from '../../base/clock'
import { asCodedError, type CodedError } from '../../base/errors'
import {
  type CheckResult,
  checkSubscriptions,
  type SubscriptionContext,
  type WantedSubscriptions
} from './subscriptions'

/** What a person should know about the subscriptions of a node. */
export type MonitorState =
  | { kind: 'checking' }
  | { kind: 'subscribed'; count: number; renewed: boolean }
  | { kind: 'partly'; count: number; wanted: number; error: CodedError }
  | { kind: 'lost'; count: number; error?: CodedError }
  | { kind: 'failed'; error: CodedError }

export interface SubscriptionMonitorOptions {
  url: string
  wanted: readonly number[]
  /** Whether notifications may have been missed before this watch began. */
  missed: boolean
  /** Categories that may have missed something; a watch that is stopped leaves to the next one what was not told. */
  behind: Set<number>
  /** The login of now; throws NOT_CONFIGURED or LOGIN_NEEDED. */
  context(signal: AbortSignal): SubscriptionContext
  /** What is known of the subscriptions, over restarts. */
  known(): Pick<WantedSubscriptions, 'former' | 'known'>
  remember(now: Pick<WantedSubscriptions, 'former' | 'known'>): Promise<void>
  show(state: MonitorState): void
  /** All is well, or as well as it can be; these categories may have missed something before. */
  checked(behind: readonly number[]): Promise<void>
  clock: Clock
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** After the first failure, the second and so on; then daily. The first is longer than Withings' rule on repeats. */
const RETRIES = [15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR]

/**
 * Keeps the subscriptions of one node: checks them at the start, daily, and soon after a failure with growing
 * pauses. Withings drops subscriptions without a word (withings-api.md §10.5).
 */
export class SubscriptionMonitor {
  private readonly closing = new AbortController()
  private nap = new AbortController()
  private lost = new Set<number>()

  constructor(private readonly parts: SubscriptionMonitorOptions) {
    if (parts.missed) this.fellBehind()
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.closing
    let failures = 0
    while (!signal.aborted) {
      const nap = (this.nap = new AbortController())
      const complete = await this.check()
      failures = complete ? 0 : failures + 1
      if (signal.aborted) return
      await this.parts.clock.sleep(complete ? DAY : (RETRIES[failures - 1] ?? DAY), nap.signal).catch(() => {
        failures = 0
      })
    }
  }

  /** Checks now: somebody logged in. */
  wake(): void {
    this.nap.abort(new Error('woken'))
  }

  /** Whatever came meanwhile could not be fetched. What was never subscribed has not missed anything. */
  fellBehind(): void {
    this.parts.known().known.forEach(category => this.parts.behind.add(category))
  }

  stop(): void {
    this.closing.abort(new Error('stopped'))
    this.wake()
  }

  private async check(): Promise<boolean> {
    const { signal } = this.closing
    const { parts } = this
    if (this.lost.size === 0) parts.show({ kind: 'checking' })
    try {
      const task = { url: parts.url, wanted: parts.wanted, ...parts.known() }
      const onLost = (lost: number[]) => {
        for (const category of lost) {
          this.lost.add(category)
          parts.behind.add(category)
        }
        this.showLost()
      }
      const { clock } = parts
      const result = await checkSubscriptions(parts.context(signal), task, { clock, onLost })
      return await this.conclude(result)
    } catch (error) {
      if (signal.aborted) return false
      // Whatever keeps us from Withings may keep Withings from us.
      this.fellBehind()
      const coded = asCodedError(error, 'BAD_ANSWER')
      if (this.lost.size > 0) this.showLost(coded)
      else parts.show({ kind: 'failed', error: coded })
      return false
    }
  }

  private async conclude({ present, former, failures }: CheckResult): Promise<boolean> {
    const { parts, lost } = this
    const renewed = [...lost].some(category => present.includes(category))
    this.lost = new Set([...lost].filter(category => !present.includes(category)))
    await parts.remember({ former, known: [...present, ...this.lost] })
    if (this.closing.signal.aborted) return false
    const [error] = failures
    if (this.lost.size > 0) this.showLost(error)
    else if (!error) parts.show({ kind: 'subscribed', count: present.length, renewed })
    else if (present.length === 0) parts.show({ kind: 'failed', error })
    else parts.show({ kind: 'partly', count: present.length, wanted: parts.wanted.length, error })
    const behind = present.filter(category => parts.behind.delete(category))
    await parts.checked(behind)
    return failures.length === 0
  }

  private showLost(error?: CodedError): void {
    this.parts.show({ kind: 'lost', count: this.lost.size, ...(error && { error }) })
  }
}
