import { asInteger } from '../../base/json'
import { DAY_FIELDS, WORKOUT_FIELDS, WORKOUT_FRAME_FIELDS } from '../../withings/activity/fields'
import { brandNumberOf, WITHINGS } from '../../withings/readings/provenance'
import type { Wording } from './mapping'

export const DAY_TYPES: ReadonlySet<string> = new Set(DAY_FIELDS.map(({ type }) => type))
const WORKOUT_TYPES = new Set([...WORKOUT_FRAME_FIELDS, ...WORKOUT_FIELDS].map(({ type }) => type))

/** Types of values that other makers count too. */
export const MAKER_TYPES: readonly string[] = [...DAY_TYPES, ...WORKOUT_TYPES]

const MAKER = /^(model|brand)-(\d+)$/

/** Apps and phones by model id, as people call them; Withings calls them trackers (withings-api.md §8.2). */
const APPS: ReadonlyMap<number, string> = new Map([
  [1051, 'iPhone'],
  [1052, 'iPhone'],
  [1053, 'Android'],
  [1054, 'Android'],
  [1055, 'Google Fit'],
  [1056, 'Samsung Health'],
  [1057, 'iPhone'],
  [1058, 'Apple Watch'],
  [1059, 'Apple Health'],
  [1060, 'Health Connect'],
  [1062, 'Huawei Health']
])

/** What of a reading tells who counted it. */
export interface Counted {
  type: string
  deviceId: string | null
  source?: unknown
  modelId?: unknown
}

/**
 * Id of the device in Gladys for what counted a day or a workout without a device at Withings: two makers must not
 * write over each other (gladys.md, "real server" no. 10). Null: nothing counted it, somebody typed it in.
 */
export function makerOf({ type, deviceId, source, modelId }: Counted): string | null {
  const isDay = DAY_TYPES.has(type)
  if (deviceId !== null || typeof source !== 'string' || !(isDay || WORKOUT_TYPES.has(type))) return null
  const brand = source === 'device' ? WITHINGS : brandNumberOf(source)
  if (brand === undefined) return null
  const model = asInteger(modelId)
  if (model !== undefined && model >= 0) return `model-${model}`
  // Nobody types in a day, but a workout without maker and model may well be typed in.
  return isDay || brand !== WITHINGS ? `brand-${brand}` : null
}

/** Whether an id is one of `makerOf`, and not of a device at Withings. */
export function isMaker(deviceId: string): boolean {
  return MAKER.test(deviceId)
}

/** `ScanWatch 2`, `Samsung Health`: what a device is called, that of a maker too. */
export function modelName(
  { deviceId, model }: { deviceId: string; model: string | null },
  wording: Wording
): string {
  const [, kind, digits] = MAKER.exec(deviceId) ?? []
  if (kind === undefined) return model ?? 'Withings'
  const number = Number(digits)
  const app = kind === 'model' ? APPS.get(number) : undefined
  const plain = model?.replace(/ tracker$/i, '')
  if (app !== undefined || plain) return app ?? plain ?? 'Withings'
  if (kind === 'brand' && number !== WITHINGS) return wording('gladys.otherApp', 'Other app')
  return kind === 'brand' ? wording('gladys.withingsApp', 'Withings app') : `Withings ${number}`
}
