import { join } from 'node:path'
import { JsonFile } from '../../base/json-file'
import {
  type AddedDevices,
  type AddedDevicesOptions,
  AddedDevicesPoller,
  parseAddedDevices
} from '../../gladys/http/added-devices-poller'

/** Takes the history of a device that has arrived; false: not now. */
export type Takes = AddedDevicesOptions['added']

interface Shared {
  watch: AddedDevicesPoller
  takers: Takes[]
}

export type Watching = Pick<AddedDevicesOptions, 'api' | 'announced' | 'clock'> & {
  directory: string
  onVolatile: (detail: string) => void
}

/** By directory of the server: several nodes of one share one, or each would start the import of a device. */
const watches = new Map<string, Shared>()

/** Watches for devices that arrive in Gladys; the node that came first takes them. Returns how to stop that. */
export function watchAddedDevices(watching: Watching, takes: Takes): () => void {
  const { directory, onVolatile, ...options } = watching
  const shared = watches.get(directory) ?? opened()
  watches.set(directory, shared)
  shared.takers.push(takes)

  function opened(): Shared {
    const takers: Takes[] = []
    const arrived: Takes = device => takers[0]?.(device) === true
    return {
      takers,
      watch: new AddedDevicesPoller({ ...options, memory: memoryOf(directory, onVolatile), added: arrived })
    }
  }

  return () => {
    shared.takers.splice(shared.takers.indexOf(takes), 1)
    if (shared.takers.length > 0) return
    shared.watch.stop()
    watches.delete(directory)
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
  const shared = watches.get(directory)
  if (shared !== undefined) return shared.watch.forget(identifier)
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
