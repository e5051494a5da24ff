import type { NodeAPI } from 'node-red'
import type { FetchContext } from '../../withings/api/client'
import { listSubscriptions, revokeAll } from '../../withings/notifications/subscriptions'
import type { AccountRegistry } from '../accounts/account-registry'
import { type NotifyRecord, notifyRecords } from '../storage/notification-records'

/** Milliseconds; somebody waits for the end. */
const PATIENCE = 15_000

/** Revokes all that our nodes subscribed with this account, as far as Withings lets us; never rejects. */
export async function revokeOfAccount(
  RED: NodeAPI,
  registry: AccountRegistry,
  account: string
): Promise<void> {
  const records = notifyRecords(RED)
  const own = records.ids().flatMap(id => {
    const record = records.get(id)
    return record?.account === account ? [{ id, record }] : []
  })
  const urls = own.flatMap(({ record }) => urlsOf(record))
  await revokeUrls(registry, account, { urls, patience: PATIENCE, limit: new AbortController() })
  for (const { id, record } of own) {
    Object.assign(record, { known: [], former: [] })
    // Not worth failing for: the next check finds out what is there.
    await records.set(id, record).catch(() => undefined)
  }
}

/** All addresses under which something of this node may be subscribed. */
export function urlsOf({ url, former }: NotifyRecord): string[] {
  return [url, ...former].filter(each => each !== '')
}

interface Revocation {
  urls: string[]
  /** Milliseconds without any answer; the list alone may have to wait 10 s. */
  patience: number
  /** Ends it before. */
  limit: AbortController
}

/** Revokes what is subscribed under these addresses; gives those where that failed. Never rejects. */
export async function revokeUrls(
  registry: AccountRegistry,
  account: string,
  { urls, patience, limit }: Revocation
): Promise<string[]> {
  if (urls.length === 0) return []
  const timer = setTimeout(() => limit.abort(new Error('no answer in time')), patience)
  try {
    const context = registry.client(account).client.context({ priority: 'user', signal: limit.signal })
    const call: FetchContext['call'] = request => context.call(request).finally(() => timer.refresh())
    const patient = { ...context, call }
    const listed = await listSubscriptions(patient)
    const surplus = listed.filter(({ callbackUrl }) => urls.includes(callbackUrl))
    return await revokeAll(patient, surplus)
  } catch {
    // Withings drops by itself what nobody answers (withings-api.md §10.5).
    return urls
  } finally {
    clearTimeout(timer)
  }
}
