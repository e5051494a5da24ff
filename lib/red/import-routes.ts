import type { NodeAPI } from 'node-red'
import { adminRoutes, isFirst } from './admin-answer'
import { ACTIONS, type ImportDesk } from './import-desk'

/** The admin endpoints of the history imports, once per process. */
export function registerImportRoutes(RED: NodeAPI, desk: ImportDesk): void {
  if (!isFirst(RED.httpAdmin, 'imports')) return
  const { get, post } = adminRoutes(RED)
  get('/withings/imports', () => desk.list())
  post('/withings/imports', (req, res) => {
    const { state, fresh } = desk.begin(req.body)
    res.status(fresh ? 201 : 200)
    return state
  })
  for (const action of ACTIONS)
    post(`/withings/imports/:id/${action}`, (req, res) => {
      const state = desk.control(String(req.params.id), action)
      if (state !== undefined) return state
      res.status(404)
      return { error: { code: 'BAD_INPUT', message: 'There is no such import.' } }
    })
}
