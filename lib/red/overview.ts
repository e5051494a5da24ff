import type { Node, NodeAPI } from 'node-red'
import type { Say } from '../details'
import { addressOfSource, identifierOf, MANUAL, type Source } from '../gladys/ids'
import type { GladysServer } from '../gladys/server'
import type { Device } from '../withings/device'
import { asObject } from '../withings/json'
import { READING_TYPES } from '../withings/reading-types'
import type { AccountHub } from './account-hub'
import { accountMissing, type AccountNode, accountNodes, findAccount } from './account-node'
import { arrivedIn, forgetArrival } from './arrival-watches'
import type { DeviceCache } from './device-cache'
import { hostMissing, type ImportDesk } from './import-desk'
import { parseImportForm } from './import-form'
import type {
  Overview,
  OverviewAccount,
  OverviewDevice,
  OverviewReading,
  OverviewTarget
} from './overview-shape'
import { overviewRules } from './overview-rules'
import { nameOf, targetNodes } from './running-nodes'
import { SettingsTable } from './settings-table'
import { spareAccounts, type LinkedAccount } from './spare-accounts'
import { translated } from './texts'

/** Identifiers of the devices that somebody connected to Gladys, by gladys-server node. */
type Connected = Record<string, true>

const CONNECTED = 'withingsConnected'
const POINTS = 30
/** Where one weighing or one night gives many readings, the first of these is shown. */
const RANKS = new Map(READING_TYPES.map(({ type }, rank) => [type, rank]))

interface Target extends OverviewTarget {
  /** undefined: there is none that could be used. */
  server: GladysServer | undefined
  serverId: string
}

interface Account extends Omit<OverviewAccount, 'spareOf'> {
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
  private readonly connected: SettingsTable<Connected>

  constructor(
    private readonly RED: NodeAPI,
    private readonly hub: AccountHub,
    private readonly imports: ImportDesk,
    private readonly cache: DeviceCache
  ) {
    this.connected = new SettingsTable(RED, CONNECTED, value => asObject(value) as Connected | undefined)
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
    await this.rememberImports(targets)
    const spare = spareAccounts(accounts.filter(isLinked))
    return {
      accounts: accounts.map(({ id, name, status, error, userId }) => ({
        ...{ id, name, status, spareOf: spare.get(id) ?? null },
        error: error ?? (userId === undefined ? null : this.told(this.cache.failureOf(userId), say))
      })),
      targets: targets.map(({ id, name, create, broker, waiting }) => ({
        id,
        name,
        create,
        broker,
        waiting
      })),
      target: target?.id ?? null,
      devices: found.flatMap(({ account, devices }) => this.devicesOf(account, devices, target)),
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
        return { ...known, broker: 'unset', waiting: 0, server: undefined }
      return { ...known, ...server.serverStatus, server: server as GladysServer }
    })
  }

  private devicesOf(
    account: Account,
    devices: readonly Device[],
    target: Target | undefined
  ): OverviewDevice[] {
    const { userId } = account
    if (userId === undefined) return []
    const rows = devices.map(device => this.row(account, userId, device, target))
    // What was typed in by hand belongs to no device of Withings, but is one in Gladys.
    const manual = target?.server?.sender?.announced().has(identifierOf(userId, null)) === true
    return manual ? [...rows, this.row(account, userId, undefined, target)] : rows
  }

  private row(
    { id, name }: Account,
    userId: string,
    device: Device | undefined,
    target: Target | undefined
  ): OverviewDevice {
    const deviceId = device?.id ?? null
    const readings = target === undefined ? [] : readingsOf(target, userId, deviceId)
    const [newest] = readings
    return {
      account: id,
      person: name,
      deviceId,
      model: device?.model ?? null,
      battery: device?.batteryLevel ?? null,
      connected: target !== undefined && this.isConnected(target, userId, deviceId, readings.length > 0),
      last: newest?.last ?? null,
      recent: newest?.recent ?? []
    }
  }

  private isConnected(
    { create, server, serverId }: Target,
    userId: string,
    deviceId: string | null,
    read: boolean
  ): boolean {
    if (create !== 'discovery') return read || sentBattery(server, userId, deviceId)
    const identifier = identifierOf(userId, deviceId)
    if (Object.hasOwn(this.connected.get(serverId) ?? {}, identifier)) return true
    return server?.directory !== undefined && arrivedIn(server.directory).includes(identifier)
  }

  /**
   * Takes the announcement of a device back, for the form `{node, account, deviceId}`, and everything that makes it a
   * connected one. Throws BAD_INPUT, NOT_CONFIGURED and OUTBOX_FULL.
   */
  async forget(form: unknown): Promise<void> {
    const { node, account: accountId, deviceId } = parseImportForm(form)
    const target = this.targets().find(({ id, create }) => id === node && create === 'discovery')
    if (target?.server?.sender === undefined) throw hostMissing()
    const account = findAccount(this.RED, accountId)?.account
    const userId = account === undefined ? undefined : this.hub.keeper.record(account)?.userId
    if (account === undefined || userId === undefined || deviceId === null) throw accountMissing()
    const { server, serverId } = target
    const identifier = identifierOf(userId, deviceId === MANUAL ? null : deviceId)
    this.imports.forget(node, account, deviceId)
    await target.server.sender.forget(identifier)
    if (server?.directory !== undefined) forgetArrival(server.directory, identifier)
    const { [identifier]: _forgotten, ...others } = this.connected.get(serverId) ?? {}
    await this.connected.set(serverId, others)
  }

  /** To ask for the history of a device is to connect it. */
  private async rememberImports(targets: readonly Target[]): Promise<void> {
    for (const { id, serverId, server } of targets) {
      if (server === undefined) continue
      const known = this.connected.get(serverId) ?? {}
      const asked = this.imports
        .list()
        .filter(({ node }) => node === id)
        .flatMap(({ userId, deviceId }) =>
          deviceId === null
            ? identifiersOf(server, userId)
            : [identifierOf(userId, deviceId === MANUAL ? null : deviceId)]
        )
      const fresh = asked.filter(identifier => !Object.hasOwn(known, identifier))
      if (fresh.length === 0) continue
      const added = Object.fromEntries(fresh.map(identifier => [identifier, true as const]))
      await this.connected.set(serverId, { ...known, ...added })
    }
  }
}

function isLinked(account: Account): account is Account & LinkedAccount {
  return account.userId !== undefined
}

function identifiersOf(server: GladysServer, userId: string): string[] {
  const all = [...(server.sender?.announced() ?? [])]
  return all.filter(([, device]) => device.userId === userId).map(([identifier]) => identifier)
}

interface Newest {
  last: OverviewReading
  recent: OverviewDevice['recent']
}

/** The newest reading of each kind that Gladys has got, the newest and most telling one first. */
function readingsOf({ create, server }: Target, userId: string, deviceId: string | null): Newest[] {
  const sender = server?.sender
  if (sender === undefined) return []
  const addressing = create === 'discovery' ? 'discovery' : 'own'
  const announced = sender.announced().get(identifierOf(userId, deviceId))
  const kinds: { type: string; unit: string | null; position?: string }[] =
    addressing === 'discovery' ? Object.values(announced?.components ?? {}) : [...READING_TYPES]
  return kinds
    .filter(({ type }) => type !== 'battery')
    .flatMap(({ type, unit, position }): Newest[] => {
      const source: Source = { userId, deviceId, type, ...(position === undefined ? {} : { position }) }
      const states = sender.latest(addressOfSource(source, addressing).feature, POINTS)
      const recent = states.map(({ date, value }) => ({ date: new Date(date).toISOString(), value }))
      const newest = recent.at(-1)
      return newest ? [{ last: { type, unit, position: position ?? null, ...newest }, recent }] : []
    })
    .sort((a, b) => b.last.date.localeCompare(a.last.date) || rankOf(a) - rankOf(b))
}

/** Some devices tell nothing else. */
function sentBattery(server: GladysServer | undefined, userId: string, deviceId: string | null): boolean {
  const { feature } = addressOfSource({ userId, deviceId, type: 'battery' }, 'own')
  return (server?.sender?.latest(feature, 1).length ?? 0) > 0
}

function rankOf({ last }: Newest): number {
  return RANKS.get(last.type) ?? RANKS.size
}
