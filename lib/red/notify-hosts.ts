import type { NodeAPI } from 'node-red'
import type { AccountHub } from './account-hub'
import { NotifyHost } from './notify-host'
import { revokeOfNode } from './notify-revoke'

const hosts = new Map<string, NotifyHost>()
/** Revocations for nodes that are gone; a node that comes back must not lose what it has just subscribed. */
const leaving = new Map<string, AbortController>()

/** The host of a node, and whether deliveries may have been missed because there was none until now. */
export function openHost(
  RED: NodeAPI,
  hub: AccountHub,
  id: string,
  account: string
): { host: NotifyHost; missed: boolean } {
  leaving.get(id)?.abort(new Error('the node is back'))
  const running = hosts.get(id)
  const host = running ?? new NotifyHost(RED, id, account)
  hosts.set(id, host)
  const { record } = host
  if (record.account !== account) {
    void revokeOfNode(hub, { ...record })
    Object.assign(record, { account, former: [], known: [], heardUntil: 0 })
    host.behind.clear()
  }
  return { host, missed: running === undefined }
}

/** The node is stopped: for good when it was removed or disabled, else until it is made again. */
export async function closeHost(hub: AccountHub, id: string, removed: boolean): Promise<void> {
  const host = hosts.get(id)
  if (!host) return
  await host.detach()
  if (!removed) return
  hosts.delete(id)
  host.remove()
  const limit = new AbortController()
  leaving.set(id, limit)
  void revokeOfNode(hub, { ...host.record }, limit).finally(() => leaving.delete(id))
  // Should it come back, nothing of it was lost: it did not want to hear.
  host.record.known = []
  await host.save()
}
