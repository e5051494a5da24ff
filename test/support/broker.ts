import type { Aedes } from 'aedes' with { 'resolution-mode': 'import' }
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Certificates } from './certificates'
import { Collected } from './events'

export interface Published {
  topic: string
  payload: string
  retain: boolean
  qos: number
}

/** What a broker asks of those who connect. */
export interface BrokerSetup {
  login?: { username: string; password: string }
  tls?: Certificates
}

/** MQTT client id of the nodes that tell the test what passes in a flow. */
export const OBSERVER = 'observer'

/** A real MQTT broker on loopback that remembers what was published. */
export class TestBroker {
  readonly published = new Collected<Published>()
  /** Client ids in the order in which they connected. */
  readonly connections = new Collected<string>()
  private readonly byPrefix = new Map<string, { messages: Published[]; seen: number }>()
  private sockets = new Set<Socket>()
  private server: Server | undefined
  private aedes: Aedes | undefined
  private port = 0

  constructor(private readonly setup: BrokerSetup = {}) {}

  get url(): string {
    return `${this.setup.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.port}`
  }

  /** For subscribers of a test, where it asks for neither login nor TLS. */
  get plainUrl(): string {
    return this.url
  }

  get portNumber(): number {
    return this.port
  }

  /** Starts, again on the port it had before. */
  async start(): Promise<this> {
    const aedes = await (await import('aedes')).Aedes.createBroker()
    // Before it is acknowledged: aedes tells of the rest only after that, and a stop in between would hide it.
    aedes.authorizePublish = (_client, packet, done) => {
      const payload = packet.payload.toString()
      this.published.push({ topic: packet.topic, payload, retain: packet.retain, qos: packet.qos })
      done(null)
    }
    aedes.on('clientReady', client => this.connections.push(client.id))
    const { login, tls } = this.setup
    if (login)
      aedes.authenticate = (_client, username, password, done) =>
        done(null, username === login.username && password?.toString() === login.password)
    const take = (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => undefined)
      aedes.handle(socket)
    }
    const server = tls
      ? createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, take)
      : createServer(take)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
    this.port = (server.address() as AddressInfo).port
    this.server = server
    this.aedes = aedes
    return this
  }

  /** Breaks all connections; they may come back at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    const { server, aedes } = this
    this.cut()
    if (server) await new Promise(resolve => server.close(resolve))
    if (aedes) await new Promise<void>(resolve => aedes.close(resolve))
    this.server = undefined
    this.aedes = undefined
  }

  dispose(): Promise<void> {
    return this.stop()
  }

  /** Resolves when the nodes that watch the flow can publish, for the `times`th time. */
  async observed(times = 1): Promise<void> {
    const isObserver = (id: string) => id === OBSERVER
    await this.connections.until(ids => ids.filter(isObserver).length >= times, 'the observer')
  }

  /** What was published below it up to now. Waiting tests ask with each of many thousands: each is looked at once. */
  on(prefix: string): Published[] {
    const { items } = this.published
    const known = this.byPrefix.get(prefix) ?? { messages: [], seen: 0 }
    this.byPrefix.set(prefix, known)
    for (; known.seen < items.length; known.seen += 1) {
      const message = items[known.seen] as Published
      if (message.topic.startsWith(prefix)) known.messages.push(message)
    }
    return [...known.messages]
  }
}
