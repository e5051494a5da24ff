import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { aggregatedStates } from './aggregates'
import type { Database } from './database'
import type { Discovery } from './discovery'
import type { Household } from './household'
import { fieldsOf, Refusal } from './types'

/** A request as it came in, without its body and headers: they hold secrets. */
export interface SeenRequest {
  method: string
  path: string
  status: number
}

/** `ancient`: it knows nothing but logins; `no-mqtt-service`: the MQTT integration is not installed. */
export type Version = 'current' | 'ancient' | 'no-mqtt-service'

export interface HttpOptions {
  email: string
  password: string
  version: Version
  /** Of the user. */
  language: string
  /** Of the house. */
  timeZone: string
  household: Household
  database: Database
  discovery: Discovery
  changed: () => void
}

interface Call {
  /** Method and path. */
  name: string
  body: unknown
  query: URLSearchParams
}

const LOGINS_A_MINUTE = 5

/** Gladys's HTTP API below `/api/v1`, on 127.0.0.1. */
export class HttpApi {
  readonly requests: SeenRequest[] = []
  /** Bodies of POST /device, as they came. */
  readonly saved: unknown[] = []
  private readonly loginTimes: number[] = []
  private readonly refreshTokens = new Set<string>()
  private readonly accessTokens = new Set<string>()
  private server: Server | undefined
  private port = 0

  constructor(private readonly options: HttpOptions) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts, again on the port it had before. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void this.answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
        this.options.changed()
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
    this.port = (server.address() as AddressInfo).port
    this.server = server
  }

  async stop(): Promise<void> {
    const { server } = this
    this.server = undefined
    if (server === undefined) return
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }

  /** As after the end of their time: a refresh token still gets a new one. */
  expireAccessTokens(): void {
    this.accessTokens.clear()
  }

  /** As when the user ends all sessions. */
  endSessions(): void {
    this.accessTokens.clear()
    this.refreshTokens.clear()
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { method = '', url = '' } = request
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const seen: SeenRequest = { method, path: pathname, status: 0 }
    this.requests.push(seen)
    this.options.changed()
    try {
      const body = await bodyOf(request)
      const call = { name: `${method} ${pathname}`, body, query: searchParams }
      const result = await this.route(call, request.headers.authorization)
      seen.status = 200
      return { status: 200, body: result }
    } catch (error) {
      const { status, code, message, attribute } =
        error instanceof Refusal ? error : new Refusal(500, 'SERVER_ERROR', String(error))
      seen.status = status
      const properties = attribute === undefined ? undefined : [{ message, attribute }]
      return { status, body: { status, code, ...(properties ? { properties } : { message }) } }
    }
  }

  private async route(call: Call, authorization?: string): Promise<unknown> {
    const { version, database } = this.options
    const { name, body } = call
    if (name === 'GET /api/v1/ping') return { status: 200, timestamp: Date.now() }
    await database.available()
    if (name === 'POST /api/v1/login') return this.login(body)
    if (name === 'POST /api/v1/access_token') return this.refresh(body)
    const bearer = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
    if (bearer === undefined || !this.accessTokens.has(bearer))
      throw new Refusal(401, 'UNAUTHORIZED', 'No or wrong access token')
    if (version === 'ancient') throw noRoute(name)
    if (version === 'no-mqtt-service' && name.includes('/service/mqtt'))
      throw new Refusal(404, 'NOT_FOUND', 'SERVICE_NOT_FOUND')
    return this.authorized(call)
  }

  private authorized({ name, body, query }: Call): unknown {
    const { household, database, discovery, changed } = this.options
    switch (name) {
      case 'GET /api/v1/service/mqtt':
        return { id: household.serviceId, name: 'mqtt', selector: 'mqtt', status: 'RUNNING' }
      case 'GET /api/v1/service/mqtt/device':
      case 'GET /api/v1/device':
        return household.devices
      case 'GET /api/v1/service/mqtt/discovery':
        return discovery.list()
      case 'POST /api/v1/device':
        this.saved.push(body)
        changed()
        return database.save(body)
      case 'GET /api/v1/device_feature/aggregated_states':
        return aggregatedStates(this.options, query)
    }
    const selector = /^DELETE \/api\/v1\/device\/([^/]+)$/.exec(name)?.[1]
    if (selector === undefined) throw noRoute(name)
    const device = household.devices.find(one => one.selector === selector)
    if (device === undefined) throw new Refusal(404, 'NOT_FOUND', 'Device not found')
    database.delete(device)
    return { success: true }
  }

  private login(body: unknown): unknown {
    const { email, password } = fieldsOf(body)
    const now = Date.now()
    this.loginTimes.push(now)
    if (this.loginTimes.filter(time => now - time < 60_000).length > LOGINS_A_MINUTE)
      throw new Refusal(429, 'TOO_MANY_REQUESTS', 'Too many requests')
    if (typeof email !== 'string' || typeof password !== 'string')
      throw new Refusal(422, 'UNPROCESSABLE_ENTITY', 'e-mail and password are required')
    if (email !== this.options.email) throw new Refusal(404, 'NOT_FOUND', 'User not found')
    if (password !== this.options.password) throw new Refusal(403, 'FORBIDDEN', 'Wrong password')
    const refresh_token = `refresh-${randomUUID()}`
    this.refreshTokens.add(refresh_token)
    const { language } = this.options
    return { id: randomUUID(), email, language, refresh_token, access_token: this.accessToken() }
  }

  private refresh(body: unknown): unknown {
    const { refresh_token } = fieldsOf(body)
    if (typeof refresh_token !== 'string' || !this.refreshTokens.has(refresh_token))
      throw new Refusal(401, 'UNAUTHORIZED', 'Session not found')
    return { access_token: this.accessToken() }
  }

  private accessToken(): string {
    const token = `access-${randomUUID()}`
    this.accessTokens.add(token)
    return token
  }
}

function noRoute(call: string): Refusal {
  return new Refusal(404, 'NOT_FOUND', `Route ${call.slice(call.indexOf('/'))} not found`)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new Refusal(400, 'BAD_REQUEST', 'not JSON')
  }
}
