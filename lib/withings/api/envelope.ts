import { CodedError } from '../../base/errors'
import { type HttpAnswer, jsonOf } from '../../base/http'
import { asInteger, asObject, asText, type JsonObject } from '../../base/json'

/** `{status, body, error}`, which Withings wraps around everything (withings-api.md §1). */
export interface Envelope {
  status: number
  body: JsonObject
  error: string | undefined
  /** Milliseconds that the server asks to wait. */
  retryAfter: number | undefined
}

/**
 * HTTP answer → envelope. Throws WITHINGS_UNAVAILABLE for what a failing gateway sends (5xx, HTML, half a document)
 * and for JSON without a status: the next try may succeed.
 */
export function parseEnvelope(answer: HttpAnswer): Envelope {
  const { httpStatus: http, retryAfter } = answer
  if (http === 429) return { status: 601, body: {}, error: undefined, retryAfter }
  if (http >= 500)
    throw new CodedError('WITHINGS_UNAVAILABLE', 'http', {
      http,
      ...(retryAfter !== undefined && { retryAfter })
    })
  const json = jsonOf(answer, () => new CodedError('WITHINGS_UNAVAILABLE', 'notJson', { http }))
  return { ...unwrap(json), retryAfter }
}

/** Parsed JSON → envelope; the token endpoint gets here through simple-oauth2. */
export function unwrap(json: unknown): Envelope {
  const envelope = asObject(json)
  const status = asInteger(envelope?.status)
  if (!envelope || status === undefined) throw new CodedError('WITHINGS_UNAVAILABLE', 'noStatus')
  // Errors carry {}, [] or nothing as body (withings-api.md §11.2 no. 7).
  const body = asObject(envelope.body) ?? {}
  return { status, body, error: asText(envelope.error), retryAfter: undefined }
}

/** What to do about a status of Withings (withings-api.md §3). */
const CLASSES = {
  ok: [0],
  // The access token is not accepted: refresh it, try once more.
  renew: [100, 101, 102, 200, 401],
  // Only a new login helps.
  login: [214, 277, 2553],
  // The login lacks a scope.
  scope: [403],
  // Too many requests: the whole client id has to wait.
  pause: [601],
  // May pass by itself.
  retry: [522, 524, 602, 2555],
  // All others: a second request gets the same answer.
  refused: []
} satisfies Record<string, readonly number[]>

export type StatusClass = keyof typeof CLASSES

export function statusClass(status: number): StatusClass {
  const classes: [string, readonly number[]][] = Object.entries(CLASSES)
  return (classes.find(([, statuses]) => statuses.includes(status))?.[0] ?? 'refused') as StatusClass
}
