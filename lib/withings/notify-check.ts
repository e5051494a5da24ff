import type { Clock } from '../clock'
import { asCodedError, type CodedError } from '../errors'
import type { CallOptions, WithingsClient } from './client'
import { isUnreachable, listSubscriptions, revoke, subscribe, type Subscription } from './notify-api'
import { planSubscriptions } from './notify-plan'

/** What ought to be subscribed, and what is known of it. */
export interface WantedSubscriptions {
  url: string
  /** Addresses that were ours before. */
  former: readonly string[]
  wanted: readonly number[]
  /** Categories that were there at the last check. */
  known: readonly number[]
}

export interface CheckResult {
  /** Wanted categories that are subscribed now. */
  present: number[]
  /** Former addresses under which something may still be subscribed. */
  former: string[]
  /** Why the others are not; empty when nothing is missing. */
  failures: CodedError[]
}

/** Each subscription makes Withings call us, and many at once make it refuse (withings-api.md §10.2). */
const PAUSE = 500

/**
 * Looks what is subscribed, tells what was lost since the last time, subscribes what is missing and revokes what of
 * ours is not wanted any more. One that fails does not keep the others from being tried, unless they would fail as
 * well. Throws what `WithingsClient.call` throws when it cannot even look.
 */
export async function checkSubscriptions(
  client: Pick<WithingsClient, 'call'>,
  task: WantedSubscriptions,
  clock: Clock,
  options: CallOptions,
  onLost: (categories: number[]) => void
): Promise<CheckResult> {
  const listed = await listSubscriptions(client, options)
  const plan = planSubscriptions(listed, task.url, task.former, task.wanted)
  const lost = plan.missing.filter(category => task.known.includes(category))
  if (lost.length > 0) onLost(lost)
  const present = new Set(plan.present)
  const failures: CodedError[] = []
  for (const [index, category] of plan.missing.entries()) {
    if (index > 0) await clock.sleep(PAUSE, options.signal)
    const failure = await failureOf(subscribe(client, { category, callbackUrl: task.url }, options), options)
    if (!failure) present.add(category)
    else failures.push(failure)
    if (failure && isForAll(failure)) break
  }
  const left = await revokeAll(client, plan.surplus, options)
  return {
    present: task.wanted.filter(category => present.has(category)),
    former: task.former.filter(url => url !== task.url && left.includes(url)),
    failures
  }
}

/**
 * Revokes what of our addresses is subscribed; gives the addresses where that failed. `onAnswer` is called after each
 * one. Without pauses: unlike a subscription, a revocation does not make Withings call us.
 */
export async function revokeAll(
  client: Pick<WithingsClient, 'call'>,
  surplus: readonly Subscription[],
  options: CallOptions,
  onAnswer: () => void = () => undefined
): Promise<string[]> {
  const left = new Set<string>()
  for (const [index, subscription] of surplus.entries()) {
    const failure = await failureOf(revoke(client, subscription, options), options)
    onAnswer()
    if (failure) left.add(subscription.callbackUrl)
    if (failure && isForAll(failure)) {
      surplus.slice(index).forEach(({ callbackUrl }) => left.add(callbackUrl))
      break
    }
  }
  return [...left]
}

/** The error of a call; an abort is no error of the call. */
async function failureOf(call: Promise<void>, { signal }: CallOptions): Promise<CodedError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (signal?.aborted) throw error
    return asCodedError(error, 'BAD_ANSWER')
  }
}

/** Whether the next call would fail for the same reason. */
function isForAll(error: CodedError): boolean {
  const { code } = error
  return isUnreachable(error) || ['LOGIN_NEEDED', 'RATE_LIMITED', 'WITHINGS_UNAVAILABLE'].includes(code)
}
