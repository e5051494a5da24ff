import { createHash } from 'node:crypto'
import { asInteger, asObject, asText } from '../../base/json'
import { either, oneOf, type Parsed, shape } from '../../base/shape'
import { complaintOf, type GladysClient, refused } from './client'

/** What is kept of a login over restarts: its session, or how often this login was refused. */
export const parseSession = either(
  shape({ kind: oneOf(['open']), fingerprint: asText, refreshToken: asText }),
  shape({ kind: oneOf(['refused']), fingerprint: asText, times: asInteger })
)

export type SessionRecord = Parsed<typeof parseSession>

/** Keeps one record; in memory where it cannot be written. */
export interface SessionStore {
  load(): SessionRecord | undefined
  save(record: SessionRecord): Promise<void>
}

export interface GladysLogin {
  email: string
  password: string
}

/** A wrong password must not be repeated endlessly, though Gladys locks nobody out (design.md §2.7). */
const MAX_LOGINS = 2
/** Statuses of a refused login (gladys.md, "HTTP API"). */
const REFUSED = new Set([400, 401, 403, 404, 422])

/**
 * Gets access tokens: by the stored refresh token, else by a login, with one request at a time. A refused login is tried
 * twice, then not before address, e-mail or password change.
 */
export class GladysSession {
  private readonly fingerprint: string
  private accessToken: string | undefined
  private opening: Promise<string> | undefined

  constructor(
    private readonly login: GladysLogin & { root: string },
    private readonly client: GladysClient,
    private readonly store: SessionStore
  ) {
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([login.root, login.email, login.password]))
      .digest('hex')
  }

  /** An access token; rejects with GLADYS_REFUSED when there is none. */
  token(): Promise<string> {
    if (this.accessToken !== undefined) return Promise.resolve(this.accessToken)
    this.opening ??= this.open().finally(() => (this.opening = undefined))
    return this.opening
  }

  /** Gladys does not take this token any more. */
  expired(token: string): void {
    if (this.accessToken === token) this.accessToken = undefined
  }

  private async open(): Promise<string> {
    const stored = this.store.load()
    const record = stored?.fingerprint === this.fingerprint ? stored : undefined
    const renewed = record?.kind === 'open' ? await this.renew(record.refreshToken) : undefined
    this.accessToken = renewed ?? (await this.logIn(record?.kind === 'refused' ? record.times : 0))
    return this.accessToken
  }

  /** undefined when the session has ended. */
  private async renew(refreshToken: string): Promise<string | undefined> {
    const answer = await this.client.call('POST', '/access_token', { refresh_token: refreshToken })
    if (answer.status === 200) return asText(asObject(answer.body)?.access_token)
    if ([401, 403, 404].includes(answer.status)) return undefined
    throw refused('sessionRefused', { complaint: complaintOf(answer) })
  }

  private async logIn(refusals: number): Promise<string> {
    if (refusals >= MAX_LOGINS) throw refused('wrongGladysLoginStill')
    const { fingerprint, login, store } = this
    const { email, password } = login
    const answer = await this.client.call('POST', '/login', { email, password })
    const tokens = asObject(answer.body)
    const refreshToken = asText(tokens?.refresh_token)
    const accessToken = asText(tokens?.access_token)
    // A record that cannot be written costs a login after the next restart, not this request.
    if (answer.status === 200 && refreshToken !== undefined && accessToken !== undefined) {
      await store.save({ kind: 'open', fingerprint, refreshToken }).catch(() => undefined)
      return accessToken
    }
    if (!REFUSED.has(answer.status)) throw refused('strangeLogin', { complaint: complaintOf(answer) })
    await store.save({ kind: 'refused', fingerprint, times: refusals + 1 }).catch(() => undefined)
    throw refused('wrongGladysLogin', { complaint: complaintOf(answer) })
  }
}
