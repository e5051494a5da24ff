import { type Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { type HttpAnswer, type HttpSend, jsonOf, reasonOf } from '../../base/http'
import { asObject, asText } from '../../base/json'
import type { Params, TextKey } from '../../base/translate'

/** An answer of Gladys that could be read, of any HTTP status. */
export interface GladysAnswer {
  status: number
  body: unknown
}

export interface GladysClientOptions {
  /** As `gladysRoot` gives it. */
  root: string
  send: HttpSend
  clock: Pick<Clock, 'now' | 'sleep'>
  /** Aborted when the node is closed. */
  signal: AbortSignal
}

/** Milliseconds; a quicker failure cost next to nothing, and needs no pause. */
const QUICK = 1000
/** Pause after 429 where Gladys names none; limits the time of a call, too, where the clock was set meanwhile. */
const LIMIT_PAUSE = 60_000
/** Nothing is sent during a pause, so no server may ask for days. */
const MAX_PAUSE = 3_600_000

/** Gladys answers 500 while its database is busy (gladys.md, "real server" no. 8); pauses before the next tries. */
const BUSY = 500
const BUSY_PAUSES = [1_000, 3_000]

/** Gladys's address without a trailing slash and `/api/v1`; throws NOT_CONFIGURED without repeating what it got. */
export function gladysRoot(httpUrl: string): string {
  if (URL.canParse(httpUrl.trim())) {
    const { protocol, username, password, origin, pathname } = new URL(httpUrl.trim())
    if (/^https?:$/.test(protocol) && username === '' && password === '')
      return origin + pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  }
  throw new CodedError('NOT_CONFIGURED', 'wrongGladysAddress')
}

/**
 * JSON calls of Gladys's HTTP API. A call without a usable answer fails with GLADYS_REFUSED; if that took long, all
 * calls fail for as long again, so that a Gladys that hangs costs at most half of the time.
 */
export class GladysClient {
  private failure: { since: number; pause: number; error: CodedError } | undefined

  constructor(private readonly options: GladysClientOptions) {}

  /** `path` below `/api/v1`, with its slash. */
  async call(method: 'GET' | 'POST', path: string, sent?: object, token?: string): Promise<GladysAnswer> {
    const { root, send, signal, clock } = this.options
    const started = clock.now()
    const { since = started, pause = 0, error } = this.failure ?? {}
    if (error !== undefined && started >= since && started < since + pause) throw error
    this.failure = undefined
    const taken = (): number => Math.min(clock.now() - started, LIMIT_PAUSE)
    const headers = {
      accept: 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` })
    }
    const request = { method, url: `${root}/api/v1${path}`, headers, ...(sent && { body: sent }) }
    const ask = (): Promise<HttpAnswer> =>
      send(request, signal).catch((error: unknown) =>
        this.failed(taken(), refused('gladysAway', { reason: reasonOf(error, { key: 'noAnswerInTime' }) }))
      )
    let answer = await ask()
    // Logins are not repeated, since Gladys limits them.
    for (const pause of token === undefined ? [] : BUSY_PAUSES) {
      if (answer.httpStatus !== BUSY) break
      await clock.sleep(pause, signal)
      answer = await ask()
    }
    const { httpStatus, retryAfter } = answer
    if (httpStatus === 429) this.failed(Math.min(retryAfter ?? LIMIT_PAUSE, MAX_PAUSE), refused('gladysBusy'))
    if (httpStatus >= 500) this.failed(taken(), refused('gladysBroken', { http: httpStatus }))
    if (httpStatus >= 300 && httpStatus < 400) throw refused('gladysMoved')
    const body = jsonOf(answer, () => refused('notGladys'))
    // Gladys does not have this call at all: `Route /… not found`.
    const isUnknownCall = httpStatus === 404 && /^route\b/i.test(asText(asObject(body)?.message) ?? '')
    if (isUnknownCall) throw refused('gladysOld')
    return { status: httpStatus, body }
  }

  private failed(pause: number, error: CodedError): never {
    if (pause > QUICK) this.failure = { since: this.options.clock.now(), pause, error }
    throw error
  }
}

/** Its text follows "Gladys refused:" and says what to do. */
export function refused(key: TextKey, params: Params = {}): CodedError {
  return new CodedError('GLADYS_REFUSED', key, params)
}

/** What Gladys answers about an error, without the values it repeats: `HTTP 422 UNPROCESSABLE_ENTITY unit`. */
export function complaintOf({ status, body }: GladysAnswer): string {
  const { code, properties } = asObject(body) ?? {}
  const attributes = Array.isArray(properties) ? properties.map(one => asObject(one)?.attribute) : []
  const words = [code, ...attributes].map(asText).filter(word => /^[\w.-]{1,60}$/.test(word ?? ''))
  return [`HTTP ${status}`, ...words].join(' ')
}
