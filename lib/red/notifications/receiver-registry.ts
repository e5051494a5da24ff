import type { NodeAPI } from 'node-red'
import type { AccountRegistry } from '../accounts/account-registry'
import type { NotifyRecord } from '../storage/notification-records'
import { revokeUrls, urlsOf } from './revoke-subscriptions'
import { WebhookReceiver } from './webhook-receiver'

/** Milliseconds; nobody waits for the end. */
const PATIENCE = 60_000
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
  const revocation = { urls: urlsOf(record), patience: PATIENCE, limit }
  const left = await revokeUrls(registry, record.account, revocation)
  if (revocations.get(key) === limit) revocations.delete(key)
  return left
}
