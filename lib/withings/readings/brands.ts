import { asInteger, type JsonObject } from '../../base/json'
import { modelIdOf } from './device-models'

/** Who counted: a device or app of Withings, or another maker whose data Withings took over. */
export type Brand = 'withings' | 'external' | `brand_${number}`

export const WITHINGS = 1
const OTHERS = 18

/** Ids under which Withings files what comes from Google, Samsung, Apple and Huawei (withings-api.md §8.2). */
const TRACKERS_OF_OTHERS: readonly number[] = [1055, 1056, 1057, 1058, 1059, 1060, 1062]

/**
 * `brand` of a row (withings-api.md §5.1); workouts and samples have none, there the model tells it. What came
 * from others may be an echo of what a home system sent out itself (§11.2 no. 36).
 */
export function brandOf(raw: JsonObject): Brand {
  const isOwn = raw.is_tracker === true && !isTrackerOfOthers(raw)
  return isOwn && asInteger(raw.brand) === OTHERS ? 'withings' : filedUnder(raw)
}

/** The brand as Withings files it: some of its own trackers are among the others (withings-api.md §13 no. 16). */
export function filedUnder(raw: JsonObject): Brand {
  const brand = asInteger(raw.brand)
  if (brand === OTHERS) return 'external'
  if (brand !== undefined && brand !== WITHINGS) return `brand_${brand}`
  return brand === undefined && isTrackerOfOthers(raw) ? 'external' : 'withings'
}

/** Whether `source` of a reading is another maker. */
export function isOfOthers(source: string): boolean {
  return source === 'external' || source.startsWith('brand_')
}

/** The number of a maker whose name is the `source` of a reading; undefined where it is none of those. */
export function brandNumberOf(source: string): number | undefined {
  if (source === 'external') return OTHERS
  const [, number] = /^brand_(\d+)$/.exec(source) ?? []
  return number === undefined ? undefined : Number(number)
}

function isTrackerOfOthers(raw: JsonObject): boolean {
  const model = modelIdOf(raw)
  return model !== undefined && TRACKERS_OF_OTHERS.includes(model)
}
