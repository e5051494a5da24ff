import { Discovery, type Discovered } from './discovery'
import { Household } from './household'
import { HttpApi, type SeenRequest, type Version } from './http'
import { Listener } from './mqtt'
import type { Device, StoredState } from './types'

export type { Device, Discovered, SeenRequest, StoredState }

export interface StandInOptions {
  /** The broker that it listens on. */
  mqttUrl: string
  email: string
  password: string
  version?: Version
}

const LONGEST_WAIT = 30_000

/**
 * A strict stand-in of Gladys (gladys.md): its HTTP API on 127.0.0.1 and its listener on the broker. It takes
 * what Gladys takes, refuses or drops what Gladys refuses or drops, and deletes what Gladys deletes.
 */
export async function startGladys(options: StandInOptions): Promise<GladysStandIn> {
  const { mqttUrl, email, password, version = 'current' } = options
  const checks = new Set<() => void>()
  const changed = (): void => checks.forEach(check => check())
  const household = new Household()
  const discovery = new Discovery(household)
  const listener = await Listener.start(mqttUrl, household, discovery, changed)
  const http = new HttpApi({ email, password, version, household, discovery, changed })
  await http.start()
  return new GladysStandIn(household, discovery, listener, http, checks)
}

export class GladysStandIn {
  constructor(
    private readonly household: Household,
    private readonly discovery: Discovery,
    private readonly listener: Listener,
    private readonly http: HttpApi,
    private readonly checks: Set<() => void>
  ) {}

  /** Gladys's root, without `/api/v1`. */
  get url(): string {
    return this.http.url
  }

  get requests(): readonly SeenRequest[] {
    return this.http.requests
  }

  /** Bodies of POST /device, as they came. */
  get saved(): readonly unknown[] {
    return this.http.saved
  }

  /** How often a login was tried. */
  get logins(): number {
    return this.requests.filter(({ path }) => path === '/api/v1/login').length
  }

  devices(): Device[] {
    return structuredClone(this.household.devices)
  }

  device(externalId: string): Device {
    return structuredClone(this.household.device(externalId))
  }

  /** Stored states of a feature, oldest first. */
  states(featureExternalId: string): readonly StoredState[] {
    return this.household.states(featureExternalId)
  }

  /** What the Discovery page shows. */
  discovered(): Discovered[] {
    return this.discovery.list()
  }

  /** The user's click on the Discovery page. */
  async addDiscovered(objectId: string): Promise<void> {
    await this.listener.listenTo(this.discovery.add(objectId))
  }

  /** What the user does in Gladys. */
  renameDevice(externalId: string, name: string): void {
    this.household.device(externalId).name = name
  }

  moveDevice(externalId: string, roomId: string | null): void {
    this.household.device(externalId).room_id = roomId
  }

  renameFeature(externalId: string, name: string): void {
    const feature = this.household.feature(externalId)
    if (feature !== undefined) feature.name = name
  }

  /** `feature`: as in POST /device; everything but `external_id` may be left out. */
  addFeature(deviceExternalId: string, feature: { external_id: string } & Record<string, unknown>): void {
    const device = this.household.device(deviceExternalId)
    const plain = { category: 'switch', type: 'binary', min: 0, max: 1, read_only: false }
    this.household.save({
      ...device,
      features: [...device.features, { name: feature.external_id, ...plain, ...feature }]
    })
  }

  addParam(deviceExternalId: string, name: string, value: string): void {
    const device = this.household.device(deviceExternalId)
    this.household.save({ ...device, params: [...device.params, { name, value }] })
  }

  deleteFeature(deviceExternalId: string, featureExternalId: string): void {
    const device = this.household.device(deviceExternalId)
    const features = device.features.filter(({ external_id }) => external_id !== featureExternalId)
    this.household.save({ ...device, features })
  }

  deleteDevice(externalId: string): void {
    this.household.delete(externalId)
  }

  expireAccessTokens(): void {
    this.http.expireAccessTokens()
  }

  endSessions(): void {
    this.http.endSessions()
  }

  /** The HTTP API is gone, while the broker and the listener go on. */
  async stopHttp(): Promise<void> {
    await this.http.stop()
  }

  async startHttp(): Promise<void> {
    await this.http.start()
  }

  /** Resolves when something that came in made the condition true. */
  until(condition: () => boolean, what: string, within = LONGEST_WAIT): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.checks.delete(check)
      }
      const check = (): void => {
        if (!condition()) return
        stop()
        resolve()
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`${what} did not happen within ${within} ms`))
      }, within)
      this.checks.add(check)
      check()
    })
  }

  async close(): Promise<void> {
    await this.listener.close()
    await this.http.stop()
  }
}
