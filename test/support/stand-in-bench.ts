import { connectAsync, type MqttClient } from 'mqtt'
import { type GladysStandIn, type StandInOptions, startGladys } from '../gladys-stand-in'
import { TestBroker } from './broker'

export interface Answer {
  status: number
  body: unknown
}

interface Parts {
  broker: TestBroker
  gladys: GladysStandIn
  client: MqttClient
  clock: { ahead: number }
}

const LOGIN = { email: 'ada@example.org', password: 'right-password' }

/** The stand-in of Gladys and somebody who talks to it over both of its doors. */
export class StandInBench {
  /** What the login answered. */
  login: Record<string, unknown> = {}
  serviceId = ''

  private constructor(private readonly parts: Parts) {}

  get gladys(): GladysStandIn {
    return this.parts.gladys
  }

  get broker(): TestBroker {
    return this.parts.broker
  }

  /** Milliseconds by which the clock of Gladys is ahead from now on. */
  set ahead(milliseconds: number) {
    this.parts.clock.ahead = milliseconds
  }

  static async start(options: Partial<StandInOptions> = {}): Promise<StandInBench> {
    const broker = await new TestBroker().start()
    const clock = { ahead: 0 }
    const now = (): number => Date.now() + clock.ahead
    const gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN, now, ...options })
    const bench = new StandInBench({ broker, gladys, clock, client: await connectAsync(broker.url) })
    bench.login = (await bench.call('POST', '/login', LOGIN)).body as Record<string, unknown>
    const service = await bench.call('GET', '/service/mqtt')
    bench.serviceId = (service.body as { id: string }).id
    return bench
  }

  async call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
    const answer = await fetch(`${this.gladys.url}/api/v1${path}`, {
      method,
      signal: signal ?? null,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${String(this.login['access_token'])}`
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }

  /** A device `mqtt:<name>` with a feature for each of the keys, `mqtt:<name>:<key>`. */
  create(name: string, keys: string[], more: object = {}): Promise<Answer> {
    const device = { name, external_id: `mqtt:${name}`, service_id: this.serviceId, should_poll: false }
    const features = keys.map(key => this.feature(name, key))
    return this.call('POST', '/device', { ...device, features, ...more })
  }

  feature(name: string, key: string, more: object = {}): object {
    return {
      name: key,
      external_id: `mqtt:${name}:${key}`,
      category: 'unknown',
      type: 'unknown',
      read_only: true,
      has_feedback: false,
      keep_history: true,
      min: 0,
      max: 200,
      ...more
    }
  }

  async publish(topic: string, payload: unknown): Promise<void> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    await this.parts.client.publishAsync(topic, text, { qos: 1 })
  }

  async live(feature: string, value: number): Promise<void> {
    await this.publish(`gladys/master/device/any/feature/${feature}/state`, String(value))
  }

  async historical(feature: string, state: number, created_at: string): Promise<void> {
    await this.publish(`gladys/master/device/any/feature/${feature}/historical`, { state, created_at })
  }

  /** Resolves when a feature has so many states. */
  async stored(feature: string, count: number): Promise<void> {
    const enough = (): boolean => this.gladys.states(feature).length >= count
    await this.gladys.until(enough, `${count} states`)
  }

  async close(): Promise<void> {
    await this.parts.client.endAsync(true)
    await this.gladys.close()
    await this.broker.stop()
  }
}
