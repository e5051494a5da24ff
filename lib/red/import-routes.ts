import type { NodeAPI } from 'node-red'
import { adminAnswer, READ, WRITE } from './admin-answer'
import { ACTIONS, type ImportDesk } from './import-desk'

const registered = new WeakSet<object>()

/** The admin endpoints of the history imports, once per process. */
export function registerImportRoutes(RED: NodeAPI, desk: ImportDesk): void {
  if (registered.has(RED.httpAdmin)) return
  registered.add(RED.httpAdmin)
  const read = RED.auth.needsPermission(READ)
  const write = RED.auth.needsPermission(WRITE)

  RED.httpAdmin.get(
    '/withings/imports',
    read,
    adminAnswer(RED, (_req, res) => {
      res.json(desk.list())
    })
  )

  RED.httpAdmin.post(
    '/withings/imports',
    write,
    adminAnswer(RED, (req, res) => {
      const { state, fresh } = desk.begin(req.body)
      res.status(fresh ? 201 : 200).json(state)
    })
  )

  for (const action of ACTIONS)
    RED.httpAdmin.post(
      `/withings/imports/:id/${action}`,
      write,
      adminAnswer(RED, (req, res) => {
        const state = desk.control(String(req.params.id), action)
        if (state !== undefined) return void res.json(state)
        const message = 'There is no such import.'
        res.status(404).json({ error: { code: 'BAD_INPUT', message } })
      })
    )
}
