import { CodedError } from '../errors'
import type { FetchContext } from './fetch-context'
import { asInteger, asObject, asText, type JsonObject } from './json'
import { categoryOf } from './notify-categories'

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
