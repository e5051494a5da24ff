import { asString, dictionary } from '../shape'
import { inUnit, isConvertible } from '../withings/imperial'
import type { AnnouncedDevice } from './announcement-store'
import { componentKeyOf, identifierOf, type Addressing } from './ids'
import type { ReadingItem } from './input'
import { JsonFile } from './json-file'
import { addressOfItem } from './states'

const OWN_IDS = 'mqtt:'

/**
 * The unit that each feature in Gladys was made with: Gladys keeps it, whatever the nodes are set to later. Those of
 * announced features stand in their announcements; the others are remembered from their first reading on.
 */
export class FeatureUnits {
  private readonly file: JsonFile<Record<string, string>>
  /** By external id. */
  private readonly units: Map<string, string>
  private changed = false

  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    this.file = new JsonFile(file, dictionary(asString), onVolatile)
    this.units = new Map(Object.entries(this.file.read() ?? {}))
  }

  /** The item in the unit of its feature, which the first one decides. */
  convert(
    item: ReadingItem,
    addressing: Addressing,
    announced: ReadonlyMap<string, AnnouncedDevice>
  ): ReadingItem {
    if (!isConvertible(item.unit)) return item
    const { feature } = addressOfItem(item, addressing)
    const known = this.units.get(feature)
    if (known !== undefined) return inUnit(item, known)
    const device = addressing === 'discovery' && announced.get(identifierOf(item.userId, item.deviceId))
    const unit = (device && device.components[componentKeyOf(item)]?.unit) || item.unit
    this.units.set(feature, unit)
    this.changed = true
    return inUnit(item, unit)
  }

  /** Of features that are gone; what is made in their place takes the unit of its first reading. */
  forget(isGone: (feature: string) => boolean): void {
    for (const feature of this.units.keys()) if (isGone(feature)) this.changed = this.units.delete(feature)
  }

  /** Writes down what changed. */
  save(): void {
    if (!this.changed) return
    this.changed = false
    this.file.write(Object.fromEntries([...this.units].filter(([feature]) => feature.startsWith(OWN_IDS))))
  }
}
