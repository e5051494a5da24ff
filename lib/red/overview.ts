import type { Node, NodeAPI } from 'node-red'
import type { Say } from '../details'
import type { GladysServer } from '../gladys/server'
import type { AccountHub } from './account-hub'
import { type AccountNode, accountNodes } from './account-node'
import type { DeviceCache } from './device-cache'
import { DeviceRows } from './device-rows'
import type { ImportDesk } from './import-desk'
import { movesOf } from './overview-moves'
import type { Overview, OverviewAccount, OverviewTarget } from './overview-shape'
import { overviewRules } from './overview-rules'
import { nameOf, targetNodes } from './running-nodes'
import { spareAccounts, type LinkedAccount } from './spare-accounts'
import { translated } from './texts'

export interface Target extends OverviewTarget {
  /** undefined: there is none that could be used. */
  server: GladysServer | undefined
  serverId: string
}

export interface Account extends Omit<OverviewAccount, 'spareOf' | 'userId'> {
  userId: string | undefined
  /** Under which the login is stored. */
  account: string
  linkedAt: number
}

export interface OverviewQuestion {
  /** Ask Withings for the devices again. */
  fresh?: boolean
  /** Id of the gladys-device-state node it is about; the first one if it does not run. */
  target?: string | undefined
  /** The language to tell failures in. */
  say?: Say
}

/** Puts together what the parts of the package know, for the sidebar. */
export class OverviewDesk {
  private readonly rows: DeviceRows

  constructor(
    private readonly RED: NodeAPI,
    private readonly hub: AccountHub,
    private readonly imports: ImportDesk,
    private readonly cache: DeviceCache
  ) {
    this.rows = new DeviceRows(RED, hub, imports)
  }

  async overview({ fresh = false, target: wanted, say }: OverviewQuestion = {}): Promise<Overview> {
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
      rules: target === undefined ? [] : overviewRules(this.RED, this.hub, { target: target.id, accounts })
    }
  }

  private told(failure: unknown, say: Say | undefined): OverviewAccount['error'] {
    if (failure === undefined) return null
    const { code, message } = translated(this.RED, failure, 'WITHINGS_UNAVAILABLE', say)
    return { code, message }
  }

  /** One for each login: the instances of a subflow share that of an account inside it. */
  private accounts(say: Say | undefined): Account[] {
    const { hub } = this
    const nodes = accountNodes.inFlowOrder(this.RED).map(({ node }) => node)
    const isFirst = ({ account }: AccountNode, place: number): boolean =>
      nodes.findIndex(node => node.account === account) === place
    return nodes.filter(isFirst).map(({ account, name = '' }) => {
      const { userId, linkedAt = 0 } = hub.keeper.record(account) ?? {}
      const error = this.told(hub.records.currentError(account) ?? hub.refusal(account), say)
      const status = userId === undefined ? 'none' : hub.status(account)
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
