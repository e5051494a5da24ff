import type { NodeAPI } from 'node-red'
import { EventEmitter } from 'node:events'
import { steadyClock, systemClock } from '../../base/clock'
import { CodedError, hasCode, type WrongKey } from '../../base/errors'
import { axiosSend } from '../../base/http'
import { type RateLimitGroup, WithingsClient } from '../../withings/api/client'
import { RequestQueue } from '../../withings/api/request-queue'
import { SingleFlight } from '../../withings/api/single-flight'
import { AccountOwners } from '../../withings/auth/account-owners'
import {
  type ClientSettings,
  exchangeCode,
  findWrongKey,
  refreshIdentity,
  refreshPair,
  type TokenPair
} from '../../withings/auth/oauth'
import { type PendingLogin, PendingLogins } from '../../withings/auth/pending-logins'
import { type LinkStatus, parseTokens, TokenManager } from '../../withings/auth/token-manager'
import { EncryptedStore } from '../storage/encrypted-store'
import type { NodeRecords } from '../storage/node-records'
import { oncePerProcess } from '../storage/settings-store'
import { ActivityLog } from './activity-log'

const CHECK_PAUSE = 60_000
/** What Withings calls the keys. */
const PARAMETERS: Readonly<Record<WrongKey, string>> = {
  clientId: 'client_id',
  clientSecret: 'client_secret'
}

/**
 * What outlives a deploy: logins, tokens and the budget of each client id. Accounts are known by the id under
 * which their login is stored (`_alias || id`), so the instances of a subflow share one.
 */
export class AccountRegistry {
  readonly tokens: TokenManager
  readonly logins = new PendingLogins(steadyClock)
  readonly activity: ActivityLog
  readonly owners: AccountOwners
  /** The logins as records of nodes. */
  readonly stored: NodeRecords
  private readonly settings = new Map<string, ClientSettings>()
  private readonly rateLimitGroups = new Map<string, RateLimitGroup>()
  private readonly checks = new Map<string, { at: number; running: Promise<void> }>()
  private readonly changes = new EventEmitter().setMaxListeners(0)
  private readonly pauses = new EventEmitter().setMaxListeners(0)

  constructor(RED: NodeAPI) {
    this.activity = new ActivityLog(RED)
    const store = new EncryptedStore(RED, 'withingsAccounts', parseTokens)
    this.stored = { ids: () => store.ids(), delete: account => this.unlink(account) }
    this.tokens = new TokenManager(
      store,
      (settings, refreshToken) =>
        this.explained(
          settings,
          this.rateLimitGroup(settings.clientId).queue.run(
            { priority: 'token', identity: refreshIdentity(refreshToken) },
            () => refreshPair(settings, refreshToken)
          )
        ),
      systemClock,
      account => this.changes.emit(account)
    )
    this.owners = new AccountOwners(this.tokens)
    RED.events.on('flows:started', () => this.owners.forgetGone(id => RED.nodes.getNode(id) !== null))
  }

  /** Client id, secret and addresses of an account: from its node, or from a login before the first deploy. */
  configure(account: string, settings: ClientSettings): void {
    const wasRefused = this.refusal(account) !== undefined
    this.settings.set(account, settings)
    if (!wasRefused || this.refusal(account)) return
    this.activity.forgetFailure(account)
    // What waited for other keys goes on at once.
    this.changes.emit(account)
  }

  settingsOf(account: string): ClientSettings | undefined {
    return this.settings.get(account)
  }

  status(account: string): LinkStatus {
    return this.tokens.status(account, this.settings.get(account))
  }

  /** Why Withings is asked for nothing more until a person helps; undefined: it may be asked. */
  refusal(account: string): CodedError | undefined {
    const settings = this.settings.get(account)
    return settings && this.tokens.refusal(account, settings)
  }

  /** The pair for the code of a login, unless `signal` is aborted before its turn. */
  exchange(login: PendingLogin, code: string, signal: AbortSignal): Promise<TokenPair> {
    const { settings, redirectUri } = login
    const exchange = () => exchangeCode(settings, code, redirectUri)
    const { queue } = this.rateLimitGroup(settings.clientId)
    return this.explained(settings, queue.run({ priority: 'token' }, exchange, signal))
  }

  /** The pair; a refusal that does not say what is wrong names a key that Withings does not accept by itself either. */
  private async explained(settings: ClientSettings, asked: Promise<TokenPair>): Promise<TokenPair> {
    try {
      return await asked
    } catch (error) {
      if (!hasCode(error, 'WITHINGS_REFUSED') || error.params.refused !== undefined) throw error
      const { queue } = this.rateLimitGroup(settings.clientId)
      const key = await queue.run({ priority: 'token' }, () => findWrongKey(settings))
      if (key === undefined) throw error
      throw new CodedError(error.code, error.key, { ...error.params, refused: PARAMETERS[key] })
    }
  }

  /** Keeps the pair of a fresh login. Resolves when it is on disk. */
  async link(account: string, pair: TokenPair, askedScopes: readonly string[]): Promise<void> {
    const save = () => this.tokens.link(account, pair, askedScopes)
    await this.owners.whileLinking(account, pair.userId, save)
    this.checks.delete(account)
    this.activity.forgetFailure(account)
  }

  async unlink(account: string): Promise<void> {
    await this.tokens.unlink(account)
    this.activity.forgetFailure(account)
  }

  /** Calls `listener` when the account was linked, unlinked or lost its login; returns how to stop that. */
  onChange(account: string, listener: () => void): () => void {
    this.changes.on(account, listener)
    return () => this.changes.off(account, listener)
  }

  /** Calls `listener` when Withings asked the client id of this account to wait; returns how to stop that. */
  onPause(account: string, listener: () => void): () => void {
    this.pauses.on(account, listener)
    return () => this.pauses.off(account, listener)
  }

  /** All accounts with the same client id share its budget (120 requests a minute). */
  rateLimitGroup(clientId: string): RateLimitGroup {
    const known = this.rateLimitGroups.get(clientId)
    if (known) return known
    const queue = new RequestQueue(steadyClock)
    const group: RateLimitGroup = { queue, jobs: new SingleFlight(steadyClock, queue) }
    this.rateLimitGroups.set(clientId, group)
    return group
  }

  /**
   * Asks Withings for new tokens, and forgets the login when that ends it. At most once a minute, for anybody may
   * cause it: who comes while it runs shares it. Throws what refreshing throws.
   */
  verifyLogin(account: string): Promise<void> {
    const last = this.checks.get(account)
    if (last && steadyClock.now() - last.at < CHECK_PAUSE) return last.running
    const running = this.checkLogin(account)
    const check = { at: steadyClock.now(), running }
    this.checks.set(account, check)
    const end = () => void (check.running = Promise.resolve())
    running.then(end, end)
    return running
  }

  private async checkLogin(account: string): Promise<void> {
    const settings = this.settings.get(account)
    const accessToken = this.tokens.record(account)?.accessToken
    if (!settings || accessToken === undefined) return
    try {
      await this.tokens.reject(account, accessToken)
      await this.tokens.accessToken(account, settings)
    } catch (error) {
      if (!hasCode(error, 'LOGIN_NEEDED')) throw error
      await this.unlink(account)
    }
  }

  /** Throws NOT_CONFIGURED without client id and secret, LOGIN_NEEDED when nobody is linked. */
  client(account: string): { client: WithingsClient; userId: string } {
    const settings = this.settings.get(account)
    if (!settings?.clientId || !settings.clientSecret) throw new CodedError('NOT_CONFIGURED', 'noKeys')
    const client = new WithingsClient({
      ...this.rateLimitGroup(settings.clientId),
      source: this.tokens.source(account, settings),
      apiUrl: settings.apiUrl,
      send: axiosSend(settings.proxyUrl),
      clock: steadyClock,
      random: Math.random,
      onPause: () => {
        for (const [id, { clientId }] of this.settings)
          if (clientId === settings.clientId) this.pauses.emit(id)
      }
    })
    return { client, userId: client.userId }
  }
}

/** The one registry of this process. */
export const accountRegistry = oncePerProcess(RED => new AccountRegistry(RED))
