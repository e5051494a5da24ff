import { randomBytes } from 'node:crypto'
import { type Clock, MINUTE_MS } from '../../base/clock'
import type { ClientSettings } from './oauth'

/** A login that was started and has not come back yet. */
export interface PendingLogin {
  account: string
  settings: ClientSettings
  redirectUri: string
  scopes: string[]
}

const LIFETIME = 10 * MINUTE_MS
const MOST = 100
const STATE_BYTES = 24

/** The `state` values that protect the public callback: single use, valid for 10 minutes, bounded in number. */
export class PendingLogins {
  private readonly pending = new Map<string, PendingLogin & { until: number }>()

  constructor(private readonly clock: Clock) {}

  /** Returns the `state` of the login: 192 random bits. */
  start(login: PendingLogin): string {
    const state = randomBytes(STATE_BYTES).toString('base64url')
    this.pending.set(state, { ...login, until: this.clock.now() + LIFETIME })
    const oldest = this.pending.keys().next()
    if (this.pending.size > MOST && !oldest.done) this.pending.delete(oldest.value)
    return state
  }

  /** The login behind `state`, once; undefined for an unknown, used or expired one. */
  take(state: unknown): PendingLogin | undefined {
    if (typeof state !== 'string') return undefined
    const login = this.pending.get(state)
    this.pending.delete(state)
    return login && login.until > this.clock.now() ? login : undefined
  }
}
