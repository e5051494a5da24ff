import { connectAsync, type MqttClient } from 'mqtt'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrokerSetup, Published } from './broker'
import { Collected } from './events'
import { freePort } from './ports'

const PROGRAM = '/usr/sbin/mosquitto'

/** Version of the Mosquitto that is installed; undefined: none is. */
export function mosquittoVersion(): string | undefined {
  if (!existsSync(PROGRAM)) return undefined
  const { stdout } = spawnSync(PROGRAM, ['-h'], { encoding: 'utf8' })
  return /version (\S+)/.exec(stdout)?.[1]
}

/**
 * A real Mosquitto on loopback with persistence. Nodes reach it through a gate that opens when the subscriber
 * behind `published` is there, so that this misses nothing after a restart; it has a listener of its own.
 */
export class Mosquitto {
  readonly published = new Collected<Published>()
  private readonly directory = mkdtempSync(join(tmpdir(), 'mosquitto-'))
  private readonly sockets = new Set<Socket>()
  private child: ChildProcess | undefined
  private subscriber: MqttClient | undefined
  private gate: Server | undefined
  private gatePort = 0
  private subscriberPort = 0

  constructor(private readonly setup: BrokerSetup = {}) {}

  get url(): string {
    return `${this.setup.tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${this.gatePort}`
  }

  /** For subscribers of a test: no login, no TLS. */
  get plainUrl(): string {
    return `mqtt://127.0.0.1:${this.subscriberPort}`
  }

  /** Starts, again with the address and the sessions it had before. */
  async start(): Promise<this> {
    const innerPort = await this.launch()
    this.subscriber = await connectAsync(this.plainUrl, { clientId: 'test-subscriber' })
    this.subscriber.on('error', () => undefined)
    this.subscriber.on('message', (topic, payload, { retain, qos }) =>
      this.published.push({ topic, payload: payload.toString(), retain, qos })
    )
    // QoS 0 is written straight to the socket: nothing acknowledged waits where a SIGKILL would take it along.
    await this.subscriber.subscribeAsync('#', { qos: 0 })
    this.gate = createServer(socket => this.pass(socket, innerPort))
    this.gate.listen(this.gatePort, '127.0.0.1')
    await once(this.gate, 'listening')
    this.gatePort = (this.gate.address() as AddressInfo).port
    return this
  }

  /** Breaks the connections of the nodes; they may come back at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  /** SIGKILL. */
  async stop(): Promise<void> {
    const { child, gate, subscriber } = this
    this.gate = undefined
    this.child = undefined
    this.subscriber = undefined
    const closed = gate && once(gate, 'close')
    gate?.close()
    if (child?.exitCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    this.cut()
    await closed
    await subscriber?.endAsync(true)
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Gives the port for the gate. */
  private async launch(): Promise<number> {
    const innerPort = await freePort()
    this.subscriberPort = await freePort(this.subscriberPort)
    const file = join(this.directory, 'mosquitto.conf')
    writeFileSync(file, this.configuration(innerPort))
    const child = spawn(PROGRAM, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.child = child
    const lines = new Collected<string>()
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => lines.push(text))
    await lines.until(texts => texts.join('').includes(' running'), 'the start of Mosquitto')
    return innerPort
  }

  private configuration(innerPort: number): string {
    const { login, tls } = this.setup
    const lines = [
      'per_listener_settings true',
      'persistence true',
      `persistence_location ${this.directory}/`,
      'log_dest stderr',
      // Where the tests run as root it would else become a user who may not read this directory.
      'user root',
      `listener ${this.subscriberPort} 127.0.0.1`,
      'allow_anonymous true',
      `listener ${innerPort} 127.0.0.1`,
      `allow_anonymous ${login === undefined}`
    ]
    if (login) {
      const passwords = join(this.directory, 'passwords')
      execFileSync('mosquitto_passwd', ['-b', '-c', passwords, login.username, login.password])
      lines.push(`password_file ${passwords}`)
    }
    if (tls) lines.push(`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`)
    return `${lines.join('\n')}\n`
  }

  private pass(socket: Socket, port: number): void {
    const inner = dial(port, '127.0.0.1')
    for (const [one, other] of [
      [socket, inner],
      [inner, socket]
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        this.sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
      this.sockets.add(one)
    }
  }
}
