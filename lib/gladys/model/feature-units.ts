import { StoredMap } from '../../base/json-file'
import { asString } from '../../base/shape'
import { inUnit, isConvertible } from '../../withings/readings/units'
import type { Addressing } from './external-ids'
import { addressOfItem, type ReadingItem } from './items'

/**
 * The unit that each feature in Gladys was created with, by external id: Gladys keeps it, whatever the nodes are set to
 * later. Known from the first reading of the feature.
 */
export class FeatureUnits extends StoredMap<string> {
  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, onVolatile: (reason: string) => void) {
    super(file, asString, onVolatile)
  }

  /** The item in the unit of its feature, which the first one decides. */
  convert(item: ReadingItem, addressing: Addressing): ReadingItem {
    if (!isConvertible(item.unit)) return item
    const { feature } = addressOfItem(item, addressing)
    const existing = this.get(feature)
    if (existing !== undefined) return inUnit(item, existing)
    this.set(feature, item.unit)
    return item
  }

  /** Forgets features that are gone; a new one in their place takes the unit of its first reading. */
  forget(isGone: (feature: string) => boolean): void {
    for (const feature of this.keys()) if (isGone(feature)) this.delete(feature)
  }
}
