import type { Clock } from '../../base/clock'
import { asCodedError, CodedError, hasCode } from '../../base/errors'
import { asInteger, asObject, asText, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { categoryOf } from './categories'

export type SubscriptionContext = Pick<FetchContext, 'call' | 'signal'>

/** One subscription of a user, ours or that of another program. */
export interface Subscription {
  category: number
  callbackUrl: string
}

/** What Withings answers when there is nothing to revoke (withings-api.md §3). */
const NOTHING_THERE: readonly unknown[] = [286, 294, 343]
/** The callback URL did not answer (withings-api.md §10.2). */
const UNREACHABLE = 293

/** All subscriptions of the user, never from an earlier answer. Throws what `FetchContext.call` throws. */
export async function listSubscriptions({ call }: SubscriptionContext): Promise<Subscription[]> {
  const request = { path: '/notify', params: { action: 'list' }, scope: 'user.info', keep: false } as const
  return parseSubscriptions(await call(request))
}

export function parseSubscriptions({ profiles }: JsonObject): Subscription[] {
  const rows: unknown[] = Array.isArray(profiles) ? profiles : []
  return rows.flatMap(row => {
    const { appli, callbackurl } = asObject(row) ?? {}
    const [category, callbackUrl] = [asInteger(appli), asText(callbackurl)]
    return category === undefined || callbackUrl === undefined ? [] : [{ category, callbackUrl }]
  })
}

/** Resolves as well when there is no such subscription. Throws what `FetchContext.call` throws. */
export async function revoke(context: SubscriptionContext, surplus: Subscription): Promise<void> {
  try {
    await change(context, 'revoke', surplus)
  } catch (error) {
    if (!(error instanceof CodedError) || !NOTHING_THERE.includes(error.params.status)) throw error
  }
}

async function change(
  { call }: SubscriptionContext,
  action: 'subscribe' | 'revoke',
  { category, callbackUrl }: Subscription
): Promise<void> {
  const params = { action, callbackurl: callbackUrl, appli: String(category) }
  await call({ path: '/notify', params, scope: categoryOf(category).scope, keep: false })
}

/** Whether Withings refused because it could not reach the callback URL. */
export function isUnreachable(error: CodedError): boolean {
  return error.params.status === UNREACHABLE
}

/** What ought to be subscribed, and what is known of it. */
export interface WantedSubscriptions {
  url: string
  /** Addresses that were ours before. */
  former: readonly string[]
  wanted: readonly number[]
  /** Categories that were subscribed at the last check. */
  known: readonly number[]
}

/**
 * What has to change so that exactly the wanted categories come to `url`. Subscriptions of other addresses belong to
 * other programs and are left alone (design.md §2.6).
 */
export function planSubscriptions(
  listed: readonly Subscription[],
  { url, former, wanted }: Omit<WantedSubscriptions, 'known'>
): { present: number[]; missing: number[]; surplus: Subscription[] } {
  const here = listed.filter(({ callbackUrl }) => callbackUrl === url).map(({ category }) => category)
  const isSurplus = ({ category, callbackUrl }: Subscription): boolean =>
    callbackUrl === url ? !wanted.includes(category) : former.includes(callbackUrl)
  return {
    present: wanted.filter(category => here.includes(category)),
    missing: wanted.filter(category => !here.includes(category)),
    surplus: listed.filter(isSurplus)
  }
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
 * Lists what is subscribed, reports what was lost since the last check before it subscribes what is missing, and revokes
 * what of ours is not wanted any more. After a failure the others are tried, unless they would fail as well. Throws what
 * `FetchContext.call` throws when the list fails.
 */
export async function checkSubscriptions(
  context: SubscriptionContext,
  task: WantedSubscriptions,
  { clock, onLost }: { clock: Clock; onLost: (categories: number[]) => void }
): Promise<CheckResult> {
  const plan = planSubscriptions(await listSubscriptions(context), task)
  const lost = plan.missing.filter(category => task.known.includes(category))
  if (lost.length > 0) onLost(lost)
  const present = new Set(plan.present)
  const failures: CodedError[] = []
  for (const [index, category] of plan.missing.entries()) {
    if (index > 0) await clock.sleep(PAUSE, context.signal)
    const subscription = { category, callbackUrl: task.url }
    const failure = await failureOf(change(context, 'subscribe', subscription), context)
    if (!failure) present.add(category)
    else failures.push(failure)
    if (failure && isForAll(failure)) break
  }
  const left = await revokeAll(context, plan.surplus)
  return {
    present: task.wanted.filter(category => present.has(category)),
    former: task.former.filter(url => url !== task.url && left.includes(url)),
    failures
  }
}

/** Revokes; returns the addresses where that failed. Without pauses: a revocation does not make Withings call us. */
export async function revokeAll(
  context: SubscriptionContext,
  surplus: readonly Subscription[]
): Promise<string[]> {
  const left: Subscription[] = []
  for (const [index, subscription] of surplus.entries()) {
    const failure = await failureOf(revoke(context, subscription), context)
    if (failure && isForAll(failure)) {
      left.push(...surplus.slice(index))
      break
    }
    if (failure) left.push(subscription)
  }
  return [...new Set(left.map(({ callbackUrl }) => callbackUrl))]
}

/** The error of a call; rethrows when the run is aborted. */
function failureOf(call: Promise<void>, { signal }: SubscriptionContext): Promise<CodedError | undefined> {
  const failed = (error: unknown) => {
    if (signal?.aborted) throw error
    return asCodedError(error, 'BAD_ANSWER')
  }
  return call.then(() => undefined, failed)
}

/** Whether the next call would fail for the same reason. */
function isForAll(error: CodedError): boolean {
  return (
    isUnreachable(error) ||
    hasCode(error, 'LOGIN_NEEDED', 'NOT_CONFIGURED', 'RATE_LIMITED', 'WITHINGS_UNAVAILABLE')
  )
}
