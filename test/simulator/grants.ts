import { createHmac, randomBytes } from 'node:crypto'
import type { Client, Clock, TokenPair } from './types'

const second = 1000
const hour = 3600 * second

/** withings-api.md §2.5, §2.6 */
export const lifetimes = {
  code: 30 * second,
  access: 3 * hour,
  refresh: 365 * 24 * hour,
  replacedRefresh: 8 * hour,
  nonce: 30 * 60 * second
}

export interface Grant {
  userId: string
  scopes: string[]
}

interface Code extends Grant {
  redirectUri: string
  expiresAt: number
}

interface Pair extends Grant, TokenPair {
  accessExpiresAt: number
  refreshExpiresAt: number
  parent: Pair | null
  children: Pair[]
}

export class Grants {
  private readonly codes = new Map<string, Code>()
  private readonly nonces = new Map<string, number>()
  private readonly pairs: Pair[] = []

  constructor(
    private readonly clock: Clock,
    private readonly client: Client
  ) {}

  newCode(grant: Grant, redirectUri: string): string {
    const code = token()
    this.codes.set(code, { ...grant, redirectUri, expiresAt: this.clock.now() + lifetimes.code })
    return code
  }

  /** Spends the code, also when the redirect URI differs. */
  exchange(code: string, redirectUri: string): Pair | null {
    const entry = this.codes.get(code)
    this.codes.delete(code)
    if (entry === undefined || entry.redirectUri !== redirectUri || this.clock.now() >= entry.expiresAt) {
      return null
    }
    return this.issue(entry, null)
  }

  /** A replaced token that still lives may ask again: the pair it got before dies, nobody used it. */
  refresh(refreshToken: string): Pair | null {
    const old = this.pairs.find(pair => pair.refreshToken === refreshToken)
    if (old === undefined || this.clock.now() >= old.refreshExpiresAt) {
      return null
    }
    old.children.forEach(child => this.kill(child))
    old.refreshExpiresAt = Math.min(old.refreshExpiresAt, this.clock.now() + lifetimes.replacedRefresh)
    return this.issue(old, old)
  }

  issueDemo(grant: Grant): Pair {
    return this.issue(grant, null)
  }

  /** Whose token it is or was. */
  owner(accessToken: string): string | null {
    return this.find(accessToken)?.userId ?? null
  }

  /** Using a new access token kills the refresh tokens it replaced. */
  use(accessToken: string): Grant | null {
    const pair = this.find(accessToken)
    if (pair === undefined || this.clock.now() >= pair.accessExpiresAt) {
      return null
    }
    for (let ancestor = pair.parent; ancestor !== null; ancestor = ancestor.parent) {
      ancestor.refreshExpiresAt = 0
    }
    return pair
  }

  expireAccess(userId: string): void {
    this.of(userId).forEach(pair => (pair.accessExpiresAt = 0))
  }

  revoke(userId: string): void {
    this.of(userId).forEach(pair => {
      pair.accessExpiresAt = 0
      pair.refreshExpiresAt = 0
    })
    for (const [code, entry] of this.codes) {
      if (entry.userId === userId) {
        this.codes.delete(code)
      }
    }
  }

  issued(userId: string): TokenPair[] {
    return this.of(userId).map(({ accessToken, refreshToken }) => ({ accessToken, refreshToken }))
  }

  newNonce(): string {
    const nonce = token()
    this.nonces.set(nonce, this.clock.now() + lifetimes.nonce)
    return nonce
  }

  /** A nonce that came with a right signature is spent. */
  spendNonce(nonce: string): boolean {
    const expiresAt = this.nonces.get(nonce) ?? 0
    this.nonces.delete(nonce)
    return this.clock.now() < expiresAt
  }

  /** Values in the alphabetical order of their names. */
  signature(values: string[]): string {
    return createHmac('sha256', this.client.secret).update(values.join(',')).digest('hex')
  }

  private issue(grant: Grant, parent: Pair | null): Pair {
    const pair: Pair = {
      userId: grant.userId,
      scopes: grant.scopes,
      accessToken: token(),
      refreshToken: token(),
      accessExpiresAt: this.clock.now() + lifetimes.access,
      refreshExpiresAt: this.clock.now() + lifetimes.refresh,
      parent,
      children: []
    }
    parent?.children.push(pair)
    this.pairs.push(pair)
    return pair
  }

  private kill(pair: Pair): void {
    pair.accessExpiresAt = 0
    pair.refreshExpiresAt = 0
    pair.children.forEach(child => this.kill(child))
  }

  private find(accessToken: string): Pair | undefined {
    return this.pairs.find(pair => pair.accessToken === accessToken)
  }

  private of(userId: string): Pair[] {
    return this.pairs.filter(pair => pair.userId === userId)
  }
}

function token(): string {
  return randomBytes(20).toString('hex')
}
