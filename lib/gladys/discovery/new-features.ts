import { hasCode } from '../../base/errors'
import { readingKey } from '../../withings/readings/reading'
import type { GladysDevice } from '../http/api'
import { addressOfSource, identifierOf } from '../model/external-ids'
import type { Item } from '../model/items'
import type { AnnouncedDevices } from './announcer'

/** Types by the external id of the feature. */
export type LackingFeatures = Readonly<Record<string, string>>

export interface GladysBefore {
  /** The devices announced before these items. */
  before: AnnouncedDevices
  /** Gives the devices that Gladys has now; undefined without a login. Rejects with GLADYS_REFUSED. */
  devices: (() => Promise<readonly Pick<GladysDevice, 'features'>[]>) | undefined
}

/**
 * The features that an import announces by discovery and Gladys lacks until somebody presses "Update" there: those that
 * it does not list or, where it cannot be asked, those never announced before. Gladys drops their values.
 */
export async function lackingFeatures(
  items: readonly Item[],
  { before, devices }: GladysBefore
): Promise<LackingFeatures> {
  const sources = items.filter(item => item.kind === 'reading')
  const inGladys = sources.length === 0 ? undefined : await featuresIn(devices)
  const lacking: Record<string, string> = {}
  for (const source of sources) {
    const { feature } = addressOfSource(source, 'discovery')
    const { components = {} } = before.get(identifierOf(source.userId, source.deviceId)) ?? {}
    if (!(inGladys?.has(feature) ?? Object.hasOwn(components, readingKey(source))))
      lacking[feature] = source.type
  }
  return lacking
}

/** undefined: Gladys cannot be asked, and the import goes on without knowing. */
async function featuresIn(devices: GladysBefore['devices']): Promise<ReadonlySet<string> | undefined> {
  try {
    const list = await devices?.()
    return list && new Set(list.flatMap(({ features }) => [...features]))
  } catch (error) {
    if (hasCode(error, 'GLADYS_REFUSED')) return undefined
    throw error
  }
}
