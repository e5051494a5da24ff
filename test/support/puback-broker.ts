import type { Aedes } from 'aedes' with { 'resolution-mode': 'import' }
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export interface Seen {
  topic: string
  payload: string
  retain: boolean
  qos: number
  client: string
}

/** A real MQTT broker on loopback that notes what clients publish, and can keep its PUBACKs to itself. */
export class PubackBroker extends EventEmitter {
  readonly seen: Seen[] = []
  /** While false it takes everything and acknowledges nothing. */
  acknowledging = true
  private aedes: Aedes | undefined
  private server: Server | undefined
  private readonly sockets = new Set<Socket>()
  private port = 0

  constructor(private readonly login?: { username: string; password: string }) {
    super()
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  get clients(): number {
    return this.aedes?.connectedClients ?? 0
  }

  async start(): Promise<this> {
    const { Aedes } = await import('aedes')
    const aedes = await Aedes.createBroker()
    const { login } = this
    if (login)
      aedes.authenticate = (_client, username, password, done) =>
        done(null, username === login.username && password?.toString() === login.password)
    aedes.authorizePublish = (client, packet, done) => {
      const { topic, retain, qos } = packet
      this.seen.push({ topic, payload: packet.payload.toString(), retain, qos, client: client?.id ?? '' })
      this.emit('seen')
      if (this.acknowledging) done(null)
    }
    aedes.on('clientReady', () => this.emit('client'))
    aedes.on('clientDisconnect', () => this.emit('gone'))
    this.aedes = aedes
    this.server = createServer(socket => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      aedes.handle(socket)
    })
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const { aedes, server } = this
    this.aedes = undefined
    this.server = undefined
    if (server === undefined || aedes === undefined) return
    const closed = once(server, 'close')
    server.close()
    this.sockets.forEach(socket => socket.destroy())
    await closed
    await new Promise<void>(resolve => aedes.close(resolve))
  }

  /** The messages seen as soon as there are so many. */
  async published(count: number): Promise<Seen[]> {
    while (this.seen.length < count) await once(this, 'seen')
    return this.seen
  }
}
