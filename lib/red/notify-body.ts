import type { Request } from 'express'
import { asObject, type JsonObject } from '../withings/json'

/** A form of Withings has a few hundred bytes. */
const LARGEST = 16_384

/**
 * The form of a POST on RED.httpNode. With separate roots nobody has read it yet; with both roots at `/` Node-RED's
 * admin API has (node-red.md §4.7). Undefined when it is too large or broke off.
 */
export async function readForm(req: Request): Promise<JsonObject | undefined> {
  if (req.readableEnded) return asObject(req.body) ?? {}
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of req) {
      size += (chunk as Buffer).length
      if (size > LARGEST) return undefined
      chunks.push(chunk as Buffer)
    }
  } catch {
    return undefined
  }
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8')))
}
