import type { NodeAPI } from 'node-red'
import type { AccountHub } from './account-hub'
import { NotifyHost } from './notify-host'
import type { NotifyRecord } from './notify-records'
import { revokeOfNode, urlsOf } from './notify-revoke'

const hosts = new Map<string, NotifyHost>()
/** Revocations that go on, by node and account. */
const leaving = new Map<string, AbortController>()

/** The host of a node, and whether deliveries may have been missed because there was none until now. */
export function openHost(
  RED: NodeAPI,
  hub: AccountHub,
  id: string,
  account: string
): { host: NotifyHost; missed: boolean } {
  const running = hosts.get(id)
  const host = running ?? new NotifyHost(RED, id, account)
  hosts.set(id, host)
  const { record } = host
  if (record.account !== account) {
    void leave(hub, id, record)
    Object.assign(record, { account, former: [], known: [], heardUntil: 0 })
    host.receiver.behind.clear()
  }
  return { host, missed: running === undefined }
}

/** The node is stopped: for good when it was removed or disabled, else until it is made again. */
export async function closeHost(hub: AccountHub, id: string, removed: boolean): Promise<void> {
  const host = hosts.get(id)
  if (!host) return
  host.receiver.detach()
  await host.save()
  if (!removed) return
  hosts.delete(id)
  host.remove()
  void leave(hub, id, host.record)
  // Should it come back, nothing of it was lost: it did not want to hear.
  host.record.known = []
  await host.save()
}

/** The address was taken out of the form: Withings is to call it no more. What fails now is tried at the next start. */
export async function leaveUrl(hub: AccountHub, id: string, host: NotifyHost): Promise<void> {
  const { record } = host
  const former = urlsOf(record)
  if (former.length === 0) return
  Object.assign(record, { url: '', former, known: [] })
  const left = await leave(hub, id, record)
  if (record.url !== '') return
  record.former = left
  await host.save()
}

/** The node wants notifications from this account: what it subscribes now must not be revoked. */
export function stay(id: string, account: string): void {
  leaving.get(`${id} ${account}`)?.abort(new Error('the node is back'))
}

/** Revokes in the background what the node has subscribed; gives the addresses where that failed. Never rejects. */
async function leave(hub: AccountHub, id: string, record: NotifyRecord): Promise<string[]> {
  stay(id, record.account)
  const key = `${id} ${record.account}`
  const limit = new AbortController()
  leaving.set(key, limit)
  const left = await revokeOfNode(hub, { ...record }, limit)
  if (leaving.get(key) === limit) leaving.delete(key)
  return left
}
