import type { Node, NodeAPI } from 'node-red'
import type { Translate } from '../../base/translate'
import { deviceModelName } from '../../gladys/model/names'
import { addressingOf, type SendRequest } from '../../gladys/sender'
import type { GladysServer } from '../../gladys/server'
import { type AccountNode, accountNodes } from '../accounts/account-node'
import type { AccountRegistry } from '../accounts/account-registry'
import { type LinkedAccount, spareAccounts } from '../accounts/spare-accounts'
import { FlowRules } from '../flows/history-rules'
import { nameOf, readers, targetNodes } from '../flows/running-nodes'
import { t, translateError } from '../i18n/texts'
import type { ImportManager } from '../imports/import-manager'
import type { RecentDevices } from './device-cache'
import { type Account, DeviceRows } from './device-rows'
import type { Target } from './known-devices'
import type { Overview, OverviewAccount, OverviewMove, OverviewRules } from './types'

export interface OverviewQuery {
  /** Ask Withings for the devices again. */
  fresh?: boolean
  /** Id of the gladys-device-state node it is about; the first one if it does not run. */
  target?: string | undefined
  /** The language to tell failures in. */
  say?: Translate
}

/** Puts together what the parts of the package know, for the sidebar. */
export class OverviewBuilder {
  private readonly rows: DeviceRows

  constructor(
    private readonly RED: NodeAPI,
    private readonly registry: AccountRegistry,
    private readonly imports: ImportManager,
    private readonly cache: RecentDevices
  ) {
    this.rows = new DeviceRows(RED, registry, imports)
  }

  async overview({ fresh = false, target: wanted, say }: OverviewQuery = {}): Promise<Overview> {
    const accounts = this.accounts(say)
    const targets = this.targets()
    const target =
      targets.find(({ id }) => id === wanted) ?? targets.find(({ server }) => server) ?? targets[0]
    const found = await Promise.all(
      accounts.map(async account => ({
        account,
        devices:
          account.userId === undefined ? [] : await this.cache.devicesOf(account.id, account.userId, fresh)
      }))
    )
    await this.rows.rememberImports(targets)
    const spare = spareAccounts(accounts.filter(isLinked))
    return {
      accounts: accounts.map(({ id, name, status, error, userId }) => ({
        ...{ id, name, status, userId: userId ?? null, spareOf: spare.get(id) ?? null },
        error: error ?? (userId === undefined ? null : this.told(this.cache.failureOf(userId), say))
      })),
      targets: targets.map(({ id, name, create, broker, gladys, waiting }) => ({
        id,
        name,
        create,
        broker,
        gladys,
        waiting
      })),
      target: target?.id ?? null,
      devices: [
        ...found.flatMap(({ account, devices }) => this.rows.ofAccount(account, devices, target)),
        ...this.rows.ofNobody(accounts, target)
      ],
      moves: movesOf(this.RED, accounts, target),
      imports: this.imports.list(),
      rules:
        target === undefined ? [] : overviewRules(this.RED, this.registry, { target: target.id, accounts })
    }
  }

  private told(failure: unknown, say: Translate | undefined): OverviewAccount['error'] {
    if (failure === undefined) return null
    const { code, message } = translateError(this.RED, failure, 'WITHINGS_UNAVAILABLE', say)
    return { code, message }
  }

  /** One for each login: the instances of a subflow share that of an account inside it. */
  private accounts(say: Translate | undefined): Account[] {
    const { registry } = this
    const nodes = accountNodes.inFlowOrder(this.RED).map(({ node }) => node)
    const isFirst = ({ account }: AccountNode, place: number): boolean =>
      nodes.findIndex(node => node.account === account) === place
    return nodes.filter(isFirst).map(({ account, name = '' }) => {
      const { userId, linkedAt = 0 } = registry.tokens.record(account) ?? {}
      const error = this.told(registry.activity.currentError(account) ?? registry.refusal(account), say)
      const status = userId === undefined ? 'none' : registry.status(account)
      return { id: account, name, account, userId, linkedAt, status, error }
    })
  }

  private targets(): Target[] {
    return targetNodes.inFlowOrder(this.RED).map(({ node, create, serverId }): Target => {
      const server = this.RED.nodes.getNode(serverId) as (Node & Partial<GladysServer>) | null
      const known = { id: node.id, name: nameOf(this.RED, node), create, serverId }
      if (server?.sender === undefined || server.serverStatus === undefined)
        return { ...known, broker: 'unset', gladys: 'there', waiting: 0, server: undefined }
      return { ...known, ...server.serverStatus, server: server as GladysServer }
    })
  }

  /** As `DeviceRows.forget`. */
  forget(form: unknown): Promise<void> {
    return this.rows.forget(form, this.targets())
  }
}

function isLinked(account: Account): account is Account & LinkedAccount {
  return account.userId !== undefined
}

/** The days of linked people that this Gladys still has under its manual entries. */
export function movesOf(
  RED: NodeAPI,
  accounts: readonly { id: string; userId: string | undefined }[],
  target: Target | undefined
): OverviewMove[] {
  const sender = target?.server?.sender
  if (target === undefined || sender === undefined) return []
  const moves = sender.days.moves(addressingOf(target.create as SendRequest['create']))
  return accounts.flatMap(({ id, userId }) =>
    moves
      .filter(move => move.userId === userId)
      .map(({ to, model }) => ({ account: id, to, name: nameOfModel(RED, to, model) }))
  )
}

function nameOfModel(RED: NodeAPI, deviceId: string, model: string | null): string {
  return deviceModelName({ deviceId, model }, (key, fallback) => t(RED, key, {}, fallback))
}

interface Asked {
  /** Id of the gladys-device-state node. */
  target: string
  accounts: readonly { id: string; userId: string | undefined }[]
}

/** By which rules an import of each linked account tells its history to this node, and why. */
export function overviewRules(
  RED: NodeAPI,
  registry: AccountRegistry,
  { target, accounts }: Asked
): OverviewRules[] {
  const flow = new FlowRules(RED, registry)
  const names = new Map(readers.all().map(({ id, node }) => [id, nameOf(RED, node)]))
  return accounts
    .filter(({ userId }) => userId !== undefined)
    .flatMap(({ id: account }) =>
      flow.decisions(target, account).map(({ subject, because, choices }) => ({
        ...{ account, subject, because },
        choices: choices.map(({ id, rules }) => ({ id, name: names.get(id) ?? '', rules }))
      }))
    )
}
