import { join } from 'node:path'
import { ArrivalWatch, parseArrivals, type Arrivals, type ArrivalWatchOptions } from '../gladys/arrival-watch'
import { JsonFile } from '../gladys/json-file'

/** Takes the history of a device that has arrived; false: not now. */
export type Takes = ArrivalWatchOptions['arrived']

interface Shared {
  watch: ArrivalWatch
  takers: Takes[]
}

export type Watching = Pick<ArrivalWatchOptions, 'api' | 'announced' | 'clock'> & {
  directory: string
  onVolatile: (detail: string) => void
}

/** By directory of the server: several nodes of one share one, or each would start the import of a device. */
const watches = new Map<string, Shared>()

/** Watches for devices that arrive in Gladys; the node that came first takes them. Returns how to stop that. */
export function watchArrivals(watching: Watching, takes: Takes): () => void {
  const { directory, onVolatile, ...options } = watching
  const shared = watches.get(directory) ?? opened()
  watches.set(directory, shared)
  shared.takers.push(takes)

  function opened(): Shared {
    const takers: Takes[] = []
    const arrived: Takes = device => takers[0]?.(device) === true
    return {
      takers,
      watch: new ArrivalWatch({ ...options, memory: memoryOf(directory, onVolatile), arrived })
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
export function arrivedIn(directory: string): string[] {
  return Object.keys(memoryOf(directory).read() ?? {})
}

/** When Gladys was first seen to have each feature, in milliseconds since 1970. */
export function featureArrivals(directory: string): ReadonlyMap<string, number> {
  return new Map(
    Object.values(memoryOf(directory).read() ?? {}).flatMap(features => Object.entries(features))
  )
}

/** As if it never had arrived. */
export function forgetArrival(directory: string, identifier: string): void {
  const shared = watches.get(directory)
  if (shared !== undefined) return shared.watch.forget(identifier)
  const memory = memoryOf(directory)
  const { [identifier]: _forgotten, ...others } = memory.read() ?? {}
  memory.write(others)
}

function memoryOf(
  directory: string,
  onVolatile: (detail: string) => void = () => undefined
): JsonFile<Arrivals> {
  return new JsonFile(join(directory, 'arrived.json'), parseArrivals, onVolatile)
}
