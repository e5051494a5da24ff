import { type Clock, SECONDS_PER_DAY } from '../../base/clock'
import { asCodedError, type CodedError } from '../../base/errors'
import {
  type CheckResult,
  checkSubscriptions,
  type SubscriptionContext,
  type WantedSubscriptions
} from './subscriptions'

/** State of the subscriptions of a node, as a person should see it. */
export type MonitorState =
  | { kind: 'checking' }
  | { kind: 'subscribed'; count: number; renewed: boolean }
  | { kind: 'partly'; count: number; wanted: number; error: CodedError }
  | { kind: 'lost'; count: number; error?: CodedError }
  | { kind: 'failed'; error: CodedError }

type Known = Pick<WantedSubscriptions, 'former' | 'known'>

export interface SubscriptionMonitorOptions {
  url: string
  wanted: readonly number[]
  /** Whether notifications may have been missed before the monitor started. */
  missed: boolean
  /** Categories that may have missed something; what was not sent is left to the next monitor. */
  behind: Set<number>
  /** The current login; throws NOT_CONFIGURED or LOGIN_NEEDED. */
  context(signal: AbortSignal): SubscriptionContext
  /** What is known of the subscriptions, over restarts. */
  known(): Known
  remember(now: Known): Promise<void>
  show(state: MonitorState): void
  /** After a check; these categories are subscribed and may have missed something before. */
  checked(behind: readonly number[]): Promise<void>
  clock: Clock
}

/** Seconds after the first failure, the second and so on; then daily. The first exceeds Withings' limit for repeats. */
const RETRIES = [15, 60, 300, 1_800, 7_200, 28_800]

/**
 * Keeps the subscriptions of one node: checks them at the start, daily, and soon after a failure with growing
 * pauses. Withings drops subscriptions without a notice (withings-api.md §10.5).
 */
export class SubscriptionMonitor {
  private readonly closing = new AbortController()
  private pause = new AbortController()
  private lost = new Set<number>()

  constructor(private readonly options: SubscriptionMonitorOptions) {
    if (options.missed) this.fellBehind()
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.closing
    let failures = 0
    while (!signal.aborted) {
      const pause = (this.pause = new AbortController())
      const isComplete = await this.check()
      failures = isComplete ? 0 : failures + 1
      if (signal.aborted) return
      const seconds = isComplete ? SECONDS_PER_DAY : (RETRIES[failures - 1] ?? SECONDS_PER_DAY)
      await this.options.clock.sleep(seconds * 1000, pause.signal).catch(() => {
        failures = 0
      })
    }
  }

  /** Checks now: somebody logged in. */
  wake(): void {
    this.pause.abort(new Error('woken'))
  }

  /** Notifications may have been missed. What was never subscribed has not missed anything. */
  fellBehind(): void {
    this.options.known().known.forEach(category => this.options.behind.add(category))
  }

  stop(): void {
    this.closing.abort(new Error('stopped'))
    this.wake()
  }

  /** Whether nothing is missing. */
  private async check(): Promise<boolean> {
    const { signal } = this.closing
    const { options } = this
    const { url, wanted, clock } = options
    if (this.lost.size === 0) options.show({ kind: 'checking' })
    try {
      const onLost = (lost: number[]) => {
        for (const category of lost) {
          this.lost.add(category)
          options.behind.add(category)
        }
        this.showLost()
      }
      const task = { url, wanted, ...options.known() }
      return await this.finish(await checkSubscriptions(options.context(signal), task, { clock, onLost }))
    } catch (error) {
      if (signal.aborted) return false
      // What keeps us from Withings may keep Withings from us.
      this.fellBehind()
      const coded = asCodedError(error, 'BAD_ANSWER')
      if (this.lost.size > 0) this.showLost(coded)
      else options.show({ kind: 'failed', error: coded })
      return false
    }
  }

  private async finish({ present, former, failures }: CheckResult): Promise<boolean> {
    const { options, lost } = this
    const renewed = [...lost].some(category => present.includes(category))
    this.lost = new Set([...lost].filter(category => !present.includes(category)))
    await options.remember({ former, known: [...present, ...this.lost] })
    if (this.closing.signal.aborted) return false
    const [error] = failures
    if (this.lost.size > 0) this.showLost(error)
    else if (!error) options.show({ kind: 'subscribed', count: present.length, renewed })
    else if (present.length === 0) options.show({ kind: 'failed', error })
    else options.show({ kind: 'partly', count: present.length, wanted: options.wanted.length, error })
    const behind = present.filter(category => options.behind.delete(category))
    await options.checked(behind)
    return failures.length === 0
  }

  private showLost(error?: CodedError): void {
    this.options.show({ kind: 'lost', count: this.lost.size, ...(error && { error }) })
  }
}
