import type { AxiosInstance } from 'axios'
import type { ClientRequest } from 'node:http'
import type { Readable } from 'node:stream'
import { steadyClock } from './clock'
import { CodedError } from './errors'
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
  /** UTF-8, without a mark at its beginning. */
  text: string
  /** Milliseconds that the server asks to wait; undocumented for Withings, honoured if it ever comes. */
  retryAfter?: number
}

/**
 * Gives back whatever came, of any HTTP status; rejects when nothing came in time, and with its reason when `signal`
 * was aborted.
 */
export type HttpSend = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>

interface HttpLimits {
  /** Megabytes; a larger answer is refused with BAD_ANSWER as soon as it is. */
  largest?: number
  /** Milliseconds over connecting, waiting and reading, also for an answer that trickles in. */
  timeLimit?: number
}

/** Nobody gets longer to answer; Home Assistant gives Withings the same (withings-api.md §1). */
export const TIME_LIMIT = 10_000

/** A page of measures has one megabyte at most: a larger answer is not one that we asked for, and costs the process dearly. */
const LARGEST_ANSWER = 4
const MEGABYTE = 1024 * 1024

const TIMED_OUT = 'ERR_CANCELED'

let loaded: AxiosInstance | undefined

/** HttpSend by axios, which is loaded with the first request only; through an HTTP proxy where one is given. */
export function axiosSend(
  proxyUrl: string | undefined,
  { largest = LARGEST_ANSWER, timeLimit = TIME_LIMIT }: HttpLimits = {}
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
      const retryAfter = pauseOf(answer.headers['retry-after'])
      return {
        httpStatus: answer.status,
        text: await read(answer.data, largest),
        ...(retryAfter !== undefined && { retryAfter })
      }
    })
  }
}

function axios(): AxiosInstance {
  return (loaded ??= (require('axios') as typeof import('axios')).create({
    maxRedirects: 0,
    // Which proxy is decided in one place for all requests, those of simple-oauth2 included.
    proxy: false,
    // Read here: axios would keep what it has read until the connection's next request, and an answer can be large.
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
    // Without an end: the other side, or a time limit, broke it off.
    stream.once('close', () => reject(new Error('the answer was broken off')))
  })
}

/** JSON of an answer; throws what `problem` makes for anything else. */
export function jsonOf({ text }: HttpAnswer, problem: () => CodedError): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw problem()
  }
}

/** Why a request failed, without what the message of a library repeats: addresses and headers. `late`: no answer in time. */
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

/** What Node's http and https call of any agent; not part of their types. */
interface RequestTaker {
  addRequest(request: ClientRequest, options: object): void
}

/**
 * Sends the requests of one address through an HTTP proxy. Plain data and one method: the HTTP client below
 * simple-oauth2 copies its options deeply, which the agent of the library would not survive.
 */
export class ProxyAgent implements RequestTaker {
  readonly protocol: string
  readonly defaultPort: number

  constructor(
    private readonly proxyUrl: string,
    targetUrl: string
  ) {
    this.protocol = new URL(targetUrl).protocol
    this.defaultPort = this.protocol === 'https:' ? 443 : 80
  }

  addRequest(request: ClientRequest, options: object): void {
    const { HttpsProxyAgent } = require('https-proxy-agent') as typeof import('https-proxy-agent')
    const agent = new HttpsProxyAgent(this.proxyUrl) as unknown as RequestTaker
    agent.addRequest(request, options)
  }
}
