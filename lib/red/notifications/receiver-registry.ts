import type { NodeAPI } from 'node-red'
import type { FetchContext } from '../../withings/api/client'
import { listSubscriptions, revokeAll } from '../../withings/notifications/subscriptions'
import type { AccountRegistry } from '../accounts/account-registry'
import { type NotifyRecord, notifyRecords } from '../storage/notification-records'
import { WebhookReceiver } from './webhook-receiver'

/** Milliseconds; somebody waits for the end, or nobody. The list alone may have to wait 10 s. */
const PATIENCE = { awaited: 15_000, background: 60_000 }
/** By node; they outlive deploys. */
const webhooks = new Map<string, WebhookReceiver>()
/** Revocations that go on, by node and account. */
const revocations = new Map<string, AbortController>()

/** The receiver of a node, and whether deliveries may have been missed because there was none until now. */
export function openReceiver(
  RED: NodeAPI,
  registry: AccountRegistry,
  id: string,
  account: string
): { webhook: WebhookReceiver; missed: boolean } {
  const running = webhooks.get(id)
  const webhook = running ?? new WebhookReceiver(RED, id, account)
  webhooks.set(id, webhook)
  const { record } = webhook
  if (record.account !== account) {
    void revoke(registry, id, record)
    Object.assign(record, { account, former: [], known: [], heardUntil: 0 })
    webhook.receiver.behind.clear()
  }
  return { webhook, missed: running === undefined }
}

/** The node is stopped: for good when it was removed or disabled, else until it is made again. */
export async function closeReceiver(registry: AccountRegistry, id: string, removed: boolean): Promise<void> {
  const webhook = webhooks.get(id)
  if (!webhook) return
  webhook.receiver.detach()
  await webhook.save()
  if (!removed) return
  webhooks.delete(id)
  webhook.remove()
  void revoke(registry, id, webhook.record)
  // Should it come back, nothing of it was lost: it did not want to hear.
  webhook.record.known = []
  await webhook.save()
}

/** The address was taken out of the form: Withings is to call it no more. What fails now is tried at the next start. */
export async function leaveUrl(
  registry: AccountRegistry,
  id: string,
  webhook: WebhookReceiver
): Promise<void> {
  const { record } = webhook
  const former = urlsOf(record)
  if (former.length === 0) return
  Object.assign(record, { url: '', former, known: [] })
  const left = await revoke(registry, id, record)
  if (record.url !== '') return
  record.former = left
  await webhook.save()
}

/** The node wants notifications from this account: what it subscribes now must not be revoked. */
export function keepSubscriptions(id: string, account: string): void {
  revocations.get(`${id} ${account}`)?.abort(new Error('the node is back'))
}

/** Revokes in the background what the node has subscribed; gives the addresses where that failed. Never rejects. */
async function revoke(registry: AccountRegistry, id: string, record: NotifyRecord): Promise<string[]> {
  keepSubscriptions(id, record.account)
  const key = `${id} ${record.account}`
  const limit = new AbortController()
  revocations.set(key, limit)
  const revocation = { urls: urlsOf(record), patience: PATIENCE.background, limit }
  const left = await revokeUrls(registry, record.account, revocation)
  if (revocations.get(key) === limit) revocations.delete(key)
  return left
}

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
  await revokeUrls(registry, account, { urls, patience: PATIENCE.awaited, limit: new AbortController() })
  for (const { id, record } of own) {
    Object.assign(record, { known: [], former: [] })
    // Not worth failing for: the next check finds out what is there.
    await records.set(id, record).catch(() => undefined)
  }
}

/** All addresses under which something of this node may be subscribed. */
function urlsOf({ url, former }: NotifyRecord): string[] {
  return [url, ...former].filter(each => each !== '')
}

/** Revokes what is subscribed under these addresses; gives those where that failed or took too long. Never rejects. */
async function revokeUrls(
  registry: AccountRegistry,
  account: string,
  { urls, patience, limit }: { urls: string[]; patience: number; limit: AbortController }
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
