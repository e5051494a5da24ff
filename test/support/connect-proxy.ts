import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** An HTTP proxy on loopback that knows CONNECT only, and remembers where it was asked to go. */
export class ConnectProxy {
  readonly targets: string[] = []
  readonly authorizations: (string | undefined)[] = []
  private readonly sockets = new Set<Socket>()

  private constructor(private readonly server: Server) {
    server.on('connect', (request, socket: Socket) => {
      const target = request.url ?? ''
      this.targets.push(target)
      this.authorizations.push(request.headers['proxy-authorization'])
      const port = Number(target.split(':').at(-1))
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        onward.pipe(socket)
        socket.pipe(onward)
      })
      for (const end of [socket, onward]) {
        this.sockets.add(end)
        end.on('error', () => end.destroy())
      }
    })
  }

  static async start(): Promise<ConnectProxy> {
    const server = createServer((_request, response) => void response.writeHead(405).end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ConnectProxy(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.sockets.forEach(socket => socket.destroy())
    await new Promise(resolve => this.server.close(resolve))
  }
}
