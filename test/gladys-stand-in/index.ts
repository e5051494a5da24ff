import { setTimeout as pause } from 'node:timers/promises'
import { Database, databaseDefaults, type DatabaseOptions } from './database'
import { type Discovered, Discovery } from './discovery'
import { Household } from './household'
import { HttpApi, type SeenRequest, type Version } from './http'
import { Listener, type Listening } from './mqtt'
import type { Device, StoredState } from './types'

export type { Device, Discovered, SeenRequest, StoredState }

export interface StandInOptions extends Partial<DatabaseOptions> {
  /** The broker that it listens on. */
  mqttUrl: string
  email: string
  password: string
  version?: Version
  /** Of the user, as the answer to a login says it. */
  language?: string
  /** Of the house: months begin by its clocks. */
  timeZone?: string
}

const LONGEST_WAIT = 30_000

/**
 * A strict stand-in of Gladys (gladys.md): its HTTP API on 127.0.0.1 and its listener on the broker. It takes
 * what Gladys takes, refuses or drops what Gladys refuses or drops, deletes what Gladys deletes, and hangs where
 * Gladys hangs.
 */
export async function startGladys(options: StandInOptions): Promise<GladysStandIn> {
  const {
    mqttUrl,
    email,
    password,
    version = 'current',
    language = 'en',
    timeZone = 'Europe/Paris'
  } = options
  const checks = new Set<() => void>()
  const changed = (): void => checks.forEach(check => check())
  const household = new Household()
  const database = new Database(household, { ...databaseDefaults, ...options }, changed)
  const discovery = new Discovery(household, database)
  const parts = { household, database, discovery, changed }
  const http = new HttpApi({ email, password, version, language, timeZone, ...parts })
  const gladys = new GladysStandIn(mqttUrl, http, { ...parts, checks })
  await gladys.start()
  return gladys
}

interface Parts extends Listening {
  checks: Set<() => void>
}

export class GladysStandIn {
  private readonly household: Household
  private readonly database: Database
  private readonly discovery: Discovery
  private readonly checks: Set<() => void>
  private listener: Listener | undefined

  constructor(
    private readonly mqttUrl: string,
    private readonly http: HttpApi,
    private readonly parts: Parts
  ) {
    this.household = parts.household
    this.database = parts.database
    this.discovery = parts.discovery
    this.checks = parts.checks
  }

  /** Its HTTP API is there a moment before it listens on the broker, or long before that if the broker is away. */
  async start(): Promise<void> {
    await this.http.start()
    this.listener = new Listener(this.mqttUrl, this.parts)
    this.parts.changed()
    await this.listener.start()
  }

  /** The process ends: what it had not stored is lost, and so is what is published until it starts again. */
  async stop(): Promise<void> {
    const { listener } = this
    this.listener = undefined
    // Connections break first: who waited for an answer gets none.
    const stopped = this.http.stop()
    this.database.stop()
    this.discovery.forget()
    await listener?.close()
    await stopped
    this.parts.changed()
  }

  async restart({ awayFor = 0 } = {}): Promise<void> {
    await this.stop()
    await pause(awayFor)
    await this.start()
  }

  get isRunning(): boolean {
    return this.listener !== undefined
  }

  /** The database is deadlocked: nothing but /ping is answered, and nothing stored, until a restart. */
  get hangs(): boolean {
    return this.database.hangs
  }

  /** Values that have arrived and are not stored yet. */
  get notStored(): number {
    return this.database.waiting
  }

  /** How many values became the last one of a feature; each is an event for every open dashboard. */
  websocketEvents(featureExternalId: string): number {
    return this.database.websocketEvents(featureExternalId)
  }

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
    return this.household.states.of(featureExternalId)
  }

  /** What the Discovery page shows. */
  discovered(): Discovered[] {
    return this.discovery.list()
  }

  /** The user's click on "Add" of the Discovery page; on "Update" for a device that is there already. */
  async addDiscovered(objectId: string): Promise<void> {
    const topics = await this.discovery.add(objectId)
    await this.listener?.listenTo(topics)
  }

  /** A device that a person makes in the front end; `features` as in POST /device. */
  async addDevice(device: { external_id: string; name: string; features: object[] }): Promise<void> {
    await this.database.saveByPerson(() => ({ ...device, service_id: this.household.serviceId }))
  }

  /**
   * What a person does who saves a device in the front end, for instance after a change of its room. Resolves when
   * Gladys has answered, which it does not while it hangs; rejects when it stops before that.
   */
  async saveDevice(externalId: string, changes: Partial<Device> = {}): Promise<void> {
    await this.database.saveByPerson(() => ({ ...this.household.device(externalId), ...changes }))
  }

  /** What the user does in Gladys, at once. */
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

  /** Refused while it has many states, which are purged then. */
  deleteDevice(externalId: string): void {
    this.database.delete(this.household.device(externalId))
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
    await this.stop()
  }
}
