import type { AxiosInstance } from 'axios'
import type { ClientRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { steadyClock } from './clock'
import { CodedError } from './errors'
import { parseJson } from './json'
import { withTimeout } from './timeout'
import type { Reason, Text } from './translate'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  /** Sent as a form, or as JSON. */
  body?: URLSearchParams | object
}

export interface HttpAnswer {
  httpStatus: number
  /** UTF-8, without a byte order mark. */
  text: string
  /** Milliseconds that the server asks to wait; undocumented for Withings, honoured if it ever comes. */
  retryAfter?: number | undefined
}

/** Resolves for any HTTP status; rejects when no answer came in time, and with its reason when `signal` aborts. */
export type HttpSend = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>

/** Milliseconds for an answer; Home Assistant gives Withings the same (withings-api.md §1). */
export const TIME_LIMIT = 10_000

/** Megabytes; a page of measures has one at most. */
const LARGEST_ANSWER = 4
const MEGABYTE = 1024 * 1024

const TIMED_OUT = 'ERR_CANCELED'

let loaded: AxiosInstance | undefined

/**
 * HttpSend by axios, which is loaded with the first request only; through an HTTP proxy where one is given. An answer
 * of more than `largest` megabytes fails with BAD_ANSWER as soon as it is; `timeLimit` (milliseconds) covers
 * connecting, waiting and reading.
 */
export function axiosSend(
  proxyUrl: string | undefined,
  { largest = LARGEST_ANSWER, timeLimit = TIME_LIMIT }: { largest?: number; timeLimit?: number } = {}
): HttpSend {
  return ({ method, url, headers, body }, signal) => {
    const late = Object.assign(new Error('no answer in time'), { code: TIMED_OUT })
    return withTimeout({ clock: steadyClock, limit: timeLimit, late, signal }, async until => {
      const agent = proxyUrl === undefined ? undefined : new ProxyAgent(proxyUrl, url)
      const answer = await axios().request<Readable>({
        method,
        url,
        data: body,
        headers,
        signal: until,
        ...(agent && { httpAgent: agent, httpsAgent: agent })
      })
      const text = await read(answer.data, largest)
      return { httpStatus: answer.status, text, retryAfter: pauseOf(answer.headers['retry-after']) }
    })
  }
}

function axios(): AxiosInstance {
  return (loaded ??= (require('axios') as typeof import('axios')).create({
    maxRedirects: 0,
    // One ProxyAgent serves all requests, those of simple-oauth2 included.
    proxy: false,
    // axios itself would keep a large answer in memory until the next request of the connection.
    responseType: 'stream',
    validateStatus: () => true
  }))
}

/** By events, which for a large answer are quicker than iterating. */
function read(stream: Readable, largest: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= largest * MEGABYTE) return
      // Ends the connection, too.
      stream.destroy(new CodedError('BAD_ANSWER', 'tooLarge', { size: largest }))
    })
    stream.once('end', () => resolve(new TextDecoder().decode(Buffer.concat(chunks))))
    stream.once('error', reject)
    // Closed without an end: by the other side, or by the time limit.
    stream.once('close', () => reject(new Error('the answer was broken off')))
  })
}

/** JSON of an answer; throws what `problem` makes for anything else. */
export function jsonOf({ text }: HttpAnswer, problem: () => CodedError): unknown {
  const json = parseJson(text)
  if (json === undefined) throw problem()
  return json
}

/** Why a request failed, without the addresses and headers that a library puts into its messages. `late`: no answer in time. */
export function reasonOf(error: unknown, late: Text): Reason {
  if (error instanceof CodedError && error.key !== null) return { key: error.key, params: error.params }
  const code = (error as { code?: unknown } | null)?.code
  if (code === TIMED_OUT) return late
  return typeof code === 'string' ? code.slice(0, 40) : { key: 'noConnection' }
}

/** Header Retry-After, seconds or a date → milliseconds. */
export function pauseOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

/**
 * Sends the requests of one address through an HTTP proxy. Plain data and one method: the HTTP client below
 * simple-oauth2 copies its options deeply, which the agent of the library would not survive.
 */
export class ProxyAgent {
  readonly protocol: string
  readonly defaultPort: number

  constructor(
    private readonly proxyUrl: string,
    targetUrl: string
  ) {
    this.protocol = new URL(targetUrl).protocol
    this.defaultPort = this.protocol === 'https:' ? 443 : 80
  }

  /** What Node's http and https call of any agent; not part of their types. */
  addRequest(request: ClientRequest, options: object): void {
    const { HttpsProxyAgent } = require('https-proxy-agent') as typeof import('https-proxy-agent')
    const agent = new HttpsProxyAgent(this.proxyUrl) as unknown as Pick<ProxyAgent, 'addRequest'>
    agent.addRequest(request, options)
  }
}
