import { join } from 'node:path'
import type { Clock } from '../base/clock'
import { type CodedError, withReason } from '../base/errors'
import { axiosSend } from '../base/http'
import { JsonFile } from '../base/json-file'
import type { Reason } from '../base/translate'
import { Announcer } from './discovery/announcer'
import { SeenDevices } from './discovery/seen-devices'
import { GladysApi } from './http/api'
import { refused } from './http/client'
import { CreatedStore } from './http/created-store'
import { DeviceCreator } from './http/device-creation'
import { parsePresence, Presence } from './http/presence'
import type { GladysLogin, SessionStore } from './http/session'
import { SentLedger } from './ledger/sent-ledger'
import { FeatureUnits } from './model/feature-units'
import { parseCounters } from './model/manual-days'
import { BrokerConnection, type BrokerConnectionOptions, connectWithMqttJs } from './mqtt/connection'
import { Outbox } from './outbox/outbox'
import { ReplayLog } from './outbox/replay-log'
import { Sender, type SenderOptions } from './sender'

/** What a node shows of its server. */
export interface ServerStatus {
  broker: 'connecting' | 'connected' | 'away'
  /** `away`: it has stopped answering. */
  gladys: 'there' | 'away'
  /** States in the outbox. */
  waiting: number
}

/** What values wait for; undefined: for nothing. */
export function missingOf({ broker, gladys }: ServerStatus): 'broker' | 'gladys' | undefined {
  if (broker === 'away') return 'broker'
  return gladys === 'away' ? 'gladys' : undefined
}

/** A node that sends through a server. */
export interface ServerUser {
  readonly id: string
  /** The tab or subflow instance it is on. */
  readonly z: string
  showServer(status: ServerStatus): void
}

export interface GladysServerOptions {
  /** Folder of everything that outlives the process; undefined: it is kept in memory only. */
  directory: string | undefined
  /** undefined: no usable address. */
  broker: Pick<BrokerConnectionOptions, 'url' | 'clientId' | 'username' | 'password' | 'tls'> | undefined
  /** Gladys's HTTP API, `root` as `gladysRoot` gives it; without `login` it is only asked whether it is there. */
  http:
    | { root: string; login: GladysLogin | undefined; session: SessionStore; proxyUrl: string | undefined }
    | undefined
  /** States a second. */
  rate: number
  clock: Clock
  /** Once: what waits or was sent cannot be written down, and why. */
  onVolatile: (detail: string) => void
  /** So many states that waited are lost. */
  onLost: (count: number) => void
  /** Once: Gladys has never answered at its address. */
  onNeverAnswered: (reason: Reason) => void
  onError: (error: CodedError) => void
  onUsers: (users: readonly ServerUser[]) => void
}

/** Megabytes; a household with 1,000 devices has so long a list of them. */
const LARGEST_ANSWER = 8
/** Milliseconds; a Gladys that is busy takes its time (design.md §4.3). */
const PING_LIMIT = 4_000

/** A Gladys, its broker, and what is known of both: everything behind a `gladys-server` node. */
export class GladysServer {
  /** undefined: the broker has no usable address. */
  readonly sender: Sender | undefined
  /** undefined: without a login at Gladys. `created`: our devices that Gladys had. */
  readonly http: { api: GladysApi; creator: DeviceCreator; created: CreatedStore } | undefined
  /** Devices that sent something without discovery. */
  readonly seen: SeenDevices
  readonly directory: string | undefined
  private readonly connection: BrokerConnection | undefined
  private readonly presence: Presence | undefined
  private readonly users = new Map<string, ServerUser>()
  private readonly closing = new AbortController()
  private replay: ReplayLog | undefined
  private broker: ServerStatus['broker'] = 'connecting'
  private isVolatileReported = false
  /** Something waits that the nodes show as waiting. */
  private hasBacklog = false

  constructor(private readonly options: GladysServerOptions) {
    const { directory, broker, clock } = options
    this.directory = directory
    this.connection =
      broker &&
      new BrokerConnection({
        ...broker,
        connect: connectWithMqttJs,
        clock,
        onConnected: () => this.brokerConnected(),
        onAway: reason => this.brokerAway(reason)
      })
    this.http = this.makeHttp()
    this.presence = this.makePresence()
    this.sender = this.connection && this.makeSender(this.connection)
    this.seen = new SeenDevices(this.pathOf('devices.json'), this.onVolatile)
    if (this.presence?.isAway) this.sender?.outbox.gladysAway()
    this.presence?.start()
    // What waited when Node-RED stopped goes out without waiting for a message.
    if (this.waiting > 0) this.connection?.start()
  }

  get status(): ServerStatus {
    return { broker: this.broker, gladys: this.presence?.isAway ? 'away' : 'there', waiting: this.waiting }
  }

  /** The server connects with its first user. */
  addUser(user: ServerUser): void {
    this.users.set(user.id, user)
    this.options.onUsers([...this.users.values()])
    this.connection?.start()
  }

  removeUser(user: ServerUser): void {
    this.users.delete(user.id)
    this.options.onUsers([...this.users.values()])
  }

  /** Never rejects. */
  async close(): Promise<void> {
    this.closing.abort()
    this.presence?.close()
    await this.connection?.close().catch(() => undefined)
    const lost = this.sender?.close() ?? 0
    if (lost > 0) this.options.onLost(lost)
  }

  private get waiting(): number {
    return this.sender?.outbox.size ?? 0
  }

  private pathOf(name: string): string | undefined {
    return this.directory && join(this.directory, name)
  }

  private readonly onVolatile = (detail: string): void => {
    if (!this.isVolatileReported) this.options.onVolatile(detail)
    this.isVolatileReported = true
  }

  private makeHttp(): GladysServer['http'] {
    const { http, clock } = this.options
    if (http?.login === undefined) return undefined
    const { root, login, session, proxyUrl } = http
    const send = axiosSend(proxyUrl, { largest: LARGEST_ANSWER })
    const api = new GladysApi({ root, login, store: session, send, clock, signal: this.closing.signal })
    const created = new CreatedStore(this.pathOf('created.json'), this.onVolatile)
    return { api, created, creator: new DeviceCreator({ api, store: created, clock }) }
  }

  private makePresence(): Presence | undefined {
    const { http, clock, onNeverAnswered } = this.options
    if (http === undefined) return undefined
    const send = axiosSend(http.proxyUrl, { timeLimit: PING_LIMIT })
    // Needs no login.
    const url = `${http.root}/api/v1/ping`
    const ping = { method: 'GET', url, headers: { accept: 'application/json' } } as const
    return new Presence({
      root: http.root,
      ping: async () => (await send(ping, this.closing.signal)).httpStatus,
      clock,
      file: new JsonFile(this.pathOf('gladys.json'), parsePresence, this.onVolatile),
      onAway: reason => this.gladysAway(reason),
      onBack: () => this.gladysBack(),
      onAnswer: at => this.replay?.answered(at),
      onNever: onNeverAnswered
    })
  }

  private makeSender(connection: BrokerConnection): Sender {
    const { onVolatile, directory } = this
    const { clock, onLost } = this.options
    return new Sender({
      ledger: new SentLedger({ directory, onVolatile, clock }),
      announcer: new Announcer(this.pathOf('announced.json'), onVolatile),
      counters: new JsonFile(this.pathOf('days.json'), parseCounters, onVolatile),
      creator: this.http?.creator,
      pending: this.http && { directory: this.pathOf('held'), onVolatile, onLost },
      units: new FeatureUnits(this.pathOf('units.json'), onVolatile),
      clock,
      outbox: hooks => this.makeOutbox(hooks, connection)
    })
  }

  private makeOutbox(
    { isCurrent, ...hooks }: Parameters<SenderOptions['outbox']>[0],
    connection: BrokerConnection
  ): Outbox {
    const { onVolatile, presence } = this
    const { clock, rate, onLost } = this.options
    if (presence !== undefined)
      this.replay = new ReplayLog({ directory: this.pathOf('recent'), onVolatile, clock, isCurrent })
    return new Outbox({
      ...hooks,
      directory: this.pathOf('outbox'),
      onVolatile,
      onLost,
      publish: publication => {
        presence?.used()
        return connection.publish(publication)
      },
      drained: () => {
        if (this.hasBacklog) this.showAll()
        this.hasBacklog = false
      },
      rate,
      clock,
      ...(this.replay && { replay: this.replay })
    })
  }

  private brokerConnected(): void {
    this.broker = 'connected'
    this.sender?.brokerConnected()
    this.hasBacklog = this.waiting > 0
    this.showAll()
  }

  private brokerAway(reason: Reason): void {
    this.broker = 'away'
    this.sender?.outbox.brokerAway()
    this.showAll()
    this.options.onError(withReason('BROKER_UNREACHABLE', reason))
  }

  private gladysAway(reason: Reason): void {
    this.sender?.outbox.gladysAway()
    this.showAll()
    this.options.onError(refused('gladysGone', { reason }))
  }

  private gladysBack(): void {
    this.sender?.gladysBack()
    this.hasBacklog = this.waiting > 0
    this.showAll()
  }

  private showAll(): void {
    for (const user of this.users.values()) user.showServer(this.status)
  }
}
