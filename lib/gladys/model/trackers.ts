import { asInteger } from '../../base/json'
import { DAY_FIELDS, WORKOUT_FIELDS, WORKOUT_FRAME_FIELDS } from '../../withings/activity/fields'
import { brandNumberOf, WITHINGS } from '../../withings/readings/provenance'

/** Types of the readings of a day. */
export const DAY_TYPES: ReadonlySet<string> = new Set(DAY_FIELDS.map(({ type }) => type))
const WORKOUT_TYPES = new Set([...WORKOUT_FRAME_FIELDS, ...WORKOUT_FIELDS].map(({ type }) => type))

/** Types of the readings that apps and devices of other brands count too. */
export const TRACKED_TYPES: readonly string[] = [...DAY_TYPES, ...WORKOUT_TYPES]

const TRACKER = /^(model|brand)-(\d+)$/

/** A reading as far as it says what counted it. */
export interface TrackedReading {
  type: string
  deviceId: string | null
  source?: unknown
  modelId?: unknown
}

/**
 * Id of the device in Gladys for the phone, watch or app that counted a day or a workout without having a device id at
 * Withings: `model-<id>` or `brand-<number>`, so that two of them do not overwrite each other (gladys.md, "real server"
 * no. 10). Null: typed in by hand.
 */
export function trackerIdOf({ type, deviceId, source, modelId }: TrackedReading): string | null {
  const isDay = DAY_TYPES.has(type)
  if (deviceId !== null || typeof source !== 'string' || !(isDay || WORKOUT_TYPES.has(type))) return null
  const brand = source === 'device' ? WITHINGS : brandNumberOf(source)
  if (brand === undefined) return null
  const model = asInteger(modelId)
  if (model !== undefined && model >= 0) return `model-${model}`
  // Nobody types in a day, but a workout without model and brand may well be typed in.
  return isDay || brand !== WITHINGS ? `brand-${brand}` : null
}

/** Whether an id is one of `trackerIdOf`, and not that of a device at Withings. */
export function isTracker(deviceId: string): boolean {
  return TRACKER.test(deviceId)
}

/** Model id or brand number in an id of `trackerIdOf`; undefined for other ids. */
export function trackerNumber(deviceId: string): { model: number } | { brand: number } | undefined {
  const [, kind, digits] = TRACKER.exec(deviceId) ?? []
  if (kind === undefined) return undefined
  return kind === 'model' ? { model: Number(digits) } : { brand: Number(digits) }
}
