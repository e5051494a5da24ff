import type { IClientOptions, IStore, MqttClient } from 'mqtt'
import type { Clock } from '../../base/clock'
import { DETAILS } from '../../base/details'
import { CodedError } from '../../base/errors'
import { withTimeout } from '../../base/timeout'
import type { Publication } from '../model/states'

/** Makes an MQTT client that is already dialling. At once, so that no event of it comes before its listeners. */
export type Connect = (url: string, options: IClientOptions) => MqttClient

export interface BrokerConnectionOptions {
  url: string
  /** The same at every start: a broker then drops what is left of a connection that died. */
  clientId: string
  username?: string
  password?: string
  /** Certificates and the like, as MQTT.js takes them. */
  tls?: IClientOptions
  connect: Connect
  clock: Clock
  onConnected: () => void
  /** Once when the connection is lost or the first try fails; not for each further try. */
  onAway: (reason: string) => void
}

const PROTOCOLS = new Set(['mqtt:', 'mqtts:', 'ws:', 'wss:'])
const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 60_000
/** A connection that lasted so long was a good one, and the pause starts small again. */
const STEADY = 10_000
const CONNECT_LIMIT = 10_000
const ACK_LIMIT = 20_000
const END_LIMIT = 2000

/** MQTT.js, loaded at first use: it is the biggest thing this package has. */
export const connectWithMqttJs: Connect = (url, options) => {
  const { connect, Store } = require('mqtt') as typeof import('mqtt')
  return connect(url, { ...options, outgoingStore: nullStore(new Store()) })
}

const ENCRYPTED = new Set(['mqtts:', 'wss:'])

/**
 * The address trimmed and checked; throws NOT_CONFIGURED without repeating it, since it may hold a password. `usesTls`:
 * a TLS configuration is chosen, which MQTT.js would ignore without a word where the address is not encrypted.
 */
export function brokerUrl(mqttUrl: unknown, usesTls = false): string {
  const url = typeof mqttUrl === 'string' ? mqttUrl.trim() : ''
  if (url === '') throw new CodedError('NOT_CONFIGURED', 'the address of the MQTT broker is missing')
  const parsed = parsedUrl(url)
  if (parsed === undefined || !PROTOCOLS.has(parsed.protocol) || parsed.hostname === '')
    throw new CodedError('NOT_CONFIGURED', 'the address of the MQTT broker must look like mqtt://host:1883')
  if (usesTls && !ENCRYPTED.has(parsed.protocol)) throw new CodedError('NOT_CONFIGURED', DETAILS.tlsUnused)
  return url
}

function parsedUrl(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}

/**
 * A connection to the broker that comes back by itself. Every try is a fresh MQTT.js client without memory, so
 * nothing is repeated behind the outbox's back. Never throws; what it has to say goes to the callbacks.
 */
export class BrokerConnection {
  private client: MqttClient | undefined
  private state: 'idle' | 'connecting' | 'connected' | 'away' | 'closed' = 'idle'
  private pause = FIRST_PAUSE
  private connectedAt: number | undefined
  private cancelRetry: (() => void) | undefined

  constructor(private readonly options: BrokerConnectionOptions) {}

  get connected(): boolean {
    return this.state === 'connected'
  }

  /** Dials, unless it did already. */
  start(): void {
    if (this.state !== 'idle') return
    this.state = 'connecting'
    this.dial()
  }

  /** QoS 1: fulfilled by PUBACK. Rejects when the connection is away or goes away before that. */
  publish({ topic, payload, retain }: Publication): Promise<void> {
    const { client } = this
    if (client === undefined || !this.connected) return Promise.reject(new Error('not connected'))
    return new Promise((resolve, reject) => {
      const cancel = this.options.clock.after(ACK_LIMIT, () => this.lost(client, 'it does not acknowledge'))
      client.publish(topic, payload, { qos: 1, retain }, error => {
        cancel()
        if (!error) return resolve()
        reject(error)
        // Usually an event with a better reason follows, in this very turn.
        setImmediate(() => this.lost(client, reasonOf(error)))
      })
    })
  }

  /** Says goodbye to the broker, but does not wait long for one that hangs. */
  close(): Promise<void> {
    const { client } = this
    const wasConnected = this.connected
    this.state = 'closed'
    this.client = undefined
    this.cancelRetry?.()
    if (client === undefined) return Promise.resolve()
    const { clock } = this.options
    const ended = () => new Promise<void>(resolve => client.end(!wasConnected, {}, () => resolve()))
    const late = new Error('the broker hangs')
    return withTimeout({ clock, limit: END_LIMIT, late }, ended).catch(() => void client.stream.destroy())
  }

  private dial(): void {
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
    client.on('close', () => this.lost(client, 'the connection was closed'))
    this.client = client
  }

  private up(client: MqttClient): void {
    if (client !== this.client) return
    this.state = 'connected'
    this.connectedAt = this.options.clock.now()
    this.options.onConnected()
  }

  /**
   * MQTT.js may be in the middle of a walk over its callbacks, which `end` would pull from under it: it is ended in a turn of
   * its own. Its listeners stay, so that nothing it says until then is thrown.
   */
  private lost(client: MqttClient, reason: string): void {
    if (client !== this.client) return
    this.client = undefined
    setImmediate(() => client.end(true))
    this.away(reason)
  }

  private away(reason: string): void {
    if (this.state === 'closed') return
    const { clock, onAway } = this.options
    const known = this.state === 'away'
    this.state = 'away'
    if (this.connectedAt !== undefined && clock.now() - this.connectedAt >= STEADY) this.pause = FIRST_PAUSE
    this.connectedAt = undefined
    this.cancelRetry = clock.after(this.pause, () => this.dial())
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE)
    if (!known) onAway(reason)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Refused on IPv4 and IPv6 at once is an AggregateError without a message.
  const { code } = error as NodeJS.ErrnoException
  return error.message || code || 'the connection failed'
}

/**
 * A store for MQTT.js that keeps nothing: the outbox repeats what was not acknowledged. MQTT.js's own one is a Map
 * that gets and loses each message, which costs memory (docs/decisions/0016-garbage.md). `empty` is one of
 * those, and only asked for the stream of what lies in it: nothing.
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
