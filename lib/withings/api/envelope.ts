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
 * HTTP answer → envelope. Throws WITHINGS_UNAVAILABLE for what a gateway in trouble sends (5xx, HTML, half a
 * document) and for JSON without a status: both may be gone at the next try.
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

/**
 * What to do about a status of Withings (withings-api.md §3):
 * - `renew`: the access token is not accepted; refresh it, try once more;
 * - `login`: only a new login helps;
 * - `scope`: the login lacks a scope;
 * - `pause`: too many requests, the whole client id has to wait;
 * - `retry`: may pass by itself;
 * - `refused`: asking again gives the same answer.
 */
export type StatusClass = 'ok' | 'renew' | 'login' | 'scope' | 'pause' | 'retry' | 'refused'

const classes: Readonly<Record<Exclude<StatusClass, 'refused'>, readonly number[]>> = {
  ok: [0],
  renew: [100, 101, 102, 200, 401],
  login: [214, 277, 2553],
  scope: [403],
  pause: [601],
  retry: [522, 524, 602, 2555]
}

export function statusClass(status: number): StatusClass {
  const [found] = Object.entries(classes).find(([, statuses]) => statuses.includes(status)) ?? ['refused']
  return found as StatusClass
}
