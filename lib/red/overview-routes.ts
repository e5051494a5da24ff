import type { NodeAPI } from 'node-red'
import { systemClock } from '../clock'
import { fetchDevices } from '../withings/getdevice'
import { asText } from '../withings/json'
import type { AccountHub } from './account-hub'
import { findAccount } from './account-node'
import { adminRoutes, isFirst } from './admin-answer'
import { DeviceCache } from './device-cache'
import type { ImportDesk } from './import-desk'
import { OverviewDesk } from './overview'
import { textsFor } from './texts'

/**
 * `GET withings/overview`, once per process: what the sidebar shows; `?fresh=1` asks Withings again for the
 * devices, `?target=` names the gladys-device-state node it is about. `POST withings/overview/forget` takes the
 * announcement of a device back: `{node, account, deviceId}`. `withings/overview` on the web socket says that it is worth asking again, and nothing else.
 */
export function registerOverviewRoutes(RED: NodeAPI, hub: AccountHub, imports: ImportDesk): void {
  if (!isFirst(RED.httpAdmin, 'overview')) return
  const { get, post } = adminRoutes(RED)
  const cache = new DeviceCache({
    fetch: async id => {
      const { client } = hub.client(findAccount(RED, id)?.account ?? id)
      return fetchDevices(client.context({ priority: 'user' }))
    },
    changed: () => RED.comms.publish('withings/overview', { changed: true }, false),
    clock: systemClock
  })
  const desk = new OverviewDesk(RED, hub, imports, cache)
  get('/withings/overview', req =>
    desk.overview({
      fresh: req.query.fresh === '1',
      target: asText(req.query.target),
      say: textsFor(req)
    })
  )
  post('/withings/overview/forget', async req => {
    await desk.forget(req.body)
    return {}
  })
}
