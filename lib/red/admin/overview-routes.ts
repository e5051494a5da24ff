import type { NodeAPI } from 'node-red'
import { asText } from '../../base/json'
import { textsFor } from '../i18n/texts'
import { OverviewBuilder } from '../overview/overview'
import { adminRoutes, isFirst } from './admin-routes'

/**
 * `GET withings/overview`, once per process: what the sidebar shows; `?fresh=1` asks Withings again for the
 * devices, `?target=` names the gladys-device-state node it is about. `POST withings/overview/forget` takes the
 * announcement of a device back: `{node, account, deviceId}`. `withings/overview` on the web socket says that it is worth another request, and nothing else.
 */
export function registerOverviewRoutes(RED: NodeAPI): void {
  if (!isFirst(RED.httpAdmin, 'overview')) return
  const { get, post } = adminRoutes(RED)
  const builder = new OverviewBuilder(RED)
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
