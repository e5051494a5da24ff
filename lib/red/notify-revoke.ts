import type { NodeAPI } from 'node-red'
import type { WithingsClient } from '../withings/client'
import type { FetchContext } from '../withings/fetch-context'
import { listSubscriptions } from '../withings/notify-api'
import { revokeAll } from '../withings/notify-check'
import type { AccountHub } from './account-hub'
import { notifyRecords, type NotifyRecord } from './notify-records'

/**
 * Without any answer; the list alone may have to wait 10 s. Whoever waits for this wants to go on, also while
 * Withings does not answer.
 */
const PATIENCE = 15_000
const PATIENCE_IN_BACKGROUND = 60_000

/** Revokes all that our nodes subscribed with this account, as far as Withings lets us; never rejects. */
export async function revokeOfAccount(RED: NodeAPI, hub: AccountHub, account: string): Promise<void> {
  const table = notifyRecords(RED)
  const ids = table.ids().filter(id => table.get(id)?.account === account)
  const records = ids.flatMap(id => table.get(id) ?? [])
  const patience = { ms: PATIENCE, limit: new AbortController() }
  await revokeUrls(() => hub.client(account).client, records.flatMap(urlsOf), patience)
  for (const [index, record] of records.entries()) {
    Object.assign(record, { known: [], former: [] })
    // Not worth failing for: the next check finds out what is there.
    await table.set(ids[index] as string, record).catch(() => undefined)
  }
}

/**
 * The same for one node, which is gone or changed its account or address; `limit` ends it when the node comes back.
 * Gives the addresses under which something may still be subscribed.
 */
export function revokeOfNode(
  hub: AccountHub,
  record: NotifyRecord,
  limit: AbortController
): Promise<string[]> {
  const patience = { ms: PATIENCE_IN_BACKGROUND, limit }
  return revokeUrls(() => hub.client(record.account).client, urlsOf(record), patience)
}

/** All addresses under which something of this node may be subscribed. */
export function urlsOf({ url, former }: NotifyRecord): string[] {
  return [url, ...former].filter(each => each !== '')
}

interface Patience {
  ms: number
  limit: AbortController
}

/** Gives the addresses where that failed. Never rejects. */
async function revokeUrls(
  client: () => WithingsClient,
  own: readonly string[],
  { ms, limit }: Patience
): Promise<string[]> {
  if (own.length === 0) return []
  const timer = setTimeout(() => limit.abort(new Error('no answer in time')), ms)
  try {
    const context = client().context({ priority: 'user', signal: limit.signal })
    const call: FetchContext['call'] = request => context.call(request).finally(() => timer.refresh())
    const patient = { ...context, call }
    const listed = await listSubscriptions(patient)
    const surplus = listed.filter(({ callbackUrl }) => own.includes(callbackUrl))
    return await revokeAll(patient, surplus)
  } catch {
    // Withings drops by itself what nobody answers (withings-api.md §10.5).
    return [...own]
  } finally {
    clearTimeout(timer)
  }
}
