import { EventEmitter } from 'node:events'
import type { NodeAPI } from 'node-red'
import { steadyClock, systemClock } from '../clock'
import { DETAILS } from '../details'
import { CodedError, hasCode, notSetUp, type WrongKey } from '../errors'
import { axiosSend } from '../http'
import { WithingsClient, type Lane } from '../withings/client'
import {
  exchangeCode,
  findWrongKey,
  refreshIdentity,
  refreshPair,
  type ClientSettings,
  type TokenPair
} from '../withings/oauth'
import { PendingLogins, type PendingLogin } from '../withings/pending-logins'
import { RequestQueue } from '../withings/request-queue'
import { SharedJobs } from '../withings/shared-jobs'
import { parseTokens, TokenKeeper, type LinkStatus } from '../withings/token-keeper'
import { AccountOwners } from './account-owners'
import { AccountRecords } from './account-records'
import type { NodeRecords } from './orphans'
import { SealedTable } from './sealed-table'

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
export class AccountHub {
  readonly keeper: TokenKeeper
  readonly logins = new PendingLogins(steadyClock)
  readonly records: AccountRecords
  readonly owners = new AccountOwners(this)
  /** The logins as records of nodes. */
  readonly stored: NodeRecords
  private readonly settings = new Map<string, ClientSettings>()
  private readonly lanes = new Map<string, Lane>()
  private readonly checks = new Map<string, { at: number; running: Promise<void> }>()
  private readonly changes = new EventEmitter().setMaxListeners(0)
  private readonly pauses = new EventEmitter().setMaxListeners(0)

  constructor(RED: NodeAPI) {
    this.records = new AccountRecords(RED)
    const store = new SealedTable(RED, 'withingsAccounts', parseTokens)
    this.stored = { ids: () => store.ids(), delete: account => this.unlink(account) }
    this.keeper = new TokenKeeper(
      store,
      (settings, refreshToken) =>
        this.explained(
          settings,
          this.lane(settings.clientId).queue.run(
            { priority: 'token', identity: refreshIdentity(refreshToken) },
            () => refreshPair(settings, refreshToken)
          )
        ),
      systemClock,
      account => this.changes.emit(account)
    )
    RED.events.on('flows:started', () => this.owners.forgetGone(RED))
  }

  /** Client id, secret and addresses of an account: from its node, or from a login before the first deploy. */
  configure(account: string, settings: ClientSettings): void {
    const wasRefused = this.refusal(account) !== undefined
    this.settings.set(account, settings)
    if (!wasRefused || this.refusal(account)) return
    this.records.forgetFailure(account)
    // What waited for other keys goes on at once.
    this.changes.emit(account)
  }

  settingsOf(account: string): ClientSettings | undefined {
    return this.settings.get(account)
  }

  status(account: string): LinkStatus {
    return this.keeper.status(account, this.settings.get(account))
  }

  /** Why Withings is asked for nothing more until a person helps; undefined: it may be asked. */
  refusal(account: string): CodedError | undefined {
    const settings = this.settings.get(account)
    return settings && this.keeper.refusal(account, settings)
  }

  /** The pair for the code of a login, unless `signal` is aborted before its turn. */
  exchange(login: PendingLogin, code: string, signal: AbortSignal): Promise<TokenPair> {
    const { settings, redirectUri } = login
    const exchange = () => exchangeCode(settings, code, redirectUri)
    const { queue } = this.lane(settings.clientId)
    return this.explained(settings, queue.run({ priority: 'token' }, exchange, signal))
  }

  /**
   * The pair; where Withings refuses it without naming what is wrong, the error names a key that Withings does not accept
   * either for itself.
   */
  private async explained(settings: ClientSettings, asked: Promise<TokenPair>): Promise<TokenPair> {
    try {
      return await asked
    } catch (error) {
      if (!hasCode(error, 'WITHINGS_REFUSED') || error.details.refused !== undefined) throw error
      const { queue } = this.lane(settings.clientId)
      const key = await queue.run({ priority: 'token' }, () => findWrongKey(settings))
      if (key === undefined) throw error
      throw new CodedError(error.code, error.message, { ...error.details, refused: PARAMETERS[key] })
    }
  }

  /** Keeps the pair of a fresh login. Resolves when it is on disk. */
  async link(account: string, pair: TokenPair, askedScopes: readonly string[]): Promise<void> {
    const save = () => this.keeper.link(account, pair, askedScopes)
    await this.owners.whileLinking(account, pair.userId, save)
    this.checks.delete(account)
    this.records.forgetFailure(account)
  }

  async unlink(account: string): Promise<void> {
    await this.keeper.unlink(account)
    this.records.forgetFailure(account)
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

  private tellPause(clientId: string): void {
    for (const [account, settings] of this.settings) {
      if (settings.clientId === clientId) this.pauses.emit(account)
    }
  }

  lane(clientId: string): Lane {
    let lane = this.lanes.get(clientId)
    if (!lane) {
      const queue = new RequestQueue(steadyClock)
      lane = { queue, jobs: new SharedJobs(steadyClock, queue) }
      this.lanes.set(clientId, lane)
    }
    return lane
  }

  /**
   * Asks Withings for new tokens, and forgets the login when that ends it. At most once a minute, for anybody may
   * cause it: who comes while it runs shares it. Throws what refreshing throws.
   */
  verifyLogin(account: string): Promise<void> {
    const last = this.checks.get(account)
    if (last && steadyClock.now() - last.at < CHECK_PAUSE) return last.running
    const check = { at: steadyClock.now(), running: this.checkLogin(account) }
    this.checks.set(account, check)
    const over = () => {
      check.running = Promise.resolve()
    }
    check.running.then(over, over)
    return check.running
  }

  private async checkLogin(account: string): Promise<void> {
    const settings = this.settings.get(account)
    const accessToken = this.keeper.record(account)?.accessToken
    if (!settings || accessToken === undefined) return
    try {
      await this.keeper.reject(account, accessToken)
      await this.keeper.accessToken(account, settings)
    } catch (error) {
      if (!hasCode(error, 'LOGIN_NEEDED')) throw error
      await this.unlink(account)
    }
  }

  /** Throws NOT_CONFIGURED without client id and secret, LOGIN_NEEDED when nobody is linked. */
  client(account: string): { client: WithingsClient; userId: string } {
    const settings = this.settings.get(account)
    if (!settings?.clientId || !settings.clientSecret) throw notSetUp(DETAILS.noKeys)
    const client = new WithingsClient({
      ...this.lane(settings.clientId),
      source: this.keeper.source(account, settings),
      apiUrl: settings.apiUrl,
      send: axiosSend(settings.proxyUrl),
      clock: steadyClock,
      random: Math.random,
      onPause: () => this.tellPause(settings.clientId)
    })
    return { client, userId: client.userId }
  }
}

let hub: AccountHub | undefined

/** The one hub of this process. */
export function accountHub(RED: NodeAPI): AccountHub {
  hub ??= new AccountHub(RED)
  return hub
}
