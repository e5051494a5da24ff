import type { Request } from 'express'
import { asObject, type JsonObject, parseJson } from '../../base/json'

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
