import type { NodeAPI } from 'node-red'
import type { FetchContext, WithingsClient } from '../../withings/api/client'
import { listSubscriptions, revokeAll } from '../../withings/notifications/subscriptions'
import type { AccountRegistry } from '../accounts/account-registry'
import { type NotifyRecord, notifyRecords } from '../storage/notification-records'
import { WebhookReceiver } from './receiver'

const hosts = new Map<string, WebhookReceiver>()
/** Revocations that go on, by node and account. */
const leaving = new Map<string, AbortController>()

/** The host of a node, and whether deliveries may have been missed because there was none until now. */
export function openReceiver(
  RED: NodeAPI,
  registry: AccountRegistry,
  id: string,
  account: string
): { host: WebhookReceiver; missed: boolean } {
  const running = hosts.get(id)
  const host = running ?? new WebhookReceiver(RED, id, account)
  hosts.set(id, host)
  const { record } = host
  if (record.account !== account) {
    void leave(registry, id, record)
    Object.assign(record, { account, former: [], known: [], heardUntil: 0 })
    host.receiver.behind.clear()
  }
  return { host, missed: running === undefined }
}

/** The node is stopped: for good when it was removed or disabled, else until it is made again. */
export async function closeReceiver(registry: AccountRegistry, id: string, removed: boolean): Promise<void> {
  const host = hosts.get(id)
  if (!host) return
  host.receiver.detach()
  await host.save()
  if (!removed) return
  hosts.delete(id)
  host.remove()
  void leave(registry, id, host.record)
  // Should it come back, nothing of it was lost: it did not want to hear.
  host.record.known = []
  await host.save()
}

/** The address was taken out of the form: Withings is to call it no more. What fails now is tried at the next start. */
export async function leaveUrl(registry: AccountRegistry, id: string, host: WebhookReceiver): Promise<void> {
  const { record } = host
  const former = urlsOf(record)
  if (former.length === 0) return
  Object.assign(record, { url: '', former, known: [] })
  const left = await leave(registry, id, record)
  if (record.url !== '') return
  record.former = left
  await host.save()
}

/** The node wants notifications from this account: what it subscribes now must not be revoked. */
export function stay(id: string, account: string): void {
  leaving.get(`${id} ${account}`)?.abort(new Error('the node is back'))
}

/** Revokes in the background what the node has subscribed; gives the addresses where that failed. Never rejects. */
async function leave(registry: AccountRegistry, id: string, record: NotifyRecord): Promise<string[]> {
  stay(id, record.account)
  const key = `${id} ${record.account}`
  const limit = new AbortController()
  leaving.set(key, limit)
  const left = await revokeOfNode(registry, { ...record }, limit)
  if (leaving.get(key) === limit) leaving.delete(key)
  return left
}

/**
 * Without any answer; the list alone may have to wait 10 s. Whoever waits for this wants to go on, also while
 * Withings does not answer.
 */
const PATIENCE = 15_000
const PATIENCE_IN_BACKGROUND = 60_000

/** Revokes all that our nodes subscribed with this account, as far as Withings lets us; never rejects. */
export async function revokeOfAccount(
  RED: NodeAPI,
  registry: AccountRegistry,
  account: string
): Promise<void> {
  const table = notifyRecords(RED)
  const ids = table.ids().filter(id => table.get(id)?.account === account)
  const records = ids.flatMap(id => table.get(id) ?? [])
  const patience = { ms: PATIENCE, limit: new AbortController() }
  await revokeUrls(() => registry.client(account).client, records.flatMap(urlsOf), patience)
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
  registry: AccountRegistry,
  record: NotifyRecord,
  limit: AbortController
): Promise<string[]> {
  const patience = { ms: PATIENCE_IN_BACKGROUND, limit }
  return revokeUrls(() => registry.client(record.account).client, urlsOf(record), patience)
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
