import { asInteger, type JsonObject } from '../../base/json'
import { modelIdOf } from './device-models'

const ATTRIBS: Readonly<Record<number, string>> = {
  0: 'device',
  1: 'ambiguous',
  2: 'manual',
  3: 'claimed',
  4: 'account_creation',
  5: 'best_of',
  7: 'confirmed',
  8: 'device',
  15: 'guided',
  17: 'guided'
}

/** Reading.source of a value that the device itself does not stand by. */
export const INCONCLUSIVE = 'inconclusive'

/** Reading.source of a measurement by its `attrib` (withings-api.md §4.5); the set is open, so any number has a name. */
export function attribName(attrib: number): string {
  return ATTRIBS[attrib] ?? `attrib_${attrib}`
}

/** Whether a reading may belong to somebody else in the household, or may not be right. */
export function isUncertain(source: string): boolean {
  return source === 'ambiguous' || source === INCONCLUSIVE
}

/** Who counted: a device or app of Withings, or another maker whose data Withings took over. */
export type Brand = 'withings' | 'external' | `brand_${number}`

export const WITHINGS = 1
const OTHERS = 18

/** Model ids of what comes from Google, Samsung, Apple and Huawei (withings-api.md §8.2). */
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

/** Whether Reading.source is another maker. */
export function isOfOthers(source: string): boolean {
  return source === 'external' || source.startsWith('brand_')
}

/** The number of the maker that is a Reading.source; undefined where it is none. */
export function brandNumberOf(source: string): number | undefined {
  if (source === 'external') return OTHERS
  const [, number] = /^brand_(\d+)$/.exec(source) ?? []
  return number === undefined ? undefined : Number(number)
}

function isTrackerOfOthers(raw: JsonObject): boolean {
  return TRACKERS_OF_OTHERS.includes(modelIdOf(raw) ?? NaN)
}
