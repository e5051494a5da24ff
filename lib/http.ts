import type { Readable } from 'node:stream'
import type { AxiosInstance } from 'axios'
import { CodedError } from './errors'
import { ProxyAgent } from './withings/proxy-agent'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers: Readonly<Record<string, string>>
  body?: string | URLSearchParams
}

export interface HttpAnswer {
  httpStatus: number
  body: Uint8Array
  /** Milliseconds that the server asks to wait; undocumented for Withings, honoured if it ever comes. */
  retryAfter?: number
}

/** Gives back whatever came, of any HTTP status; rejects when nothing came in time or `signal` was aborted. */
export type HttpSend = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>

/** Nobody gets longer to answer; Home Assistant gives Withings the same (withings-api.md §1). */
export const TIME_LIMIT = 10_000

/** Megabytes. A page of measures has one at most: a larger answer is not one that we asked for, and costs the process dearly. */
const LARGEST_ANSWER = 4
const MEGABYTE = 1024 * 1024

let loaded: AxiosInstance | undefined

/**
 * HttpSend by axios, which is loaded with the first request only; through an HTTP proxy where one is given. `largest`:
 * megabytes; a larger answer is refused with BAD_ANSWER as soon as it is.
 */
export function axiosSend(proxyUrl: string | undefined, largest = LARGEST_ANSWER): HttpSend {
  return (request, signal) => send({ proxyUrl, largest }, request, signal)
}

async function send(
  { proxyUrl, largest }: { proxyUrl: string | undefined; largest: number },
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal
): Promise<HttpAnswer> {
  const axios = (loaded ??= (require('axios') as typeof import('axios')).create({
    maxRedirects: 0,
    // Which proxy is decided in one place for all requests, those of simple-oauth2 included.
    proxy: false,
    // Read here: axios would keep what it has read until the connection's next request, and an answer can be large.
    responseType: 'stream',
    validateStatus: () => true
  }))
  // One limit over connecting, waiting and reading, also for an answer that trickles in.
  const limit = new AbortController()
  const stop = () => limit.abort()
  const timer = setTimeout(stop, TIME_LIMIT)
  signal.addEventListener('abort', stop, { once: true })
  try {
    const agent = proxyUrl === undefined ? undefined : new ProxyAgent(proxyUrl, url)
    const answer = await axios.request<Readable>({
      method,
      url,
      data: body,
      headers,
      signal: limit.signal,
      ...(agent && { httpAgent: agent, httpsAgent: agent })
    })
    const retryAfter = pauseOf(answer.headers['retry-after'])
    return {
      httpStatus: answer.status,
      body: await read(answer.data, largest),
      ...(retryAfter === undefined ? {} : { retryAfter })
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

async function read(stream: Readable, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop ends the connection.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largest * MEGABYTE) {
      const detail = `an answer of more than ${largest} MB`
      throw new CodedError('BAD_ANSWER', `The answer cannot be read: ${detail}.`, { detail })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Header Retry-After, seconds or a date → milliseconds. */
export function pauseOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
