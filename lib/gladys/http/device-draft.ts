import { asObject, asText } from '../../base/json'
import { list, or, type Parse, shape } from '../../base/shape'
import { addressOfSource } from '../model/external-ids'
import { asSource, isCreatable, isSendable, type Item } from '../model/items'
import type { Naming, Wording } from '../model/names'
import { deviceName, featureName, nameWithUnit, sharedName, shownModel } from '../model/names'
import type { State } from '../model/states'
import { mappingOf } from '../model/type-to-feature'

/** A feature as Gladys's HTTP API takes it (gladys.md). */
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
  /** Its name where another user shares the device and neither has a name. */
  sharedName: string
  model: string | null
  features: FeatureDraft[]
}

/** A draft read back from disk. */
export const parseDraft: Parse<DeviceDraft> = shape({
  externalId: asText,
  name: asText,
  sharedName: asText,
  model: or(asText, null),
  features: list(feature =>
    asText(asObject(feature)?.external_id) === undefined ? undefined : (feature as FeatureDraft)
  )
})

/**
 * The devices and features that these items need, each once; `needed` gets the external id of a feature and says whether
 * it is of interest.
 */
export function draftsOf(
  items: readonly Item[],
  naming: Naming,
  needed: (feature: string) => boolean
): DeviceDraft[] {
  const drafts = new Map<string, DeviceDraft>()
  const seen = new Set<string>()
  for (const item of items) {
    const draft = draftOf(item, naming)
    const fresh = draft?.features.filter(({ external_id: id }) => needed(id) && !seen.has(id)) ?? []
    if (draft === undefined || fresh.length === 0) continue
    for (const { external_id } of fresh) seen.add(external_id)
    const existing = drafts.get(draft.externalId)
    if (existing === undefined) drafts.set(draft.externalId, draft)
    else existing.features.push(...fresh)
  }
  return [...drafts.values()]
}

/** External ids of its features. */
export function featuresOf({ features }: Pick<DeviceDraft, 'features'>): string[] {
  return features.map(({ external_id }) => external_id)
}

/** What these states need, described by the items. */
export function draftsFor(states: readonly State[], items: readonly Item[], naming: Naming): DeviceDraft[] {
  const needed = new Set(states.map(({ feature }) => feature))
  return draftsOf(items, naming, feature => needed.has(feature))
}

/** The device of an item with the one feature; undefined where nothing can be created for it. */
function draftOf(item: Item, naming: Naming): DeviceDraft | undefined {
  const { wording } = naming
  if (isSendable(item, 'own')) {
    const source = asSource(item)
    const { device, feature } = addressOfSource(source, 'own')
    const name = featureName(wording, source.type, source.position)
    return {
      externalId: device,
      name: deviceName(item, naming),
      sharedName: sharedName(item, naming),
      model: shownModel(item),
      features: [featureDraft({ ...source, feature, name }, wording)]
    }
  }
  if (!isCreatable(item)) return undefined
  // Ids of the user: where the item has no name, the last part of the id is one, and its unit says what it is.
  const { device, feature, name, unit } = item
  const plain = lastPart(device)
  return {
    externalId: device,
    name: plain,
    sharedName: plain,
    model: null,
    features: [featureDraft({ feature, name: name ?? lastPart(feature), type: '', unit }, wording)]
  }
}

function featureDraft(
  draft: { feature: string; name: string; type: string; unit: string | null },
  wording: Wording
): FeatureDraft {
  const { category, type, unit, min, max } = mappingOf(draft.type, draft.unit)
  return {
    // A unit that Gladys does not know stands in the name.
    name: unit === null ? nameWithUnit(wording, draft.name, draft.unit) : draft.name,
    external_id: draft.feature,
    category,
    type,
    ...(unit !== null && { unit }),
    min,
    max,
    read_only: true,
    has_feedback: false,
    keep_history: true
  }
}

/** `weight` of `mqtt:withings:12:abc:weight`. */
export function lastPart(externalId: string): string {
  return externalId.split(':').filter(Boolean).at(-1) ?? externalId
}
