import { INTRADAY_FIELDS } from './activity-fields'
import { brandOf, type Brand } from './brands'
import { deviceIdOf, modelOf } from './device-models'
import { readingsOf } from './fields'
import { asInteger, asIsoDate, asObject, type JsonObject } from './json'
import type { Reading } from './reading'
import { note, type Problem } from './row'

/** What was measured at one moment (withings-api.md §5.2); only what was measured then is in it. */
export interface Sample {
  /** Unix seconds; no other sample of the user has the same. */
  time: number
  deviceId: string | null
  brand: Brand
  readings: Reading[]
}

/** Body of getintradayactivity → samples by their second, for `decodeSample`; undefined when it has none to speak of. */
export function samplesIn({ series }: JsonObject): JsonObject | undefined {
  const isEmptyList = Array.isArray(series) && series.length === 0
  return isEmptyList ? {} : asObject(series)
}

/** One sample; undefined for an unreadable one, which is noted among the problems. */
export function decodeSample(
  series: JsonObject,
  key: string,
  userId: string,
  problems: Problem[]
): Sample | undefined {
  const raw = asObject(series[key])
  const sample = raw && parseSample(key, raw, userId)
  if (!sample) note(problems, { place: `series[${key}]`, id: key })
  return sample
}

function parseSample(key: string, raw: JsonObject, userId: string): Sample | undefined {
  const time = asInteger(key)
  const date = asIsoDate(time)
  if (time === undefined || date === undefined) return undefined
  const deviceId = deviceIdOf(raw)
  const brand = brandOf(raw)
  const source = brand === 'withings' ? 'device' : brand
  const shared = { date, userId, deviceId, model: modelOf(raw), source, groupId: key, modified: date }
  return { time, deviceId, brand, readings: readingsOf(INTRADAY_FIELDS, raw, shared) }
}
