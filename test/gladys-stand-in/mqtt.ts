import { connect, type MqttClient } from 'mqtt'
import { randomUUID } from 'node:crypto'
import type { Database } from './database'
import type { Discovery, LiveSource } from './discovery'
import type { Household } from './household'

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** Where the listener takes what it hears. */
export interface Listening {
  household: Household
  database: Database
  discovery: Discovery
  changed: () => void
}

/**
 * The part of Gladys that listens on the broker. What it cannot use it drops without a word to the sender. The broker
 * keeps nothing for it: a random client id, a clean session, QoS 0.
 */
export class Listener {
  private readonly client: MqttClient
  private readonly connected: Promise<void>

  constructor(
    url: string,
    private readonly to: Listening
  ) {
    const clientId = `gladys-${randomUUID()}`
    this.client = connect(url, { clientId, clean: true, reconnectPeriod: 200 })
    this.connected = new Promise(resolve => this.client.once('connect', () => resolve()))
    this.client.on('message', (topic, payload) => this.take(topic, payload.toString()))
    // It tries again.
    this.client.on('error', () => undefined)
  }

  /** Resolves when the broker sends what Gladys listens to. */
  async start(): Promise<void> {
    await this.connected
    await this.listenTo(['gladys/master/#', 'homeassistant/#', ...this.to.discovery.sources.keys()])
  }

  async listenTo(topics: string[]): Promise<void> {
    await this.client.subscribeAsync(topics, { qos: 0 })
  }

  async close(): Promise<void> {
    await this.client.endAsync(true)
  }

  private take(topic: string, payload: string): void {
    if (topic.startsWith('homeassistant/')) this.to.discovery.take(topic, payload)
    else if (topic.startsWith('gladys/master/device/')) this.takeDevice(topic.split('/'), payload)
    else this.takeAnnounced(this.to.discovery.sources.get(topic), payload)
    this.to.changed()
  }

  private takeDevice(parts: string[], payload: string): void {
    if (parts[3] === 'create') return this.create(payload)
    // Only part 5 finds the feature; whatever device stands before it.
    if (parts[4] !== 'feature') return
    if (parts[6] === 'state') this.takeLive(parts[5], payload)
    else if (parts[6] === 'historical') this.takeHistorical(parts[5], payload)
    else if (parts[6] === 'text') this.takeText(parts[5], payload)
  }

  private takeAnnounced(source: LiveSource | undefined, payload: string): void {
    if (source === undefined) return
    const { feature, words } = source
    if (words === undefined) this.takeLive(feature, payload)
    else if (words.has(payload)) this.takeLive(feature, words.get(payload) as string)
  }

  private takeText(featureId: string | undefined, payload: string): void {
    const feature = this.to.household.feature(featureId ?? '')
    if (feature?.category === 'text') this.to.database.takeText(feature, payload)
  }

  /** What goes wrong is only a log line in Gladys. */
  private create(payload: string): void {
    try {
      const device = JSON.parse(payload) as { service_id?: unknown }
      if (device.service_id !== undefined) void this.to.database.save(device).catch(() => undefined)
    } catch {
      // Not JSON.
    }
  }

  private takeLive(featureId: string | undefined, payload: string): void {
    const feature = this.to.household.feature(featureId ?? '')
    const value = Number.parseFloat(payload)
    if (feature !== undefined && !Number.isNaN(value)) this.to.database.takeLive(feature, value)
  }

  private takeHistorical(featureId: string | undefined, payload: string): void {
    const feature = this.to.household.feature(featureId ?? '')
    if (feature === undefined) return
    try {
      const { state, created_at } = JSON.parse(payload) as { state?: unknown; created_at?: unknown }
      if (typeof state !== 'number' || typeof created_at !== 'string' || !ISO.test(created_at)) return
      this.to.database.takeHistorical(feature, state, created_at)
    } catch {
      // Only a log line in Gladys.
    }
  }
}
