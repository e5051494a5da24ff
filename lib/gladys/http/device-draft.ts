import { asObject, asText } from '../../base/json'
import { list, or, type Parse, shape } from '../../base/shape'
import { deviceName, type Naming, sharedName, shownModel } from '../discovery/announcer'
import { addressOfSource, type Source } from '../model/ids'
import type { Item } from '../model/input'
import { type Mapping, mappingOf, nameOf, nameWithUnit } from '../model/mapping'
import { type DeviceItem, type DirectItem, isMakeable, isSendable } from '../model/states'

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

/** One that was written down. */
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
 * The devices and features that these items need, each once; `needed` tells by the feature's external id whether
 * it is of interest.
 */
export function draftsOf(
  items: readonly Item[],
  naming: Naming,
  needed: (feature: string) => boolean
): DeviceDraft[] {
  const drafts = new Map<string, DeviceDraft>()
  const features = new Set<string>()
  for (const item of items) {
    const drafted = draftOf(item, naming)
    if (drafted === undefined) continue
    const { feature, device } = drafted
    if (!needed(feature.external_id) || features.has(feature.external_id)) continue
    features.add(feature.external_id)
    const draft = drafts.get(device.externalId) ?? { ...device, features: [] }
    drafts.set(device.externalId, draft)
    draft.features.push(feature)
  }
  return [...drafts.values()]
}

interface Drafted {
  device: Omit<DeviceDraft, 'features'>
  feature: FeatureDraft
}

/** undefined: it needs nothing that could be made. */
function draftOf(item: Item, naming: Naming): Drafted | undefined {
  if (isSendable(item, 'own')) return ofWithings(item, naming)
  return isMakeable(item) ? ofUser(item, naming) : undefined
}

function ofWithings(item: DeviceItem, naming: Naming): Drafted {
  const source: Source = item.kind === 'battery' ? { ...item, type: 'battery' } : item
  const unit = item.kind === 'battery' ? '%' : item.unit
  const { device, feature } = addressOfSource(source, 'own')
  const names = { name: deviceName(item, naming), sharedName: sharedName(item, naming) }
  const name = nameOf(naming.wording, source.type, source.position)
  return {
    device: { externalId: device, ...names, model: shownModel(item) },
    feature: featureDraft(feature, name, mappingOf(source.type, unit), naming)
  }
}

/** Named after the last parts of their ids where the item names nothing; its unit says what it is. */
function ofUser({ device, feature, name, unit }: DirectItem, naming: Naming): Drafted {
  const deviceName = lastPart(device)
  return {
    device: { externalId: device, name: deviceName, sharedName: deviceName, model: null },
    feature: featureDraft(feature, name ?? lastPart(feature), mappingOf('', unit), naming)
  }
}

function featureDraft(
  external_id: string,
  name: string,
  mapping: Mapping,
  { wording }: Naming
): FeatureDraft {
  const { category, type, unit, unitOfMeasurement, min, max } = mapping
  return {
    // A unit that Gladys does not know stands in the name.
    name: unit === null ? nameWithUnit(wording, name, unitOfMeasurement) : name,
    external_id,
    category,
    type,
    ...(unit === null ? {} : { unit }),
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
