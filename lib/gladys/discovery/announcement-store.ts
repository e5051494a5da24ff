import { JsonFile } from '../../base/json-file'
import { asString, dictionary, optional, or, type Parsed, shape } from '../../base/shape'

/** One component of an announced device: enough to write its announcement again. */
const parseComponent = shape({ type: asString, unit: or(asString, null), position: optional(asString) })

const parseDevice = shape({
  userId: asString,
  deviceId: or(asString, null),
  model: or(asString, null),
  /** By component key. */
  components: dictionary(parseComponent),
  /** The announcement as it went out last; in it are names that only the flows know. */
  payload: optional(asString)
})

export type AnnouncedComponent = Parsed<typeof parseComponent>
export type AnnouncedDevice = Parsed<typeof parseDevice>

/** Remembers what was announced, so that after a restart no device is announced with fewer components. */
export class AnnouncementStore {
  private readonly file: JsonFile<Record<string, AnnouncedDevice>>
  private devices: ReadonlyMap<string, AnnouncedDevice>

  /**
   * `file` and `onVolatile` as for JsonFile. A missing or damaged file is an empty memory: the next readings
   * announce their devices again.
   */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.file = new JsonFile(file, dictionary(parseDevice), onVolatile)
    this.devices = new Map(Object.entries(this.file.read() ?? {}))
  }

  get(identifier: string): AnnouncedDevice | undefined {
    return this.devices.get(identifier)
  }

  all(): ReadonlyMap<string, AnnouncedDevice> {
    return this.devices
  }

  /** Adds or replaces devices. */
  put(changed: ReadonlyMap<string, AnnouncedDevice>): void {
    this.devices = new Map([...this.devices, ...changed])
    this.file.write(Object.fromEntries(this.devices))
  }

  delete(identifier: string): void {
    this.devices = new Map([...this.devices].filter(([other]) => other !== identifier))
    this.file.write(Object.fromEntries(this.devices))
  }
}
