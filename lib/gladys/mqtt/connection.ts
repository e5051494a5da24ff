import type { IClientOptions, IStore, MqttClient } from 'mqtt'
import type { Clock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { withTimeout } from '../../base/timeout'
import type { Reason } from '../../base/translate'
import type { Publication } from '../model/states'

/** Makes an MQTT client that is connecting already; synchronous, so that listeners miss none of its events. */
export type Connect = (url: string, options: IClientOptions) => MqttClient

export interface BrokerConnectionOptions {
  url: string
  /** The same at every start, so that the broker drops what is left of a dead connection. */
  clientId: string
  username?: string
  password?: string
  /** Certificates etc., as MQTT.js takes them. */
  tls?: IClientOptions
  connect: Connect
  clock: Clock
  onConnected: () => void
  /** Once when the connection is lost or the first try fails; not for each further try. */
  onAway: (reason: Reason) => void
}

/** Of an address; the `s` says that it is encrypted. */
const PROTOCOL = /^(?:mqtt|ws)(s?):$/
const FIRST_PAUSE = 1000
const MAX_PAUSE = 60_000
/** After a connection that lasted this long, pauses start small again. */
const STEADY = 10_000
const CONNECT_LIMIT = 10_000
const ACK_LIMIT = 20_000
const END_LIMIT = 2000

/** MQTT.js, loaded at first use: it is the largest dependency of this package. */
export const connectWithMqttJs: Connect = (url, options) => {
  const { connect, Store } = require('mqtt') as typeof import('mqtt')
  return connect(url, { ...options, outgoingStore: nullStore(new Store()) })
}

/**
 * The address trimmed and checked; throws NOT_CONFIGURED without repeating it, since it may hold a password. `usesTls`:
 * a TLS configuration is chosen, which MQTT.js silently ignores where the address is not encrypted.
 */
export function brokerUrl(mqttUrl: unknown, usesTls = false): string {
  const url = typeof mqttUrl === 'string' ? mqttUrl.trim() : ''
  if (url === '') throw new CodedError('NOT_CONFIGURED', 'noBrokerAddress')
  const { protocol = '', hostname = '' } = URL.canParse(url) ? new URL(url) : {}
  const [, encrypted] = PROTOCOL.exec(protocol) ?? []
  if (encrypted === undefined || hostname === '') throw new CodedError('NOT_CONFIGURED', 'wrongBrokerAddress')
  if (usesTls && encrypted === '') throw new CodedError('NOT_CONFIGURED', 'tlsUnused')
  return url
}

/**
 * A connection to the broker that reconnects. Every try is a fresh MQTT.js client without memory, so that only the
 * outbox repeats anything. Never throws; everything is reported by the callbacks.
 */
export class BrokerConnection {
  private client: MqttClient | undefined
  private state: 'idle' | 'connecting' | 'connected' | 'away' | 'closed' = 'idle'
  private pause = FIRST_PAUSE
  private connectedAt: number | undefined
  private cancelRetry: (() => void) | undefined

  constructor(private readonly options: BrokerConnectionOptions) {}

  /** Connects, unless it was started before. */
  start(): void {
    if (this.state !== 'idle') return
    this.state = 'connecting'
    this.connect()
  }

  /** QoS 1: fulfilled by PUBACK. Rejects when the connection is away or goes away before that. */
  publish({ topic, payload, retain }: Publication): Promise<void> {
    const { client } = this
    if (client === undefined || this.state !== 'connected') return Promise.reject(new Error('not connected'))
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(ACK_LIMIT, () => this.lost(client, { key: 'brokerSilent' }))
      client.publish(topic, payload, { qos: 1, retain }, error => {
        cancel()
        if (!error) return resolve()
        reject(error)
        // Usually an event with a better reason follows in the same turn.
        setImmediate(() => this.lost(client, reasonOf(error)))
      })
    })
  }

  /** Disconnects, but does not wait long for a broker that hangs. */
  close(): Promise<void> {
    const { client } = this
    const wasConnected = this.state === 'connected'
    this.state = 'closed'
    this.client = undefined
    this.cancelRetry?.()
    if (client === undefined) return Promise.resolve()
    const { clock } = this.options
    const ended = () => new Promise<void>(resolve => client.end(!wasConnected, {}, () => resolve()))
    const late = new Error('the broker hangs')
    return withTimeout({ clock, limit: END_LIMIT, late }, ended).catch(() => void client.stream.destroy())
  }

  private connect(): void {
    const { url, clientId, username, password, tls, connect } = this.options
    try {
      const client = connect(url, {
        ...tls,
        clientId,
        ...(username ? { username } : {}),
        ...(password ? { password } : {}),
        clean: true,
        reconnectPeriod: 0,
        connectTimeout: CONNECT_LIMIT,
        keepalive: 30
      })
      this.watch(client)
    } catch (error) {
      this.away(reasonOf(error))
    }
  }

  private watch(client: MqttClient): void {
    client.on('connect', () => this.up(client))
    // MQTT.js answers even a packet whose number was cut off, and throws over the -1 that it has instead.
    client.on('packetreceive', packet => void (packet.messageId = Math.max(0, packet.messageId ?? 0)))
    client.on('error', error => this.lost(client, reasonOf(error)))
    client.on('close', () => this.lost(client, { key: 'brokerClosed' }))
    this.client = client
  }

  private up(client: MqttClient): void {
    if (client !== this.client) return
    this.state = 'connected'
    this.connectedAt = this.options.clock.now()
    this.options.onConnected()
  }

  /** Ends the client in a later turn, since MQTT.js may be iterating over callbacks that `end` removes. */
  private lost(client: MqttClient, reason: Reason): void {
    if (client !== this.client) return
    this.client = undefined
    setImmediate(() => client.end(true))
    this.away(reason)
  }

  private away(reason: Reason): void {
    if (this.state === 'closed') return
    const { clock, onAway } = this.options
    const wasAway = this.state === 'away'
    this.state = 'away'
    if (this.connectedAt !== undefined && clock.now() - this.connectedAt >= STEADY) this.pause = FIRST_PAUSE
    this.connectedAt = undefined
    this.cancelRetry = clock.after(this.pause, () => this.connect())
    this.pause = Math.min(this.pause * 2, MAX_PAUSE)
    if (!wasAway) onAway(reason)
  }
}

function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return String(error)
  // Refused on IPv4 and IPv6 at once is an AggregateError without a message.
  const { code } = error as NodeJS.ErrnoException
  return error.message || code || { key: 'brokerFailed' }
}

/**
 * A store for MQTT.js that keeps nothing: the outbox repeats what was not acknowledged, and MQTT.js's own store costs
 * memory (docs/decisions/0016-garbage.md). `empty` is one of those, used only for its empty stream.
 */
export function nullStore(empty: Pick<IStore, 'createStream'>): IStore {
  const store: IStore = {
    put: (_packet, done) => (done(), store),
    del: (_packet, done) => (done(), store),
    get: (_packet, done) => (done(new Error('nothing is kept')), store),
    createStream: () => empty.createStream(),
    close: done => done()
  }
  return store
}
