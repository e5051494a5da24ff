import { connectAsync, type MqttClient } from 'mqtt'
import type { Discovery, LiveSource } from './discovery'
import type { Household } from './household'

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** The part of Gladys that listens on the broker. What it cannot use it drops without a word to the sender. */
export class Listener {
  private constructor(
    private readonly client: MqttClient,
    private readonly household: Household,
    private readonly discovery: Discovery,
    private readonly changed: () => void
  ) {
    client.on('message', (topic, payload) => this.take(topic, payload.toString()))
  }

  static async start(
    url: string,
    household: Household,
    discovery: Discovery,
    changed: () => void
  ): Promise<Listener> {
    const client = await connectAsync(url, { clientId: 'gladys', reconnectPeriod: 200 })
    const listener = new Listener(client, household, discovery, changed)
    await client.subscribeAsync(['gladys/master/#', 'homeassistant/#'], { qos: 1 })
    return listener
  }

  async listenTo(topics: string[]): Promise<void> {
    await this.client.subscribeAsync(topics, { qos: 1 })
  }

  async close(): Promise<void> {
    await this.client.endAsync(true)
  }

  private take(topic: string, payload: string): void {
    if (topic.startsWith('homeassistant/')) this.discovery.take(topic, payload)
    else if (topic.startsWith('gladys/master/device/')) this.takeDevice(topic.split('/'), payload)
    else this.takeAnnounced(this.discovery.sources.get(topic), payload)
    this.changed()
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
    const feature = this.household.feature(featureId ?? '')
    if (feature?.category === 'text') this.household.saveText(feature, payload)
  }

  private create(payload: string): void {
    try {
      const device = JSON.parse(payload) as { service_id?: unknown }
      if (device.service_id !== undefined) this.household.save(device)
    } catch {
      // Only a log line in Gladys.
    }
  }

  private takeLive(featureId: string | undefined, payload: string): void {
    const feature = this.household.feature(featureId ?? '')
    const value = Number.parseFloat(payload)
    if (feature !== undefined && !Number.isNaN(value)) this.household.saveLive(feature, value)
  }

  private takeHistorical(featureId: string | undefined, payload: string): void {
    const feature = this.household.feature(featureId ?? '')
    if (feature === undefined) return
    try {
      const { state, created_at } = JSON.parse(payload) as { state?: unknown; created_at?: unknown }
      if (typeof state !== 'number' || typeof created_at !== 'string' || !ISO.test(created_at)) return
      this.household.saveHistorical(feature, state, created_at)
    } catch {
      // Only a log line in Gladys.
    }
  }
}
