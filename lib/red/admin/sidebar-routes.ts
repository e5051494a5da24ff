import type { NodeAPI } from 'node-red'
import { asText } from '../../base/json'
import { textsFor } from '../i18n/texts'
import { importManager } from '../imports/import-manager'
import { OverviewBuilder } from '../overview/overview'
import { adminRoutes, isFirst } from './admin-routes'

/**
 * The admin endpoints of the sidebar, once per process. History imports: `GET` and `POST withings/imports`, `POST
 * withings/imports/:id/pause`, `resume` and `cancel`, and `POST withings/days/move`. Forms as `ImportManager` takes them.
 * `GET withings/overview`: what the sidebar shows; `?fresh=1` asks Withings again for the devices, `?target=` names the
 * gladys-device-state node it is about. `POST withings/overview/forget` takes the announcement of a device back: `{node,
 * account, deviceId}`. `withings/overview` on the web socket says that something of it changed, and no more.
 */
export function registerSidebarRoutes(RED: NodeAPI): void {
  if (!isFirst(RED.httpAdmin, 'sidebar')) return
  const { get, post } = adminRoutes(RED)
  const manager = importManager(RED)
  const builder = new OverviewBuilder(RED)
  get('/withings/imports', () => manager.list())
  post('/withings/imports', (req, res) => {
    const { state, fresh } = manager.begin(req.body)
    res.status(fresh ? 201 : 200)
    return state
  })
  post('/withings/days/move', req => manager.moveDays(req.body))
  for (const action of ['pause', 'resume', 'cancel'] as const)
    post(`/withings/imports/:id/${action}`, req => manager.control(String(req.params.id), action))
  get('/withings/overview', req => {
    const { fresh, target } = req.query
    return builder.overview({ fresh: fresh === '1', target: asText(target), say: textsFor(req) })
  })
  post('/withings/overview/forget', async req => {
    await builder.forget(req.body)
    return {}
  })
}
