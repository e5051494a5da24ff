import { asInteger, asNumber, asText, type JsonObject } from '../../base/json'
import names from './device-models.json'

/** By model id (withings-api.md §8.2). */
const models: Readonly<Record<string, string>> = names

/** Sources disagree on id 13: the type shows which a nameless one is (withings-api.md §8.2). */
const byType = new Map([
  ['13 scale', 'Body+'],
  ['13 sleep_monitor', 'Sleep Analyzer']
])

/** Name of a model id, `Withings <id>` for one that nobody knows yet. Never empty. */
export function modelName(modelId: number, type = ''): string {
  return byType.get(`${modelId} ${type}`) ?? models[modelId] ?? `Withings ${modelId}`
}

/** Name of the model; `model` is text, in some answers the model id itself (withings-api.md §11.2 no. 9). */
export function modelOf(raw: JsonObject): string | null {
  const text = modelTextOf(raw)
  if (text !== undefined) return text
  const id = modelIdOf(raw)
  return id === undefined ? null : modelName(id)
}

/** `model` as a name; a number is an id, also one sent as text. */
export function modelTextOf({ model }: JsonObject): string | undefined {
  return asNumber(model) === undefined ? asText(model) : undefined
}

/**
 * The id is spelled `modelid`, `model_id` or, as a number, `model` (§11.2 no. 8, 9); -1 is none (no. 10), and may stand
 * beside a good one. In records of sleep `model` is something else.
 */
export function modelIdOf({ model, modelid, model_id }: JsonObject): number | undefined {
  for (const candidate of [model, modelid, model_id]) {
    const id = asInteger(candidate)
    if (id !== undefined && id >= 0) return id
  }
  return undefined
}

/** `modelId` of a reading: only where no device says more. */
export function modelStamp(raw: JsonObject): { modelId?: number } {
  const modelId = modelIdOf(raw)
  return modelId === undefined || deviceIdOf(raw) !== null ? {} : { modelId }
}

/** Null where a phone or another brand counted, or a person typed it in. */
export function deviceIdOf(raw: JsonObject): string | null {
  return asText(raw.deviceid) ?? asText(raw.hash_deviceid) ?? null
}
