import { asText } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { dictionary, list, or, type Parsed, shape } from '../../base/shape'

const parse = shape({
  serviceId: or(asText, ''),
  /** Features by device. */
  devices: or(dictionary(list(String)), {})
})

/**
 * Remembers which devices and features one Gladys had: what is remembered but gone was deleted by the user. A Gladys
 * is identified by the id of its MQTT service.
 */
export class CreatedStore {
  private readonly file: JsonFile<Parsed<typeof parse>>
  private serviceId: string
  private readonly devices: Map<string, ReadonlySet<string>>
  private changed = false

  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.file = new JsonFile(file, parse, onVolatile)
    const { serviceId, devices } = this.file.read() ?? { serviceId: '', devices: {} }
    this.serviceId = serviceId
    this.devices = new Map(Object.entries(devices).map(([device, features]) => [device, new Set(features)]))
  }

  /** External ids of the features that this device had; undefined for a device that never existed. */
  featuresOf(device: string): ReadonlySet<string> | undefined {
    return this.devices.get(device)
  }

  /** External ids of the devices. */
  ids(): string[] {
    return [...this.devices.keys()]
  }

  /** Forgets everything when another Gladys answers, where nobody deleted the devices. */
  belongsTo(serviceId: string): void {
    if (this.serviceId === serviceId) return
    this.serviceId = serviceId
    this.devices.clear()
  }

  add(device: string, features: readonly string[]): void {
    const existing = this.devices.get(device) ?? new Set()
    if (features.every(feature => existing.has(feature))) return
    this.devices.set(device, new Set([...existing, ...features]))
    this.changed = true
  }

  /** Writes what was added; all at once, since the file grows with each device. */
  save(): void {
    if (!this.changed) return
    this.changed = false
    const devices = [...this.devices].map(([device, features]): [string, string[]] => [device, [...features]])
    this.file.write({ serviceId: this.serviceId, devices: Object.fromEntries(devices) })
  }
}
