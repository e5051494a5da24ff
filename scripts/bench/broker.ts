// A real MQTT broker in a process of its own, which counts what is published.
import { type AddressInfo, createServer } from 'node:net'
import { report } from './processes'

export interface BrokerReady {
  url: string
}

export interface BrokerCounts {
  published: number
}

async function main(): Promise<void> {
  const { Aedes } = await import('aedes')
  const broker = await Aedes.createBroker()
  let published = 0
  broker.on('publish', (_packet, client) => {
    if (client !== null) published += 1
  })
  const server = createServer(socket => void broker.handle(socket))
  server.listen(0, '127.0.0.1', () =>
    report({ url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}` } satisfies BrokerReady)
  )
  process.on('message', () => report({ published } satisfies BrokerCounts))
}

void main()
