import { knownScopes } from './scopes'
import type { Device, MeasureGroup, Simulator } from './types'

/** Calls with nothing between test and simulator: no retries, no decoding, no patience. */
export interface Answer {
  status: number
  body?: AnswerBody
  error?: string
}

/** The fields of all answers; which of them are there depends on the call. */
export interface AnswerBody {
  userid?: string | number
  access_token?: string
  refresh_token?: string
  csrf_token?: string
  scope?: string
  expires_in?: number
  nonce?: string
  updatetime?: number
  timezone?: string
  measuregrps?: MeasureGroup[]
  /** 1 or 0 for measures, true or false for lists. */
  more?: number | boolean
  offset?: number
  devices?: Device[]
  activities?: unknown[]
  series?: unknown[]
  signal?: number[]
  signal_filtered?: number[]
  sampling_frequency?: number
  heart_rate?: number
}

export interface Session {
  userId: string
  accessToken: string
  refreshToken: string
}

/** As parameters to name one twice. */
export type Form = Record<string, string> | URLSearchParams

export const redirectUri = 'http://127.0.0.1:1881/withings/callback'

export function send(simulator: Simulator, path: string, form: Form, bearer?: string): Promise<Response> {
  const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  return fetch(simulator.url + path, { method: 'POST', headers, body: new URLSearchParams(form) })
}

export async function post(simulator: Simulator, path: string, form: Form, bearer?: string): Promise<Answer> {
  return (await (await send(simulator, path, form, bearer)).json()) as Answer
}

export function requestToken(simulator: Simulator, form: Record<string, string>): Promise<Answer> {
  const { id, secret } = simulator.client
  return post(simulator, '/v2/oauth2', {
    action: 'requesttoken',
    client_id: id,
    client_secret: secret,
    ...form
  })
}

export function exchange(simulator: Simulator, code: string, uri = redirectUri): Promise<Answer> {
  return requestToken(simulator, { grant_type: 'authorization_code', code, redirect_uri: uri })
}

export function refresh(simulator: Simulator, refreshToken: string): Promise<Answer> {
  return requestToken(simulator, { grant_type: 'refresh_token', refresh_token: refreshToken })
}

export function sessionOf({ body = {} }: Answer): Session {
  const { userid = '', access_token: accessToken = '', refresh_token: refreshToken = '' } = body
  return { userId: String(userid), accessToken, refreshToken }
}

export async function login(simulator: Simulator, userId: string, scopes = knownScopes): Promise<Session> {
  return sessionOf(await exchange(simulator, simulator.grant({ userId, scopes, redirectUri })))
}

export function getMeas(
  simulator: Simulator,
  session: Session,
  form: Record<string, string> = {}
): Promise<Answer> {
  return post(simulator, '/measure', { action: 'getmeas', ...form }, session.accessToken)
}

export function getDevice(simulator: Simulator, session: Session): Promise<Answer> {
  return post(simulator, '/v2/user', { action: 'getdevice' }, session.accessToken)
}

/** All pages, as long as `more` says so. */
export async function allGroups(
  simulator: Simulator,
  session: Session,
  form: Record<string, string> = {}
): Promise<MeasureGroup[]> {
  const groups: MeasureGroup[] = []
  let offset: Record<string, string> = {}
  for (;;) {
    const { body = {} } = await getMeas(simulator, session, { ...form, ...offset })
    groups.push(...(body.measuregrps ?? []))
    if (body.more !== 1) {
      return groups
    }
    offset = { offset: String(body.offset) }
  }
}
