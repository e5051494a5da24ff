import { CodedError } from '../../base/errors'
import { asObject, asText, parseJson } from '../../base/json'
import type { Device } from '../../withings/devices/devices'
import { READING_TYPES } from '../../withings/diagnostics/reading-types'
import { devicesAddedTo, forgetAddedDevice } from '../http/added-devices-poller'
import { parseImportForm } from '../import/form'
import { type ImportManager } from '../import/manager'
import { type Addressing, addressOfSource, identifierOf, MANUAL, type Source } from '../model/external-ids'
import { deviceModelName, shownModel, type Wording } from '../model/names'
import { isTracker } from '../model/trackers'
import type { GladysServer } from '../server'
import type { OverviewAccount, OverviewDevice, OverviewReading, OverviewTarget } from './types'

/** Identifiers of the devices that somebody connected to Gladys, by gladys-server node. */
export type Connected = Record<string, true>

const POINTS = 30
/** Where one weighing or one night gives many readings, the first of these is shown. */
const RANKS = new Map(READING_TYPES.map(({ type }, rank) => [type, rank]))

/** What makes a row. */
interface Row extends SentDevice {
  account: Pick<Account, 'id' | 'name'> | undefined
  battery: number | null
  listed: boolean | null
}

/** A withings-account node. */
export interface Account extends Omit<OverviewAccount, 'spareOf' | 'userId'> {
  userId: string | undefined
  /** Under which the login is stored. */
  account: string
  linkedAt: number
}

export interface OverviewDevicesOptions {
  /** By gladys-server node. */
  connected: {
    get(server: string): Connected | undefined
    set(server: string, row: Connected): Promise<void>
  }
  imports: ImportManager
  wording: Wording
  /** The Withings user that an account node is linked to. Throws NOT_CONFIGURED when it is not, or not there. */
  userOf(account: string): string
}

/** The devices of the sidebar: what Withings lists, and what only Gladys and this package know of. */
export class OverviewDevices {
  constructor(private readonly options: OverviewDevicesOptions) {}

  /** `devices`: what Withings lists; an empty list says nothing about those that it leaves out. */
  ofAccount(account: Account, devices: readonly Device[], target: Target | undefined): OverviewDevice[] {
    const { userId } = account
    if (userId === undefined) return []
    const row = { account, userId, name: null }
    const listed = devices.map(({ id, model, batteryLevel }) =>
      this.row({ ...row, deviceId: id, model, battery: batteryLevel, listed: true }, target)
    )
    const ids = new Set(devices.map(({ id }) => identifierOf(userId, id)))
    const others = sentDevices(target).filter(
      known => known.userId === userId && !ids.has(identifierOf(userId, known.deviceId))
    )
    const hasManual = others.some(({ deviceId }) => deviceId === null)
    // An older version noted nothing of what went out without discovery.
    if (!hasManual && sentManual(target, userId))
      others.push({ userId, deviceId: null, model: null, name: null })
    const isListed = (deviceId: string | null) =>
      deviceId === null || isTracker(deviceId) || devices.length === 0 ? null : false
    return [
      ...listed,
      ...others
        .sort((a, b) => Number(a.deviceId === null) - Number(b.deviceId === null))
        .map(({ deviceId, model }) =>
          this.row({ ...row, deviceId, model, battery: null, listed: isListed(deviceId) }, target)
        )
    ]
  }

  /** Those of people whose account is gone or unlinked. */
  ofNobody(accounts: readonly Account[], target: Target | undefined): OverviewDevice[] {
    const linked = new Set(accounts.map(({ userId }) => userId))
    return sentDevices(target)
      .filter(({ userId }) => !linked.has(userId))
      .map(known => this.row({ ...known, account: undefined, battery: null, listed: null }, target))
  }

  private row({ account, ...row }: Row, target: Target | undefined): OverviewDevice {
    const { userId, deviceId, model, ...others } = row
    const readings = target === undefined ? [] : readingsOf(target, userId, deviceId)
    const [newest] = readings
    const isOfTracker = deviceId !== null && isTracker(deviceId)
    return {
      ...others,
      account: account?.id ?? null,
      person: account?.name ?? '',
      userId,
      deviceId,
      model: isOfTracker ? deviceModelName({ deviceId, model }, this.options.wording) : shownModel(row),
      connected: target !== undefined && this.isConnected(target, row, readings.length > 0),
      last: newest?.last ?? null,
      recent: newest?.recent ?? []
    }
  }

  private isConnected(target: Target, { userId, deviceId }: SentDevice, read: boolean): boolean {
    const { create, server, serverId } = target
    const identifier = identifierOf(userId, deviceId)
    if (create !== 'discovery')
      return !server?.seen.isForgotten(identifier) && (read || sentBattery(server, userId, deviceId))
    if (Object.hasOwn(this.options.connected.get(serverId) ?? {}, identifier)) return true
    return server?.directory !== undefined && devicesAddedTo(server.directory).includes(identifier)
  }

  /**
   * Forgets a device, for the form `{node, account, deviceId}`, or `userId` in place of an account that is gone: takes
   * its announcement back, or without discovery only what is remembered of it, and everything that makes it a connected
   * one. Nothing is deleted in Gladys. Throws BAD_INPUT, NOT_CONFIGURED and OUTBOX_FULL.
   */
  async forget(form: unknown, targets: readonly Target[]): Promise<void> {
    const { node, userId, deviceId } = this.parseForm(form)
    const target = targets.find(({ id }) => id === node)
    if (target?.server?.sender === undefined) throw new CodedError('NOT_CONFIGURED', 'noGladysNode')
    const { server, serverId, create } = target
    const device = { userId, deviceId: deviceId === MANUAL ? null : deviceId }
    const identifier = identifierOf(userId, device.deviceId)
    this.options.imports.forget(node, userId, deviceId)
    if (create === 'discovery') await target.server.sender.forget(identifier)
    else server?.seen.forget(identifier, device)
    if (server?.directory !== undefined) forgetAddedDevice(server.directory, identifier)
    const { [identifier]: _forgotten, ...others } = this.options.connected.get(serverId) ?? {}
    await this.options.connected.set(serverId, others)
  }

  private parseForm(form: unknown): { node: string; userId: string; deviceId: string } {
    const userId = asText(asObject(form)?.userId)
    const asked = userId === undefined ? form : { ...asObject(form), account: userId }
    const { node, account: id, deviceId } = parseImportForm(asked)
    if (deviceId === null) throw new CodedError('BAD_INPUT', 'wrongId', { field: 'deviceId' })
    if (userId !== undefined) return { node, userId, deviceId }
    return { node, userId: this.options.userOf(id), deviceId }
  }

  /** To ask for the history of a device is to connect it. */
  async rememberImports(targets: readonly Target[]): Promise<void> {
    for (const { id, serverId, server } of targets) {
      if (server === undefined) continue
      const known = this.options.connected.get(serverId) ?? {}
      const asked = this.options.imports
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
      await this.options.connected.set(serverId, { ...known, ...added })
    }
  }
}

function identifiersOf(server: GladysServer, userId: string): string[] {
  const theirs = announced(server).filter(device => device.userId === userId)
  return theirs.map(({ deviceId }) => identifierOf(userId, deviceId))
}

type Newest = Pick<OverviewDevice, 'recent'> & { last: OverviewReading }

/** The newest reading of each kind that Gladys has got, the newest and most telling one first. */
function readingsOf({ create, server }: Target, userId: string, deviceId: string | null): Newest[] {
  const sender = server?.sender
  if (sender === undefined) return []
  const addressing: Addressing = create === 'discovery' ? 'discovery' : 'own'
  const announced = sender.announced().get(identifierOf(userId, deviceId))
  const kinds: { type: string; unit: string | null; position?: string }[] =
    addressing === 'discovery' ? Object.values(announced?.components ?? {}) : [...READING_TYPES]
  return kinds
    .filter(({ type }) => type !== 'battery')
    .flatMap(({ type, unit, position }): Newest[] => {
      const source: Source = { userId, deviceId, type, ...(position === undefined ? {} : { position }) }
      const states = sender.ledger.latest(addressOfSource(source, addressing).feature, POINTS)
      const recent = states.map(({ date, value }) => ({ date: new Date(date).toISOString(), value }))
      const newest = recent.at(-1)
      return newest ? [{ last: { type, unit, position: position ?? null, ...newest }, recent }] : []
    })
    .sort((a, b) => b.last.date.localeCompare(a.last.date) || rankOf(a) - rankOf(b))
}

function sentManual(target: Target | undefined, userId: string): boolean {
  if (target?.server === undefined || target.create === 'discovery') return false
  if (target.server.seen.isForgotten(identifierOf(userId, null))) return false
  return readingsOf(target, userId, null).length > 0
}

/** Some devices send nothing else. */
function sentBattery(server: GladysServer | undefined, userId: string, deviceId: string | null): boolean {
  const { feature } = addressOfSource({ userId, deviceId, type: 'battery' }, 'own')
  return (server?.sender?.ledger.latest(feature, 1).length ?? 0) > 0
}

function rankOf({ last }: Newest): number {
  return RANKS.get(last.type) ?? RANKS.size
}

/** A gladys-device-state node. */
export interface Target extends OverviewTarget {
  /** undefined: there is none that could be used. */
  server: GladysServer | undefined
  serverId: string
}

/** A device that something went out for. */
export interface SentDevice {
  userId: string
  deviceId: string | null
  model: string | null
  /** Its name in Gladys, as far as it is known. */
  name: string | null
}

const OWN = /^mqtt:withings:([^:]+):([^:]+)$/

/** What was announced, or without discovery what was sent or made and not forgotten since, each device once. */
function sentDevices(target: Target | undefined): SentDevice[] {
  const server = target?.server
  if (target === undefined || server === undefined) return []
  return target.create === 'discovery' ? announced(server) : seen(target.create, server)
}

function announced({ sender }: GladysServer): SentDevice[] {
  const devices = [...(sender?.announced().values() ?? [])]
  return devices.map(({ payload, userId, deviceId, model }) => {
    return { userId, deviceId, model, name: nameIn(payload) }
  })
}

function seen(create: string, { seen, http }: GladysServer): SentDevice[] {
  const made = (create === 'http' ? (http?.created.ids() ?? []) : []).flatMap(deviceOf)
  const known = [...seen.values()].map(device => ({ ...device, name: null }))
  const all = new Map<string, SentDevice>()
  for (const device of [...made, ...known]) all.set(identifierOf(device.userId, device.deviceId), device)
  return [...all].flatMap(([identifier, device]) => (seen.isForgotten(identifier) ? [] : [device]))
}

function deviceOf(externalId: string): SentDevice[] {
  const [, userId, id] = OWN.exec(externalId) ?? []
  if (userId === undefined || id === undefined) return []
  return [{ userId, deviceId: id === MANUAL ? null : id, model: null, name: null }]
}

function nameIn(payload: string | undefined): string | null {
  return asText(asObject(asObject(parseJson(payload ?? ''))?.device)?.name) ?? null
}
