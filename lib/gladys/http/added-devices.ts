import { join } from 'node:path'
import type { Clock } from '../../base/clock'
import { asNumber, asObject } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { dictionary, type Parse } from '../../base/shape'
import type { AnnouncedDevice } from '../discovery/announcement-store'
import { discoveredDeviceId, discoveredFeatureId } from '../model/ids'
import type { GladysApi } from './api'

/** When Gladys was first seen to have a feature, in milliseconds since 1970, by identifier of the device and by feature. */
export type AddedDevices = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Content of the file of arrivals. A version before this one wrote `true` for a device. */
export const parseAddedDevices: Parse<AddedDevices> = dictionary(value =>
  value === true ? {} : asObject(value) && dictionary(asNumber)(value)
)

export interface AddedDevicesOptions {
  api: Pick<GladysApi, 'devices'>
  /** What was announced so far, by identifier. */
  announced(): ReadonlyMap<string, AnnouncedDevice>
  /** Remembers over restarts what has arrived. */
  memory: Pick<JsonFile<AddedDevices>, 'read' | 'write'>
  clock: Clock
  /** The user has added this device to Gladys. False: tell it again later. */
  arrived(device: AnnouncedDevice): boolean
}

const FIRST = 5_000
const EVERY = 60_000
/** For kinds of values that a device in Gladys lacks: some people never press "Update". */
const SELDOM = 600_000
const LONGEST = 3_600_000

/**
 * Finds out which announced devices, and which of their features, the user has added: discovery tells nobody, but
 * Gladys's HTTP API lists them. Asks only while some are missing, and less and less often while Gladys does not answer.
 * Never throws.
 */
export class AddedDevicesPoller {
  private readonly known: Map<string, Readonly<Record<string, number>>>
  private pause = EVERY
  private cancel: (() => void) | undefined
  private stopped = false

  constructor(private readonly options: AddedDevicesOptions) {
    this.known = new Map(Object.entries(options.memory.read() ?? {}))
    this.next(FIRST)
  }

  stop(): void {
    this.stopped = true
    this.cancel?.()
  }

  /** Tells of it anew, should it be announced and be there. */
  forget(identifier: string): void {
    if (this.known.delete(identifier)) this.remember()
  }

  private next(pause: number): void {
    this.cancel = this.options.clock.after(pause, () => void this.check())
  }

  private async check(): Promise<void> {
    try {
      await this.look()
      this.pause = this.lacksDevices() ? EVERY : SELDOM
    } catch {
      // The node says so itself when it needs Gladys for more than this.
      this.pause = Math.min(this.pause * 2, LONGEST)
    }
    if (!this.stopped) this.next(this.pause)
  }

  private lacksDevices(): boolean {
    return [...this.options.announced().keys()].some(identifier => !this.known.has(identifier))
  }

  private lacks([identifier, { components }]: [string, AnnouncedDevice]): boolean {
    const features = this.known.get(identifier)
    if (features === undefined) return true
    return Object.values(components).some(
      component => features[discoveredFeatureId(identifier, component)] === undefined
    )
  }

  private async look(): Promise<void> {
    const { options } = this
    const lacking = [...options.announced()].filter(each => this.lacks(each))
    if (lacking.length === 0) return
    const there = new Map(
      (await options.api.devices()).map(({ externalId, features }) => [externalId, features])
    )
    let isNew = false
    for (const [identifier, device] of lacking) {
      const features = there.get(discoveredDeviceId(identifier))
      if (features === undefined || this.stopped) continue
      if (!this.known.has(identifier) && !options.arrived(device)) continue
      const fresh = Object.fromEntries([...features].map(feature => [feature, options.clock.now()]))
      this.known.set(identifier, { ...fresh, ...this.known.get(identifier) })
      isNew = true
    }
    if (isNew) this.remember()
  }

  private remember(): void {
    this.options.memory.write(Object.fromEntries(this.known))
  }
}

/** Takes the history of a device that has arrived; false: not now. */
export type Take = AddedDevicesOptions['arrived']

export type SharedPollerOptions = Pick<AddedDevicesOptions, 'api' | 'announced' | 'clock'> & {
  directory: string
  onVolatile: (detail: string) => void
}

/** By directory of the server: several nodes of one share one, or each would start the import of a device. */
const pollers = new Map<string, { poller: AddedDevicesPoller; takers: Take[] }>()

/** Watches for devices that arrive in Gladys; the node that came first takes them. Returns how to stop that. */
export function watchAddedDevices(
  { directory, onVolatile, ...options }: SharedPollerOptions,
  take: Take
): () => void {
  let shared = pollers.get(directory)
  if (shared === undefined) {
    const takers: Take[] = []
    const arrived: Take = device => takers[0]?.(device) === true
    const memory = memoryOf(directory, onVolatile)
    shared = { takers, poller: new AddedDevicesPoller({ ...options, memory, arrived }) }
    pollers.set(directory, shared)
  }
  const { takers, poller } = shared
  takers.push(take)
  return () => {
    takers.splice(takers.indexOf(take), 1)
    if (takers.length > 0) return
    poller.stop()
    pollers.delete(directory)
  }
}

/** Identifiers of the devices that have arrived so far. */
export function devicesAddedTo(directory: string): string[] {
  return Object.keys(memoryOf(directory).read() ?? {})
}

/** When Gladys was first seen to have each feature, in milliseconds since 1970. */
export function featuresAddedTo(directory: string): ReadonlyMap<string, number> {
  return new Map(
    Object.values(memoryOf(directory).read() ?? {}).flatMap(features => Object.entries(features))
  )
}

/** As if it never had arrived. */
export function forgetAddedDevice(directory: string, identifier: string): void {
  const shared = pollers.get(directory)
  if (shared !== undefined) return shared.poller.forget(identifier)
  const memory = memoryOf(directory)
  const { [identifier]: _forgotten, ...others } = memory.read() ?? {}
  memory.write(others)
}

function memoryOf(
  directory: string,
  onVolatile: (detail: string) => void = () => undefined
): JsonFile<AddedDevices> {
  return new JsonFile(join(directory, 'arrived.json'), parseAddedDevices, onVolatile)
}
