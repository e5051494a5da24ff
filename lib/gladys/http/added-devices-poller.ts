import { join } from 'node:path'
import type { Clock } from '../../base/clock'
import { asNumber, asObject } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { dictionary, type Parse } from '../../base/shape'
import type { AnnouncedDevice, AnnouncedDevices } from '../discovery/announcer'
import { discoveredDeviceId, discoveredFeatureId } from '../model/external-ids'
import type { GladysApi } from './api'

/** When Gladys was first seen to have a feature, in milliseconds since 1970, by identifier of the device and by feature. */
export type AddedDevices = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Earlier versions wrote `true` for a device. */
export const parseAddedDevices: Parse<AddedDevices> = dictionary(value =>
  value === true ? {} : asObject(value) && dictionary(asNumber)(value)
)

export interface AddedDevicesOptions {
  api: Pick<GladysApi, 'devices'>
  /** What was announced so far. */
  announced(): AnnouncedDevices
  /** Remembers over restarts what was added. */
  memory: Pick<JsonFile<AddedDevices>, 'read' | 'write'>
  clock: Clock
  /** Called when the user has added this device to Gladys. False: call again with the next poll. */
  added(device: AnnouncedDevice): boolean
}

const FIRST_PAUSE = 5_000
const DEVICE_PAUSE = 60_000
/** While only features are missing: some people never press "Update". */
const FEATURE_PAUSE = 600_000
const MAX_PAUSE = 3_600_000

/**
 * Finds out which announced devices, and which of their features, the user has added: discovery does not say, but
 * Gladys's HTTP API lists them. Polls only while some are missing, and less and less often while Gladys does not answer.
 * Never throws.
 */
export class AddedDevicesPoller {
  private readonly found: Map<string, Readonly<Record<string, number>>>
  private pause = DEVICE_PAUSE
  private cancel: (() => void) | undefined
  private stopped = false

  constructor(private readonly options: AddedDevicesOptions) {
    this.found = new Map(Object.entries(options.memory.read() ?? {}))
    this.schedule(FIRST_PAUSE)
  }

  stop(): void {
    this.stopped = true
    this.cancel?.()
  }

  /** The device counts as added anew, should it be announced and exist. */
  forget(identifier: string): void {
    if (this.found.delete(identifier)) this.save()
  }

  private schedule(pause: number): void {
    this.cancel = this.options.clock.after(pause, () => void this.run())
  }

  private async run(): Promise<void> {
    try {
      await this.poll()
      const identifiers = [...this.options.announced().keys()]
      this.pause = identifiers.every(identifier => this.found.has(identifier)) ? FEATURE_PAUSE : DEVICE_PAUSE
    } catch {
      // The node reports it when it needs Gladys for more than this.
      this.pause = Math.min(this.pause * 2, MAX_PAUSE)
    }
    if (!this.stopped) this.schedule(this.pause)
  }

  private async poll(): Promise<void> {
    const { options } = this
    const incomplete = [...options.announced()].filter(entry => this.isIncomplete(entry))
    if (incomplete.length === 0) return
    const devices = new Map(
      (await options.api.devices()).map(({ externalId, features }) => [externalId, features])
    )
    let isNew = false
    for (const [identifier, device] of incomplete) {
      const features = devices.get(discoveredDeviceId(identifier))
      if (features === undefined || this.stopped) continue
      if (!this.found.has(identifier) && !options.added(device)) continue
      const fresh = Object.fromEntries([...features].map(feature => [feature, options.clock.now()]))
      this.found.set(identifier, { ...fresh, ...this.found.get(identifier) })
      isNew = true
    }
    if (isNew) this.save()
  }

  private isIncomplete([identifier, { components }]: [string, AnnouncedDevice]): boolean {
    const features = this.found.get(identifier)
    const ids = Object.values(components).map(component => discoveredFeatureId(identifier, component))
    return features === undefined || ids.some(id => features[id] === undefined)
  }

  private save(): void {
    this.options.memory.write(Object.fromEntries(this.found))
  }
}

/** Takes the history of a device that was added; false: not now. */
export type Take = AddedDevicesOptions['added']

export type SharedPollerOptions = Pick<AddedDevicesOptions, 'api' | 'announced' | 'clock'> & {
  directory: string
  onVolatile: (detail: string) => void
}

/** By directory of the server: several nodes of one share one, or each would start the import of a device. */
const pollers = new Map<string, { poller: AddedDevicesPoller; takers: Take[] }>()

/** Watches for devices that are added to Gladys; the node that came first takes them. Returns how to stop that. */
export function watchAddedDevices(
  { directory, onVolatile, ...options }: SharedPollerOptions,
  take: Take
): () => void {
  let shared = pollers.get(directory)
  if (shared === undefined) {
    const takers: Take[] = []
    const added: Take = device => takers[0]?.(device) === true
    const memory = memoryOf(directory, onVolatile)
    shared = { takers, poller: new AddedDevicesPoller({ ...options, memory, added }) }
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

/** Identifiers of the devices that were added so far. */
export function devicesAddedTo(directory: string): string[] {
  return Object.keys(memoryOf(directory).read() ?? {})
}

/** When Gladys was first seen to have each feature, in milliseconds since 1970. */
export function featuresAddedTo(directory: string): ReadonlyMap<string, number> {
  const all = Object.values(memoryOf(directory).read() ?? {})
  return new Map(all.flatMap(features => Object.entries(features)))
}

/** As if it had never been added. */
export function forgetAddedDevice(directory: string, identifier: string): void {
  const shared = pollers.get(directory)
  if (shared !== undefined) return shared.poller.forget(identifier)
  const memory = memoryOf(directory)
  const { [identifier]: _forgotten, ...others } = memory.read() ?? {}
  memory.write(others)
}

function memoryOf(directory: string, onVolatile: (detail: string) => void = () => undefined) {
  return new JsonFile(join(directory, 'arrived.json'), parseAddedDevices, onVolatile)
}
