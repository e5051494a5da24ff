import type { NodeAPI } from 'node-red'
import { systemClock } from '../../base/clock'
import { asText } from '../../base/json'
import { fetchDevices } from '../../withings/devices/devices'
import { findAccount } from '../accounts/account-node'
import type { AccountRegistry } from '../accounts/account-registry'
import { textsFor } from '../i18n/texts'
import type { ImportManager } from '../imports/import-manager'
import { RecentDevices } from '../overview/device-cache'
import { OverviewBuilder } from '../overview/overview'
import { adminRoutes, isFirst } from './handler'

/**
 * `GET withings/overview`, once per process: what the sidebar shows; `?fresh=1` asks Withings again for the
 * devices, `?target=` names the gladys-device-state node it is about. `POST withings/overview/forget` takes the
 * announcement of a device back: `{node, account, deviceId}`. `withings/overview` on the web socket says that it is worth asking again, and nothing else.
 */
export function registerOverviewRoutes(
  RED: NodeAPI,
  registry: AccountRegistry,
  imports: ImportManager
): void {
  if (!isFirst(RED.httpAdmin, 'overview')) return
  const { get, post } = adminRoutes(RED)
  const cache = new RecentDevices({
    fetch: async id => {
      const { client } = registry.client(findAccount(RED, id)?.account ?? id)
      return fetchDevices(client.context({ priority: 'user' }))
    },
    changed: () => RED.comms.publish('withings/overview', { changed: true }, false),
    clock: systemClock
  })
  const builder = new OverviewBuilder(RED, registry, imports, cache)
  get('/withings/overview', req =>
    builder.overview({
      fresh: req.query.fresh === '1',
      target: asText(req.query.target),
      say: textsFor(req)
    })
  )
  post('/withings/overview/forget', async req => {
    await builder.forget(req.body)
    return {}
  })
}
