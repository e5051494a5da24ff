import { JsonFile } from '../../base/json-file'
import { asString, dictionary } from '../../base/shape'
import { inUnit, isConvertible } from '../../withings/readings/units'
import type { Addressing } from './ids'
import type { ReadingItem } from './input'
import { addressOfItem } from './states'

/**
 * The unit that each feature in Gladys was made with: Gladys keeps it, whatever the nodes are set to later. Remembered
 * from the first reading on that goes to it.
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
  convert(item: ReadingItem, addressing: Addressing): ReadingItem {
    if (!isConvertible(item.unit)) return item
    const { feature } = addressOfItem(item, addressing)
    const known = this.units.get(feature)
    if (known !== undefined) return inUnit(item, known)
    this.units.set(feature, item.unit)
    this.changed = true
    return item
  }

  /** Of features that are gone; what is made in their place takes the unit of its first reading. */
  forget(isGone: (feature: string) => boolean): void {
    for (const feature of this.units.keys()) if (isGone(feature)) this.changed = this.units.delete(feature)
  }

  /** Writes down what changed. */
  save(): void {
    if (!this.changed) return
    this.changed = false
    this.file.write(Object.fromEntries(this.units))
  }
}
