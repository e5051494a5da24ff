import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AuthorizationCode, ModuleOptions } from 'simple-oauth2'
import { CodedError, withReason, type WrongKey } from '../../base/errors'
import { axiosSend, pauseOf, ProxyAgent, TIME_LIMIT } from '../../base/http'
import { asId, asInteger, asObject, asPositive, asText, type JsonObject } from '../../base/json'
import type { Reason } from '../../base/translate'
import { parseEnvelope, statusClass, unwrap } from '../api/envelope'
import type { Addresses, LoginForm } from './login-form'

export interface ClientSettings extends Addresses {
  clientId: string
  clientSecret: string
  /** HTTP proxy on the way to the API. */
  proxyUrl?: string
}

/** What the token endpoint gives (withings-api.md §2.4). */
export interface TokenPair {
  userId: string
  accessToken: string
  refreshToken: string
  /** Seconds that the access token lives. */
  expiresIn: number
  /** Granted, which may be fewer than asked for; undefined when the answer does not say. */
  scopes: string[] | undefined
}

/** Seconds (withings-api.md §2.5). */
export const ACCESS_TOKEN_LIFETIME = 10_800
/** Bytes; an answer with tokens has a few hundred. */
const LARGEST_ANSWER = 1_000_000
/** Withings' status for a signature that was made with another secret (withings-api.md §3). */
const WRONG_SIGNATURE = 342
/** Withings' addition to the standard parameters; the types of the library know only `scope`. */
const ACTION: { action: string; scope?: string } = { action: 'requesttoken' }

/** Where the user's browser goes to allow the access. Scopes are joined by commas (withings-api.md §2.2). */
export function authorizeUrl(
  settings: ClientSettings,
  { redirectUri, scopes, demo, state }: Omit<LoginForm, keyof Addresses> & { state: string }
): string {
  const params = { redirect_uri: redirectUri, scope: scopes, state, ...(demo && { mode: 'demo' }) }
  return oauthClient(settings).authorizeURL(params)
}

/** Code of the callback → first pair. The code lives 30 s and works once. */
export async function exchangeCode(
  settings: ClientSettings,
  code: string,
  redirectUri: string
): Promise<TokenPair> {
  const client = oauthClient(settings)
  const params = { ...ACTION, code, redirect_uri: redirectUri }
  return pairOf(await answerOf(() => client.getToken(params, httpOptions(settings))))
}

/** Refresh token → next pair; Withings issues a new refresh token each time (withings-api.md §2.5). */
export async function refreshPair(
  settings: ClientSettings,
  refreshToken: string,
  timeLimit?: number
): Promise<TokenPair> {
  const current = oauthClient(settings, timeLimit).createToken({ refresh_token: refreshToken })
  return pairOf(await answerOf(() => current.refresh(ACTION, httpOptions(settings))))
}

/**
 * Which of the keys Withings does not accept: it issues a nonce for a signature by both of them, whatever became of
 * the login (withings-api.md §2.6, §13 no. 21). undefined: neither, or unknown for now.
 */
export async function findWrongKey(settings: ClientSettings): Promise<WrongKey | undefined> {
  const { clientId, clientSecret, apiUrl, proxyUrl } = settings
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', clientSecret)
    .update(['getnonce', clientId, timestamp].join(','))
    .digest('hex')
  const body = new URLSearchParams({ action: 'getnonce', client_id: clientId, timestamp, signature })
  const url = new URL('/v2/signature', apiUrl).href
  try {
    const request = { method: 'POST' as const, url, headers: {}, body }
    const { status, error } = parseEnvelope(await axiosSend(proxyUrl)(request, new AbortController().signal))
    if (status === WRONG_SIGNATURE) return 'clientSecret'
    return status === 0 ? undefined : wrongKeyIn(refusedParameter(error))
  } catch {
    return undefined
  }
}

/** The parameter that Withings refuses, as in `Invalid Params: invalid code` (withings-api.md §1). */
function refusedParameter(complaint: string | undefined): string | undefined {
  const found = /invalid (code|refresh_token|client_?id|client_?secret|redirect_uri)\b/i.exec(complaint ?? '')
  return found?.[1]?.toLowerCase().replace(/^client(?=[is])/, 'client_')
}

/** The key behind the name of a refused parameter. */
export function wrongKeyIn(refused: unknown): WrongKey | undefined {
  if (refused === 'client_id') return 'clientId'
  return refused === 'client_secret' ? 'clientSecret' : undefined
}

/** Identity of a refresh for the request queue; reveals nothing of the token. */
export function refreshIdentity(refreshToken: string): string {
  return `refresh ${createHash('sha256').update(refreshToken).digest('hex')}`
}

/** `force`: at times Withings' gateways mislabel JSON; the parser finds what is none. */
function httpOptions({ proxyUrl, apiUrl }: ClientSettings): { json: 'force'; agent?: ProxyAgent } {
  return { json: 'force', ...(proxyUrl !== undefined && { agent: new ProxyAgent(proxyUrl, apiUrl) }) }
}

function oauthClient(settings: ClientSettings, timeout = TIME_LIMIT): AuthorizationCode {
  const oauth = require('simple-oauth2') as typeof import('simple-oauth2')
  const config: ModuleOptions = {
    client: { id: settings.clientId, secret: settings.clientSecret },
    auth: {
      tokenHost: settings.apiUrl,
      tokenPath: '/v2/oauth2',
      authorizeHost: settings.accountUrl,
      authorizePath: '/oauth2_user/authorize2'
    },
    http: { timeout, redirects: 0, maxBytes: LARGEST_ANSWER },
    options: { authorizationMethod: 'body', bodyFormat: 'form', scopeSeparator: ',' }
  }
  try {
    return new oauth.AuthorizationCode(config)
  } catch {
    throw new CodedError('BAD_INPUT', 'unusableKeys')
  }
}

/** Body of a successful answer. Library errors are not passed on: they hold the request with the secret. */
async function answerOf(ask: () => Promise<{ token: unknown }>): Promise<JsonObject> {
  let json: unknown
  try {
    json = (await ask()).token
  } catch (error) {
    json = refusalIn(error)
  }
  const { status, body, error: complaint } = unwrap(json)
  const refused = refusedParameter(complaint)
  const kind = statusClass(status)
  if (kind === 'ok') return body
  if (kind === 'pause') throw new CodedError('RATE_LIMITED', null, { status })
  if (kind === 'retry') throw new CodedError('WITHINGS_UNAVAILABLE', 'status', { status })
  throw new CodedError('WITHINGS_REFUSED', null, { status, ...(refused !== undefined && { refused }) })
}

/** The envelope that came with an HTTP status from 400 to 499. Throws for everything else that the library throws. */
function refusalIn(error: unknown): JsonObject {
  type LibraryError = { data?: { res?: IncomingMessage; payload?: unknown } | null } | null
  const { res, payload } = (error as LibraryError)?.data ?? {}
  // After a timeout, the library goes on reading.
  res?.destroy()
  const httpStatus = res?.statusCode ?? 0
  const retryAfter = pauseOf(res?.headers['retry-after'])
  const asked = retryAfter === undefined ? {} : { retryAfter }
  if (httpStatus === 429) throw new CodedError('RATE_LIMITED', null, asked)
  const envelope = asObject(payload)
  if (httpStatus < 500 && asInteger(envelope?.status)) return envelope as JsonObject
  throw withReason('WITHINGS_UNAVAILABLE', shortReason(error), asked)
}

/** Messages about unreadable JSON quote it, and with it perhaps a token. */
function shortReason(error: unknown): Reason {
  if (!(error instanceof Error)) return { key: 'noAnswer' }
  return /JSON/.test(error.message) ? { key: 'invalidJson' } : error.message.slice(0, 100)
}

export function pairOf(body: JsonObject): TokenPair {
  const userId = asId(body.userid)
  const accessToken = asText(body.access_token)
  const refreshToken = asText(body.refresh_token)
  if (userId === undefined || accessToken === undefined || refreshToken === undefined) {
    throw new CodedError('WITHINGS_UNAVAILABLE', 'noTokens')
  }
  return {
    userId,
    accessToken,
    refreshToken,
    expiresIn: asPositive(body.expires_in) ?? ACCESS_TOKEN_LIFETIME,
    scopes: asText(body.scope)?.split(/[\s,]+/)
  }
}
