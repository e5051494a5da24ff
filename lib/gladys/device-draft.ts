import { deviceName, sharedName, type Naming } from './discovery'
import { addressOfSource, type Source } from './ids'
import type { Item } from './input'
import { mappingOf, nameOf, nameWithUnit } from './mapping'
import { isSendable } from './states'

/** A feature in the words of Gladys's HTTP API (gladys.md). */
export interface FeatureDraft {
  name: string
  external_id: string
  category: string
  type: string
  unit?: string
  min: number
  max: number
  read_only: true
  has_feedback: false
  keep_history: true
}

/** A device that readings need, with the features that they need. */
export interface DeviceDraft {
  externalId: string
  name: string
  /** Its name where somebody else's device has the same: two people share it, and nobody named them. */
  sharedName: string
  model: string | null
  features: FeatureDraft[]
}

/**
 * The devices and features that these items need, each once; `needed` tells by the feature's external id whether
 * it is of interest. Items with ids of their own belong to devices of the user.
 */
export function draftsOf(
  items: readonly Item[],
  naming: Naming,
  needed: (feature: string) => boolean
): DeviceDraft[] {
  const drafts = new Map<string, DeviceDraft>()
  const features = new Set<string>()
  for (const item of items) {
    if (!isSendable(item, 'own')) continue
    const source: Source = item.kind === 'battery' ? { ...item, type: 'battery' } : item
    const unit = item.kind === 'battery' ? '%' : item.unit
    const { device, feature } = addressOfSource(source, 'own')
    if (!needed(feature) || features.has(feature)) continue
    features.add(feature)
    const names = { name: deviceName(item, naming), sharedName: sharedName(item, naming) }
    const draft = drafts.get(device) ?? { externalId: device, ...names, model: item.model, features: [] }
    drafts.set(device, draft)
    draft.features.push(featureDraft(feature, source, unit, naming))
  }
  return [...drafts.values()]
}

function featureDraft(
  externalId: string,
  { type, position }: Source,
  readingUnit: string | null,
  { wording }: Naming
): FeatureDraft {
  const { category, type: featureType, unit, min, max } = mappingOf(type, readingUnit)
  const name = nameOf(wording, type, position)
  return {
    // A unit that Gladys does not know stands in the name.
    name: unit === null ? nameWithUnit(wording, name, readingUnit) : name,
    external_id: externalId,
    category,
    type: featureType,
    ...(unit === null ? {} : { unit }),
    min,
    max,
    read_only: true,
    has_feedback: false,
    keep_history: true
  }
}
