import type { Clock } from '../../base/clock'
import { asCodedError, CodedError, type ErrorCode } from '../../base/errors'
import { asInteger, asObject, asText, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { categoryOf } from './categories'

export type SubscriptionContext = Pick<FetchContext, 'call' | 'signal'>

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

export interface SubscriptionCheckOptions {
  clock: Clock
  /** Told before they are subscribed again. */
  onLost: (categories: number[]) => void
}

interface SubscriptionPlan {
  /** Wanted and there. */
  present: number[]
  /** Wanted, but not there. */
  missing: number[]
  /** Ours, but not wanted any more. */
  surplus: Subscription[]
}

/** Each subscription makes Withings call us, and many at once make it refuse (withings-api.md §10.2). */
const PAUSE = 500

/**
 * Looks what is subscribed, tells what was lost since the last time, subscribes what is missing and revokes what of
 * ours is not wanted any more. One that fails does not keep the others from being tried, unless they would fail as
 * well. Throws what `FetchContext.call` throws when it cannot even look.
 */
export async function checkSubscriptions(
  context: SubscriptionContext,
  task: WantedSubscriptions,
  { clock, onLost }: SubscriptionCheckOptions
): Promise<CheckResult> {
  const plan = planSubscriptions(await listSubscriptions(context), task)
  const lost = plan.missing.filter(category => task.known.includes(category))
  if (lost.length > 0) onLost(lost)
  const present = new Set(plan.present)
  const failures: CodedError[] = []
  for (const [index, category] of plan.missing.entries()) {
    if (index > 0) await clock.sleep(PAUSE, context.signal)
    const failure = await failureOf(subscribe(context, { category, callbackUrl: task.url }), context)
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

/**
 * Revokes what of our addresses is subscribed; gives the addresses where that failed. Without pauses: unlike a
 * subscription, a revocation does not make Withings call us.
 */
export async function revokeAll(
  context: SubscriptionContext,
  surplus: readonly Subscription[]
): Promise<string[]> {
  const left = new Set<string>()
  for (const [index, subscription] of surplus.entries()) {
    const failure = await failureOf(revoke(context, subscription), context)
    if (failure) left.add(subscription.callbackUrl)
    if (failure && isForAll(failure)) {
      surplus.slice(index).forEach(({ callbackUrl }) => left.add(callbackUrl))
      break
    }
  }
  return [...left]
}

/** The error of a call; an abort is no error of the call. */
async function failureOf(
  call: Promise<void>,
  { signal }: SubscriptionContext
): Promise<CodedError | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (signal?.aborted) throw error
    return asCodedError(error, 'BAD_ANSWER')
  }
}

const ENDING: readonly ErrorCode[] = [
  'LOGIN_NEEDED',
  'NOT_CONFIGURED',
  'RATE_LIMITED',
  'WITHINGS_UNAVAILABLE'
]

/** Whether the next call would fail for the same reason. */
function isForAll(error: CodedError): boolean {
  const { code } = error
  return isUnreachable(error) || ENDING.includes(code)
}

/**
 * What has to change so that exactly the wanted categories come to `url`. Subscriptions of other addresses belong to
 * other programs and are left alone (design.md §2.6).
 */
export function planSubscriptions(
  listed: readonly Subscription[],
  { url, former, wanted }: Omit<WantedSubscriptions, 'known'>
): SubscriptionPlan {
  const here = listed.filter(({ callbackUrl }) => callbackUrl === url).map(({ category }) => category)
  const isSurplus = ({ category, callbackUrl }: Subscription): boolean =>
    callbackUrl === url ? !wanted.includes(category) : former.includes(callbackUrl)
  return {
    present: wanted.filter(category => here.includes(category)),
    missing: wanted.filter(category => !here.includes(category)),
    surplus: listed.filter(isSurplus)
  }
}

/** One subscription of a user, ours or that of another program. */
export interface Subscription {
  category: number
  callbackUrl: string
}

type Context = Pick<FetchContext, 'call'>

/** What Withings answers when there is nothing to revoke (withings-api.md §3). */
const NOTHING_THERE: readonly unknown[] = [286, 294, 343]
/** The callback URL did not answer (withings-api.md §10.2). */
const UNREACHABLE = 293

/** All subscriptions of the user, as they are now: an answer given a moment ago would not do. */
export async function listSubscriptions({ call }: Context): Promise<Subscription[]> {
  const request = { path: '/notify', params: { action: 'list' }, scope: 'user.info', keep: false } as const
  return parseSubscriptions(await call(request))
}

export function parseSubscriptions(body: JsonObject): Subscription[] {
  const rows: unknown[] = Array.isArray(body.profiles) ? body.profiles : []
  return rows.flatMap(row => {
    const category = asInteger(asObject(row)?.appli)
    const callbackUrl = asText(asObject(row)?.callbackurl)
    return category === undefined || callbackUrl === undefined ? [] : [{ category, callbackUrl }]
  })
}

export async function subscribe({ call }: Context, wanted: Subscription): Promise<void> {
  await call(requestOf('subscribe', wanted))
}

/** Resolves as well when there is no such subscription. */
export async function revoke({ call }: Context, surplus: Subscription): Promise<void> {
  try {
    await call(requestOf('revoke', surplus))
  } catch (error) {
    if (!(error instanceof CodedError) || !NOTHING_THERE.includes(error.details.status)) throw error
  }
}

/** Whether Withings refused because it could not reach the callback URL. */
export function isUnreachable(error: CodedError): boolean {
  return error.details.status === UNREACHABLE
}

function requestOf(action: 'subscribe' | 'revoke', { category, callbackUrl }: Subscription) {
  return {
    path: '/notify',
    params: { action, callbackurl: callbackUrl, appli: String(category) },
    scope: categoryOf(category).scope,
    keep: false
  } as const
}
