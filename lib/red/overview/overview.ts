import type { NodeAPI } from 'node-red'
import { systemClock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { asObject } from '../../base/json'
import type { Translate } from '../../base/translate'
import type { ImportManager } from '../../gladys/import/manager'
import { deviceModelName, type Wording } from '../../gladys/model/names'
import {
  type Account,
  type Connected,
  OverviewDevices,
  type Target
} from '../../gladys/overview/overview-devices'
import type { Overview, OverviewAccount, OverviewMove, OverviewRules } from '../../gladys/overview/types'
import { addressingOf, type SendRequest } from '../../gladys/sender'
import { type LinkedAccount, spareAccounts } from '../../withings/auth/account-owners'
import { fetchDevices } from '../../withings/devices/devices'
import { RecentDevices } from '../../withings/devices/recent-devices'
import { accountNodes, findAccount } from '../accounts/account-node'
import { type AccountRegistry, accountRegistry } from '../accounts/account-registry'
import { nameOf, readers, targetNodes } from '../flows/running-nodes'
import { findServer } from '../gladys/server-node'
import { t, translateError } from '../i18n/texts'
import { FlowRules, importManager } from '../imports/import-manager'
import { SettingsStore } from '../storage/settings-store'

/** Puts together what the parts of the package know, for the sidebar. */
export class OverviewBuilder {
  private readonly registry: AccountRegistry
  private readonly imports: ImportManager
  private readonly wording: Wording
  private readonly devices: OverviewDevices
  private readonly recent: RecentDevices

  constructor(private readonly RED: NodeAPI) {
    const registry = (this.registry = accountRegistry(RED))
    const imports = (this.imports = importManager(RED))
    this.wording = (key, fallback) => t(RED, key, {}, fallback)
    this.devices = new OverviewDevices({
      connected: new SettingsStore(
        RED,
        'withingsConnected',
        value => asObject(value) as Connected | undefined
      ),
      imports,
      wording: this.wording,
      userOf: id => {
        const account = findAccount(RED, id)?.account
        const userId = account === undefined ? undefined : registry.tokens.record(account)?.userId
        if (userId === undefined) throw new CodedError('NOT_CONFIGURED', 'noAccount')
        return userId
      }
    })
    this.recent = new RecentDevices({
      fetch: async account => fetchDevices(registry.client(account).client.context({ priority: 'user' })),
      changed: () => RED.comms.publish('withings/overview', { changed: true }, false),
      clock: systemClock
    })
  }

  /** `fresh`: asks Withings for the devices again; `target`: of the node it is about, else the first; `say`: its language. */
  async overview(query: { fresh: boolean; target: string | undefined; say: Translate }): Promise<Overview> {
    const { fresh, target: wanted, say } = query
    const accounts = this.accounts(say)
    const targets = this.targets()
    const target =
      targets.find(({ id }) => id === wanted) ?? targets.find(({ server }) => server) ?? targets[0]
    const listed = await Promise.all(
      accounts.map(async ({ id, userId }) =>
        userId === undefined ? [] : this.recent.devicesOf(id, userId, fresh)
      )
    )
    await this.devices.rememberImports(targets)
    const spare = spareAccounts(accounts.filter(isLinked))
    return {
      accounts: accounts.map(({ id, name, status, error, userId }) => ({
        ...{ id, name, status, userId: userId ?? null, spareOf: spare.get(id) ?? null },
        error: error ?? (userId === undefined ? null : this.errorOf(this.recent.failureOf(userId), say))
      })),
      targets: targets.map(({ server, serverId, ...shown }) => shown),
      target: target?.id ?? null,
      devices: [
        ...accounts.flatMap((account, place) => this.devices.ofAccount(account, listed[place] ?? [], target)),
        ...this.devices.ofNobody(accounts, target)
      ],
      moves: target === undefined ? [] : this.moves(accounts, target),
      imports: this.imports.list(),
      rules: target === undefined ? [] : this.rules(accounts, target)
    }
  }

  /** As `OverviewDevices.forget`. */
  forget(form: unknown): Promise<void> {
    return this.devices.forget(form, this.targets())
  }

  private errorOf(failure: unknown, say: Translate): OverviewAccount['error'] {
    if (failure === undefined) return null
    const { code, message } = translateError(this.RED, failure, 'WITHINGS_UNAVAILABLE', say)
    return { code, message }
  }

  /** One for each login: the instances of a subflow share that of an account inside it. */
  private accounts(say: Translate): Account[] {
    const { registry } = this
    const nodes = accountNodes.inFlowOrder(this.RED).map(({ node }) => node)
    const first = new Map([...nodes].reverse().map(node => [node.account, node]))
    return nodes
      .filter(node => first.get(node.account) === node)
      .map(({ account, name = '' }) => {
        const { userId, linkedAt = 0 } = registry.tokens.record(account) ?? {}
        const error = this.errorOf(registry.activity.currentError(account) ?? registry.refusal(account), say)
        const status = userId === undefined ? 'none' : registry.status(account)
        return { id: account, name, account, userId, linkedAt, status, error }
      })
  }

  private targets(): Target[] {
    return targetNodes.inFlowOrder(this.RED).map(({ node, create, serverId }) => {
      const server = findServer(this.RED, serverId)
      const target = { id: node.id, name: nameOf(this.RED, node), create, serverId }
      if (server?.sender === undefined)
        return { ...target, broker: 'unset', gladys: 'there', waiting: 0, server: undefined }
      return { ...target, ...server.status, server }
    })
  }

  /** The days of linked people that this Gladys still has under its manual entries. */
  private moves(accounts: readonly Account[], { server, create }: Target): OverviewMove[] {
    const moves = server?.sender?.days.moves(addressingOf(create as SendRequest['create'])) ?? []
    return accounts.flatMap(({ id, userId }) =>
      moves
        .filter(move => move.userId === userId)
        .map(({ to, model }) => ({
          account: id,
          to,
          name: deviceModelName({ deviceId: to, model }, this.wording)
        }))
    )
  }

  /** By which rules an import of each linked account sends its history to this node, and why. */
  private rules(accounts: readonly Account[], target: Target): OverviewRules[] {
    const flow = new FlowRules(this.RED, this.registry)
    const names = new Map(readers.all().map(({ id, node }) => [id, nameOf(this.RED, node)]))
    return accounts.filter(isLinked).flatMap(({ id: account }) =>
      flow.decisions(target.id, account).map(({ subject, because, choices }) => ({
        ...{ account, subject, because },
        choices: choices.map(({ id, rules }) => ({ id, name: names.get(id) ?? '', rules }))
      }))
    )
  }
}

function isLinked(account: Account): account is Account & LinkedAccount {
  return account.userId !== undefined
}
