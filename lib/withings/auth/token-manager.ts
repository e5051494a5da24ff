import { createHash } from 'node:crypto'
import type { TokenSource } from '../api/client'
import type { Clock } from '../../base/clock'
import { CodedError, hasCode, mayPass, messageOf } from '../../base/errors'
import { asInteger, asPositive, asText } from '../../base/json'
import { list, oneOf, optional, or, type Parsed, shape } from '../../base/shape'
import type { Params } from '../../base/translate'
import { REPEAT_PAUSE } from '../api/request-queue'
import { ACCESS_TOKEN_LIFETIME, type ClientSettings, type TokenPair, wrongKeyIn } from './oauth'

/** What is kept of one login. Secret: only the store sees it, encrypted. */
export const parseTokens = shape({
  userId: asText,
  scopes: or(list(String), []),
  /** Unix milliseconds of the login in the browser. */
  linkedAt: or(asInteger, 0),
  accessToken: asText,
  accessUntil: or(asInteger, 0),
  /** Milliseconds that the access token lives in all. */
  lifetime: or(asPositive, ACCESS_TOKEN_LIFETIME * 1000),
  refreshToken: asText,
  refreshUntil: or(asInteger, 0),
  /** The refresh token before this one; Withings honours it until the new access token was used. */
  previousRefreshToken: optional(asText),
  /** Fingerprint of the client with which Withings refused the grant: not asked again with the same client. */
  refusedFor: optional(asText),
  /** The key of that client that Withings did not accept; absent: it ended the login. */
  refusedKey: optional(oneOf(['clientId', 'clientSecret']))
})

export type TokenRecord = Parsed<typeof parseTokens>

export interface TokenStore {
  /** Whether what is saved outlives the process. */
  readonly durable: boolean
  load(account: string): TokenRecord | undefined
  /** Resolves when the record is safe; rejects when it could not be written. */
  save(account: string, record: TokenRecord): Promise<void>
  remove(account: string): Promise<void>
}

export type Refresh = (settings: ClientSettings, refreshToken: string) => Promise<TokenPair>

export type LinkStatus = 'ready' | 'login-needed' | 'volatile'

const MINUTE = 60_000
/** So long before its end an access token is refreshed; one that lives shortly, in the second half of its life. */
const EARLY = 5 * MINUTE
/** After a refresh failed, its access token is used for so long before the next try, while it is valid. */
const NEXT_EARLY_TRY = MINUTE
/** A refresh token lives a year from its issue (withings-api.md §2.5). */
const REFRESH_LIFETIME = 365 * 86_400_000

/**
 * Keeps the logins of all accounts: one per process, so that nodes which need the same token at the same moment
 * share one refresh. `account` is the id under which the login is stored, not the Withings user.
 */
export class TokenManager {
  private readonly refreshes = new Map<string, Promise<TokenRecord>>()
  /** Issued, but not on disk yet: not to be used before a save succeeds (withings-api.md §2.5). */
  private readonly unsaved = new Map<string, TokenRecord>()
  /** The last refresh, where it failed by what may pass. */
  private readonly failed = new Map<string, { at: number; error: CodedError }>()

  constructor(
    private readonly store: TokenStore,
    private readonly refresh: Refresh,
    private readonly clock: Clock,
    private readonly onChange: (account: string) => void = () => undefined
  ) {}

  source(account: string, settings: ClientSettings): TokenSource {
    const userId = () => this.record(account)?.userId
    return {
      get userId() {
        return userId()
      },
      accessToken: () => this.accessToken(account, settings),
      used: accessToken => this.used(account, accessToken),
      reject: accessToken => this.reject(account, accessToken),
      refuse: accessToken => this.refuse(account, accessToken, settings)
    }
  }

  record(account: string): TokenRecord | undefined {
    return this.unsaved.get(account) ?? this.store.load(account)
  }

  /**
   * `login-needed` where only a new login helps: not while Withings refuses a key of the client, nor when `settings` are
   * of another client than the one that was refused.
   */
  status(account: string, settings?: ClientSettings): LinkStatus {
    const record = this.record(account)
    if (!record || record.refreshUntil <= this.clock.now() || isEnded(record, settings)) {
      return 'login-needed'
    }
    return this.store.durable ? 'ready' : 'volatile'
  }

  /** Why Withings is asked for nothing more with this client; undefined: it may be asked. */
  refusal(account: string, settings: ClientSettings): CodedError | undefined {
    const record = this.record(account)
    if (record?.refusedFor !== fingerprint(settings)) return undefined
    return refusalError(record)
  }

  /** Keeps the pair of a fresh login. Resolves when it is on disk. */
  async link(account: string, pair: TokenPair, askedScopes: readonly string[]): Promise<void> {
    const record = this.recordOf(pair, this.clock.now(), pair.scopes ?? [...askedScopes])
    await this.refreshEnd(account)
    this.failed.delete(account)
    await this.saveNewPair(account, record)
    this.onChange(account)
  }

  async unlink(account: string): Promise<void> {
    await this.refreshEnd(account)
    this.failed.delete(account)
    this.unsaved.delete(account)
    await this.store.remove(account)
    this.onChange(account)
  }

  /**
   * An access token that is valid, refreshed where needed. Throws LOGIN_NEEDED when only a person can help,
   * NOT_CONFIGURED when Withings refuses client id or secret,
   * WITHINGS_UNAVAILABLE or RATE_LIMITED when the refresh may succeed later; the same for all who ask within 10 s.
   */
  async accessToken(account: string, settings: ClientSettings): Promise<string> {
    const record = this.unsaved.has(account) ? await this.saveAgain(account) : this.store.load(account)
    if (!record) throw new CodedError('LOGIN_NEEDED', 'noUser')
    const refusal = this.refusal(account, settings)
    if (refusal) throw refusal
    const early = Math.min(EARLY, record.lifetime / 2)
    const left = record.accessUntil - this.clock.now()
    // One that lives longer than any was saved while the clock was ahead.
    if (left > early && left <= record.lifetime + EARLY) return record.accessToken
    try {
      return (await this.refreshOnce(account, record, settings)).accessToken
    } catch (error) {
      const now = this.record(account)
      const isValid = now?.accessToken === record.accessToken && now.accessUntil > this.clock.now()
      if (isValid && mayPass(error)) return record.accessToken
      throw error
    }
  }

  /** Withings did not accept this access token: the next call gets another one. */
  async reject(account: string, accessToken: string): Promise<void> {
    await this.refreshEnd(account)
    const record = this.settledRecord(account, accessToken)
    if (record) await this.saveNewPair(account, { ...record, accessUntil: 0 })
  }

  /** Withings said of this access token that only a new login helps: with this client, nothing is asked any more. */
  async refuse(account: string, accessToken: string, settings: ClientSettings): Promise<void> {
    await this.refreshEnd(account)
    const record = this.settledRecord(account, accessToken)
    if (!record) return
    try {
      const { refusedKey: _other, ...rest } = record
      await this.saveNewPair(account, { ...rest, accessUntil: 0, refusedFor: fingerprint(settings) })
    } finally {
      this.onChange(account)
    }
  }

  /** Withings accepted this access token, so the refresh token before it is dead. */
  async used(account: string, accessToken: string): Promise<void> {
    const record = this.settledRecord(account, accessToken)
    if (record?.previousRefreshToken === undefined) return
    const { previousRefreshToken, ...rest } = record
    await this.saveNewPair(account, rest)
  }

  /** None while a refresh is on its way or being saved: what is written then could take the place of its pair. */
  private settledRecord(account: string, accessToken: string): TokenRecord | undefined {
    const record = this.refreshes.has(account) ? undefined : this.record(account)
    return record?.accessToken === accessToken ? record : undefined
  }

  private async refreshEnd(account: string): Promise<void> {
    await this.refreshes.get(account)?.catch(() => undefined)
  }

  /** A failure is shared as well, so that however many callers try again, they do it together. */
  private refreshOnce(account: string, record: TokenRecord, settings: ClientSettings): Promise<TokenRecord> {
    const running = this.refreshes.get(account)
    if (running) return running
    const failed = this.failed.get(account)
    const pause = record.accessUntil > this.clock.now() ? NEXT_EARLY_TRY : REPEAT_PAUSE
    if (failed && Math.abs(this.clock.now() - failed.at) < pause) return Promise.reject(failed.error)
    this.failed.delete(account)
    const started = this.refreshAndKeep(account, record, settings)
      .catch((error: unknown) => {
        if (mayPass(error)) this.failed.set(account, { at: this.clock.now(), error })
        throw error
      })
      .finally(() => this.refreshes.delete(account))
    this.refreshes.set(account, started)
    return started
  }

  private async refreshAndKeep(
    account: string,
    record: TokenRecord,
    settings: ClientSettings
  ): Promise<TokenRecord> {
    const { pair, spent } = await this.askWithEither(record, settings).catch(async (error: unknown) => {
      if (!hasCode(error, 'WITHINGS_REFUSED')) throw error
      const refusedKey = wrongKeyIn(error.params.refused)
      const { refusedKey: _before, ...rest } = record
      const refused = { ...rest, refusedFor: fingerprint(settings), ...(refusedKey && { refusedKey }) }
      await this.saveNewPair(account, refused)
      this.onChange(account)
      throw refusalError(refused, error.params)
    })
    const next = this.recordOf(pair, record.linkedAt, pair.scopes ?? record.scopes)
    await this.saveNewPair(account, { ...next, previousRefreshToken: spent })
    return next
  }

  private async askWithEither(
    { refreshToken, previousRefreshToken }: TokenRecord,
    settings: ClientSettings
  ): Promise<{ pair: TokenPair; spent: string }> {
    try {
      return { pair: await this.refresh(settings, refreshToken), spent: refreshToken }
    } catch (error) {
      if (!hasCode(error, 'WITHINGS_REFUSED') || previousRefreshToken === undefined) throw error
      // With a wrong key, no refresh token is any good.
      if (wrongKeyIn(error.params.refused) !== undefined) throw error
      return { pair: await this.refresh(settings, previousRefreshToken), spent: previousRefreshToken }
    }
  }

  private recordOf(pair: TokenPair, linkedAt: number, scopes: string[]): TokenRecord {
    const now = this.clock.now()
    return {
      userId: pair.userId,
      scopes,
      linkedAt,
      accessToken: pair.accessToken,
      accessUntil: now + pair.expiresIn * 1000,
      lifetime: pair.expiresIn * 1000,
      refreshToken: pair.refreshToken,
      refreshUntil: now + REFRESH_LIFETIME
    }
  }

  private async saveNewPair(account: string, record: TokenRecord): Promise<void> {
    this.unsaved.set(account, record)
    await this.saveAgain(account)
  }

  private async saveAgain(account: string): Promise<TokenRecord> {
    const record = this.unsaved.get(account) as TokenRecord
    try {
      await this.store.save(account, record)
    } catch (error) {
      throw new CodedError('NOT_CONFIGURED', 'notSaved', { reason: messageOf(error) })
    }
    if (this.unsaved.get(account) === record) this.unsaved.delete(account)
    return record
  }
}

function isEnded({ refusedFor, refusedKey }: TokenRecord, settings: ClientSettings | undefined): boolean {
  if (refusedFor === undefined || refusedKey !== undefined) return false
  return settings === undefined || refusedFor === fingerprint(settings)
}

function refusalError({ refusedKey }: TokenRecord, params: Params = {}): CodedError {
  if (refusedKey === undefined) return new CodedError('LOGIN_NEEDED', 'ended', params)
  return new CodedError('NOT_CONFIGURED', refusedKey, params)
}

/** A refused grant may be good again with another client secret, so the refusal is tied to the client. */
function fingerprint({ clientId, clientSecret }: ClientSettings): string {
  return createHash('sha256').update(`${clientId}\n${clientSecret}`).digest('hex').slice(0, 32)
}
