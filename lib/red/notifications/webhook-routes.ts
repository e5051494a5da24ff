import type { Request, Response } from 'express'
import type { NodeAPI } from 'node-red'
import type { Receiver } from '../../withings/notifications/receiver'
import { isFirst } from '../admin/admin-routes'
import { readForm } from './webhook-request'

const PREFIX = 'withings/notify'

const receivers = new Map<string, Pick<Receiver, 'receive'>>()

/** Below Node-RED's httpNodeRoot. */
export function notifyPath(secret: string): string {
  return `${PREFIX}/${secret}`
}

export function addReceiver(secret: string, receiver: Pick<Receiver, 'receive'>): void {
  receivers.set(secret, receiver)
}

export function removeReceiver(secret: string): void {
  receivers.delete(secret)
}

/**
 * One dispatcher for all notification nodes, once per process: Express keeps routes for good. Nothing but the
 * secret in the path tells Withings from others (withings-api.md §10.5).
 */
export function registerNotifyRoutes(RED: NodeAPI): void {
  if (!isFirst(RED.httpNode, 'notify')) return
  RED.httpNode.all(`/${PREFIX}/:secret`, (req, res, next) => {
    answer(req, res).catch(next)
  })
}

/** HEAD and GET are Withings' tests of the address, and an empty POST may be one too. */
async function answer(req: Request, res: Response): Promise<void> {
  const receiver = receivers.get(String(req.params.secret))
  res.set('Cache-Control', 'no-store')
  if (!receiver) return void res.status(404).end()
  if (req.method === 'HEAD' || req.method === 'GET') return void res.status(200).end()
  if (req.method !== 'POST') return void res.status(405).end()
  const form = await readForm(req)
  if (!form) return void res.status(413).end()
  res.status(form.appli === undefined || (await receiver.receive(form)) ? 200 : 503).end()
}
