import type { Request, Response } from 'express'
import type { NodeAPI } from 'node-red'
import { asObject, type JsonObject, parseJson } from '../../base/json'
import type { Receiver } from '../../withings/notifications/receiver'
import { isFirst } from '../admin/admin-routes'

const PREFIX = 'withings/notify'

/** By the secret in the path. */
export const receivers = new Map<string, Pick<Receiver, 'receive'>>()

/** Below Node-RED's httpNodeRoot. */
export function notifyPath(secret: string): string {
  return `${PREFIX}/${secret}`
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

/** A form of Withings has a few hundred bytes. */
const LARGEST = 16_384
/** All that Withings sends (withings-api.md §10.3), each a short text or a number. */
const FIELDS = ['appli', 'userid', 'startdate', 'enddate', 'date', 'deviceid', 'action']
const LONGEST = 100

/**
 * The known fields of what was posted to RED.httpNode, a form or JSON. With separate roots nobody has read it yet;
 * with both roots at `/` Node-RED's admin API has (node-red.md §4.7). Undefined when it is too large or broke off.
 */
export async function readForm(req: Request): Promise<JsonObject | undefined> {
  if (Number(req.headers['content-length'] ?? 0) > LARGEST) {
    req.resume()
    return undefined
  }
  if (req.readableEnded) return fieldsOf(asObject(req.body) ?? {})
  const text = await readText(req)
  if (text === undefined) return undefined
  const isJson = /\bjson\b/i.test(req.headers['content-type'] ?? '')
  return fieldsOf(isJson ? (asObject(parseJson(text)) ?? {}) : Object.fromEntries(new URLSearchParams(text)))
}

/** Reads on beyond what is too large, for a sender who is cut off would not see the answer. */
async function readText(req: Request): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length
      if (size > LARGEST) break
      chunks.push(chunk as Buffer)
    }
  } catch {
    return undefined
  }
  if (size <= LARGEST) return Buffer.concat(chunks).toString('utf8')
  req.resume()
  return undefined
}

function fieldsOf(form: JsonObject): JsonObject {
  const isShort = (value: unknown) =>
    typeof value === 'number' || (typeof value === 'string' && value.length <= LONGEST)
  return Object.fromEntries(FIELDS.filter(name => isShort(form[name])).map(name => [name, form[name]]))
}
