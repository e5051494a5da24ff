import { createHash } from 'node:crypto'
import { type Clock, DAY_MS, MINUTE_MS } from '../../base/clock'
import { CodedError, hasCode, mayPass, messageOf } from '../../base/errors'
import { asInteger, asPositive, asText } from '../../base/json'
import { list, oneOf, optional, or, type Parsed, shape } from '../../base/shape'
import type { Params } from '../../base/translate'
import type { TokenSource } from '../api/client'
import { REPEAT_PAUSE } from '../api/request-queue'
import { ACCESS_TOKEN_LIFETIME, type ClientSettings, type TokenPair, wrongKeyIn } from './oauth'

/** One login as it is stored. Secret: the store encrypts it. Times in Unix milliseconds. */
export const parseTokens = shape({
  userId: asText,
  scopes: or(list(String), []),
  /** When the user logged in in the browser. */
  linkedAt: or(asInteger, 0),
  accessToken: asText,
  accessUntil: or(asInteger, 0),
  /** Of the access token, in milliseconds. */
  lifetime: or(asPositive, ACCESS_TOKEN_LIFETIME * 1000),
  refreshToken: asText,
  refreshUntil: or(asInteger, 0),
  /** Withings honours it until the new access token was used. */
  previousRefreshToken: optional(asText),
  /** Fingerprint of the client with which Withings refused the grant; it is not asked again with the same one. */
  refusedFor: optional(asText),
  /** The key of that client that Withings did not accept; absent: Withings ended the login. */
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

/** Refresh this long before expiry; short-lived tokens after half their lifetime. */
const EARLY = 5 * MINUTE_MS
/** Pause after a failed refresh, while the access token is still valid. */
const NEXT_EARLY_TRY = MINUTE_MS
/** A refresh token lives a year from its issue (withings-api.md §2.5). */
const REFRESH_LIFETIME = 365 * DAY_MS

/** The logins of all accounts, one per process. `account`: the id it is stored under, not the Withings user. */
export class TokenManager {
  private readonly refreshes = new Map<string, Promise<TokenRecord>>()
  /** Issued, but not on disk: not to be used before a save succeeds (withings-api.md §2.5). */
  private readonly unsaved = new Map<string, TokenRecord>()
  /** The last refresh, where it failed for a reason that may pass. */
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
   * `login-needed` where only a new login helps: neither while Withings refuses a key of the client, nor when `settings`
   * name another client than the refused one.
   */
  status(account: string, settings?: ClientSettings): LinkStatus {
    const record = this.record(account)
    if (!record || record.refreshUntil <= this.clock.now() || isEnded(record, settings)) return 'login-needed'
    return this.store.durable ? 'ready' : 'volatile'
  }

  /** Why no call is made with this client; undefined: calls may be made. */
  refusal(account: string, settings: ClientSettings): CodedError | undefined {
    const record = this.record(account)
    return record?.refusedFor === fingerprint(settings) ? refusalError(record) : undefined
  }

  /** Stores the pair of a fresh login. Resolves when it is on disk. */
  async link(account: string, pair: TokenPair, askedScopes: readonly string[]): Promise<void> {
    const record = this.recordOf(pair, this.clock.now(), pair.scopes ?? [...askedScopes])
    await this.refreshEnd(account)
    this.failed.delete(account)
    await this.save(account, record)
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
   * A valid access token, refreshed where needed. Throws LOGIN_NEEDED when only a person can help, NOT_CONFIGURED when
   * Withings refuses client id or secret, WITHINGS_UNAVAILABLE or RATE_LIMITED when a later refresh may succeed; the
   * same for all callers within 10 s.
   */
  async accessToken(account: string, settings: ClientSettings): Promise<string> {
    const unsaved = this.unsaved.get(account)
    const record = unsaved ? await this.save(account, unsaved) : this.store.load(account)
    if (!record) throw new CodedError('LOGIN_NEEDED', 'noUser')
    const refusal = this.refusal(account, settings)
    if (refusal) throw refusal
    const early = Math.min(EARLY, record.lifetime / 2)
    const left = record.accessUntil - this.clock.now()
    // An expiry further ahead was saved while the clock was wrong.
    if (left > early && left <= record.lifetime + EARLY) return record.accessToken
    try {
      return (await this.refreshOnce(account, record, settings)).accessToken
    } catch (error) {
      const current = this.record(account)
      const isValid = current?.accessToken === record.accessToken && current.accessUntil > this.clock.now()
      if (isValid && mayPass(error)) return record.accessToken
      throw error
    }
  }

  /** After Withings did not accept this access token: the next call gets another one. */
  async reject(account: string, accessToken: string): Promise<void> {
    await this.refreshEnd(account)
    const record = this.settledRecord(account, accessToken)
    if (record) await this.save(account, { ...record, accessUntil: 0 })
  }

  /** After Withings said that only a new login helps: no more calls with this client. */
  async refuse(account: string, accessToken: string, settings: ClientSettings): Promise<void> {
    await this.refreshEnd(account)
    const record = this.settledRecord(account, accessToken)
    if (!record) return
    try {
      const { refusedKey: _other, ...rest } = record
      await this.save(account, { ...rest, accessUntil: 0, refusedFor: fingerprint(settings) })
    } finally {
      this.onChange(account)
    }
  }

  /** After Withings accepted this access token: the previous refresh token is dead. */
  async used(account: string, accessToken: string): Promise<void> {
    const record = this.settledRecord(account, accessToken)
    if (record?.previousRefreshToken === undefined) return
    const { previousRefreshToken, ...rest } = record
    await this.save(account, rest)
  }

  /** Undefined during a refresh: a write could overwrite its new pair. */
  private settledRecord(account: string, accessToken: string): TokenRecord | undefined {
    const record = this.refreshes.has(account) ? undefined : this.record(account)
    return record?.accessToken === accessToken ? record : undefined
  }

  private async refreshEnd(account: string): Promise<void> {
    await this.refreshes.get(account)?.catch(() => undefined)
  }

  /** Callers share a failure as well, so that they try again together. */
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
    const { pair, spent } = await this.refreshWithEither(record, settings).catch(async (error: unknown) => {
      if (!hasCode(error, 'WITHINGS_REFUSED')) throw error
      const refusedKey = wrongKeyIn(error.params.refused)
      const { refusedKey: _before, ...rest } = record
      const refused = { ...rest, refusedFor: fingerprint(settings), ...(refusedKey && { refusedKey }) }
      await this.save(account, refused)
      this.onChange(account)
      throw refusalError(refused, error.params)
    })
    const next = this.recordOf(pair, record.linkedAt, pair.scopes ?? record.scopes)
    await this.save(account, { ...next, previousRefreshToken: spent })
    return next
  }

  private async refreshWithEither(
    { refreshToken, previousRefreshToken }: TokenRecord,
    settings: ClientSettings
  ): Promise<{ pair: TokenPair; spent: string }> {
    try {
      return { pair: await this.refresh(settings, refreshToken), spent: refreshToken }
    } catch (error) {
      // With a wrong key, no refresh token is accepted.
      const isTokenRefused = hasCode(error, 'WITHINGS_REFUSED') && !wrongKeyIn(error.params.refused)
      if (!isTokenRefused || previousRefreshToken === undefined) throw error
      return { pair: await this.refresh(settings, previousRefreshToken), spent: previousRefreshToken }
    }
  }

  private recordOf({ expiresIn, ...pair }: TokenPair, linkedAt: number, scopes: string[]): TokenRecord {
    const now = this.clock.now()
    const lifetime = expiresIn * 1000
    const [accessUntil, refreshUntil] = [now + lifetime, now + REFRESH_LIFETIME]
    return { ...pair, scopes, linkedAt, accessUntil, lifetime, refreshUntil }
  }

  private async save(account: string, record: TokenRecord): Promise<TokenRecord> {
    this.unsaved.set(account, record)
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

/** A refusal is tied to the client: another client secret may mend it. */
function fingerprint({ clientId, clientSecret }: ClientSettings): string {
  return createHash('sha256').update(`${clientId}\n${clientSecret}`).digest('hex').slice(0, 32)
}
