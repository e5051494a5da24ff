import { asText } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { dictionary, list, or, type Parsed, shape } from '../../base/shape'

const parse = shape({
  serviceId: or(asText, ''),
  /** Features by device. */
  devices: or(dictionary(list(String)), {})
})

/**
 * Remembers which devices and features Gladys had: what is remembered but not there any more was deleted by the
 * user. Belongs to one Gladys, which is known by the id of its MQTT service.
 */
export class CreatedStore {
  private readonly file: JsonFile<Parsed<typeof parse>>
  private serviceId: string
  private devices = new Map<string, ReadonlySet<string>>()
  private changed = false

  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.file = new JsonFile(file, parse, onVolatile)
    const { serviceId, devices } = this.file.read() ?? { serviceId: '', devices: {} }
    this.serviceId = serviceId
    for (const [device, features] of Object.entries(devices)) this.devices.set(device, new Set(features))
  }

  /** External ids of the features that this device had; undefined for a device that never was there. */
  featuresOf(device: string): ReadonlySet<string> | undefined {
    return this.devices.get(device)
  }

  /** External ids of the devices. */
  ids(): string[] {
    return [...this.devices.keys()]
  }

  /** The Gladys that answers now: another one than before has none of the devices, and nobody deleted them. */
  belongsTo(serviceId: string): void {
    if (this.serviceId === serviceId) return
    this.serviceId = serviceId
    this.devices.clear()
  }

  add(device: string, features: readonly string[]): void {
    const known = this.devices.get(device) ?? new Set()
    if (features.every(feature => known.has(feature))) return
    this.devices.set(device, new Set([...known, ...features]))
    this.changed = true
  }

  /** Writes down what was added. All at once, for the file grows with each device. */
  save(): void {
    if (!this.changed) return
    this.changed = false
    const devices = [...this.devices].map(([device, features]): [string, string[]] => [device, [...features]])
    this.file.write({ serviceId: this.serviceId, devices: Object.fromEntries(devices) })
  }
}
