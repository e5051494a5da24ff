import type { NodeAPI } from 'node-red'
import { importManager } from '../imports/import-manager'
import { adminRoutes, isFirst } from './admin-routes'

const ACTIONS = ['pause', 'resume', 'cancel'] as const

/**
 * The admin endpoints of the history imports, once per process: `GET` and `POST withings/imports`, `POST
 * withings/imports/:id/pause`, `resume` and `cancel`, and `POST withings/days/move`. Forms as `ImportManager` takes them.
 */
export function registerImportRoutes(RED: NodeAPI): void {
  if (!isFirst(RED.httpAdmin, 'imports')) return
  const { get, post } = adminRoutes(RED)
  const manager = importManager(RED)
  get('/withings/imports', () => manager.list())
  post('/withings/imports', (req, res) => {
    const { state, fresh } = manager.begin(req.body)
    res.status(fresh ? 201 : 200)
    return state
  })
  post('/withings/days/move', req => manager.moveDays(req.body))
  for (const action of ACTIONS)
    post(`/withings/imports/:id/${action}`, req => manager.control(String(req.params.id), action))
}
