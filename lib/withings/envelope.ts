import { CodedError } from '../errors'
import { textOf } from '../bytes'
import type { HttpAnswer } from './http'
import { asInteger, asObject, asText, type JsonObject } from './json'

/** `{status, body, error}`, which Withings wraps around everything (withings-api.md §1). */
export interface Envelope<Body = JsonObject> {
  status: number
  body: Body
  error: string | undefined
  /** Milliseconds that the server asks to wait. */
  retryAfter: number | undefined
}

/**
 * HTTP answer → envelope. Throws WITHINGS_UNAVAILABLE for what a gateway in trouble sends (5xx, HTML, half a
 * document) and for JSON without a status: both may be gone at the next try.
 */
export function parseEnvelope(answer: HttpAnswer): Envelope {
  const { retryAfter } = answer
  if (answer.httpStatus === 429) return { status: 601, body: {}, error: undefined, retryAfter }
  if (answer.httpStatus >= 500) throw unavailable(`HTTP ${answer.httpStatus}`, retryAfter)
  return { ...read(textOf(answer.body), answer.httpStatus), retryAfter }
}

function read(text: string, httpStatus: number): Envelope {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw unavailable(`not JSON, HTTP ${httpStatus}`)
  }
  return unwrap(json)
}

/** How Withings begins every good answer. */
const SUCCESS = /^\s*\{\s*"status"\s*:\s*0\s*,/
const LONGEST_BEGINNING = 50

/**
 * As `parseEnvelope`, but the body of a good answer is all its bytes, for another thread to read with `bodyOf`: to parse
 * a large page takes longer than all else that is done with it here, and leaves the most garbage.
 */
export function unreadEnvelope(answer: HttpAnswer): Envelope<Uint8Array> {
  const { body } = answer
  const looksGood = answer.httpStatus === 200 && SUCCESS.test(textOf(body.subarray(0, LONGEST_BEGINNING)))
  return looksGood
    ? { status: 0, body, error: undefined, retryAfter: undefined }
    : { ...parseEnvelope(answer), body }
}

/** Text of a good answer → its body; throws WITHINGS_UNAVAILABLE for what only began like one. */
export function bodyOf(text: string): JsonObject {
  return read(text, 200).body
}

/** Parsed JSON → envelope; the token endpoint gets here through simple-oauth2. */
export function unwrap(json: unknown): Envelope {
  const envelope = asObject(json)
  const status = asInteger(envelope?.status)
  if (!envelope || status === undefined) throw unavailable('an answer without a status')
  // Errors carry {}, [] or nothing as body (withings-api.md §11.2 no. 7).
  const body = asObject(envelope.body) ?? {}
  return { status, body, error: asText(envelope.error), retryAfter: undefined }
}

/** `retryAfter`: milliseconds that the server asks to wait. */
export function unavailable(detail: string, retryAfter?: number): CodedError {
  return new CodedError('WITHINGS_UNAVAILABLE', `Withings cannot be used now: ${detail}.`, {
    detail,
    ...(retryAfter !== undefined && { retryAfter })
  })
}
