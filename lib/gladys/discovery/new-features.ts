import { hasCode } from '../../base/errors'
import type { GladysDevice } from '../http/api'
import { addressOfSource, componentKeyOf, identifierOf, type Source } from '../model/ids'
import type { Item } from '../model/input'
import type { AnnouncedDevice } from './announcement-store'

type Announced = ReadonlyMap<string, AnnouncedDevice>

export interface NewFeaturesOptions {
  /** What was announced before these items. */
  before: Announced
  /** The devices that Gladys has now; undefined: there is no login to ask it with. Rejects with GLADYS_REFUSED. */
  devices: (() => Promise<readonly Pick<GladysDevice, 'features'>[]>) | undefined
}

/** Types by the external id of the feature. */
export type LackingFeatures = Readonly<Record<string, string>>

/**
 * Of what an import announces by discovery, the features that Gladys lacks until somebody presses "Update" there: those
 * that it does not list, or where it cannot be asked, those that were never announced before. Gladys drops their values.
 */
export async function lackingFeatures(
  items: readonly Item[],
  { before, devices }: NewFeaturesOptions
): Promise<LackingFeatures> {
  const sources = items.filter(item => item.kind === 'reading')
  const there = sources.length === 0 ? undefined : await featuresIn(devices)
  const lacking = sources
    .map(source => ({ source, feature: addressOfSource(source, 'discovery').feature }))
    .filter(({ source, feature }) =>
      there === undefined ? !wasAnnounced(source, before) : !there.has(feature)
    )
  return Object.fromEntries(lacking.map(({ source, feature }) => [feature, source.type]))
}

function wasAnnounced(source: Source, before: Announced): boolean {
  const { components = {} } = before.get(identifierOf(source.userId, source.deviceId)) ?? {}
  return Object.hasOwn(components, componentKeyOf(source))
}

/** undefined: nobody can say. */
async function featuresIn(devices: NewFeaturesOptions['devices']): Promise<ReadonlySet<string> | undefined> {
  try {
    const list = await devices?.()
    return list && new Set(list.flatMap(({ features }) => [...features]))
  } catch (error) {
    // The history goes on without that knowledge.
    if (hasCode(error, 'GLADYS_REFUSED')) return undefined
    throw error
  }
}
