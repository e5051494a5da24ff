import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Collected } from './events'

/** A way to a server on loopback that can fall silent, as one whose plug was pulled: nobody hears that it is gone. */
export class Relay {
  /** What came from clients while it was silent. */
  readonly unheard = new Collected<Buffer>()
  private readonly clients = new Set<Socket>()
  private readonly sockets = new Set<Socket>()
  private silent = false

  private constructor(
    private readonly server: Server,
    private readonly target: number
  ) {
    server.on('connection', socket => this.take(socket))
  }

  static async start(target: number): Promise<Relay> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Relay(server, target)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** From now on nothing passes, neither bytes nor the end of a connection. */
  pull(): void {
    this.silent = true
  }

  /** New connections pass again; those of before stay without an answer. */
  plugIn(): void {
    this.silent = false
    this.clients.clear()
  }

  /** Tells the clients of before something that the server has never said. */
  say(bytes: Buffer): void {
    for (const client of this.clients) client.write(bytes)
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise(resolve => this.server.close(resolve))
  }

  private take(client: Socket): void {
    const onward = connect(this.target, '127.0.0.1')
    const passes = (): boolean => !this.silent && this.clients.has(client)
    for (const socket of [client, onward]) {
      this.sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.sockets.delete(socket))
    }
    this.clients.add(client)
    client.on('data', bytes => {
      if (passes()) onward.write(bytes)
      else this.unheard.push(bytes)
    })
    onward.on('data', bytes => passes() && client.write(bytes))
    client.on('close', () => passes() && onward.destroy())
    onward.on('close', () => passes() && client.destroy())
  }
}
