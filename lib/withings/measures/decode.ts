import { asId, asInteger, asIsoDate, asObject, asText, asTime, type JsonObject } from '../../base/json'
import { measurePosition } from '../readings/body-positions'
import { asDecimal } from '../readings/decimal'
import { deviceIdOf, modelOf } from '../readings/device-models'
import { attribName, INCONCLUSIVE } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import { addProblem, type Problem, type RowFormat, type RowOfReadings } from '../sync/row'
import { measureType } from './types'

/** One act of measuring (withings-api.md §4.2): all its readings share date, device and id. */
export interface MeasureGroup extends RowOfReadings {
  /** Where it was taken; undefined when the group does not say. */
  timezone: string | undefined
}

const OBJECTIVES = 2
/** Milliseconds. */
const SHORTEST_INTERVAL = 5

/** Decoder of the groups of getmeas; goals that the user set are no measurements. */
export function measuresFormat(userId: string): RowFormat<MeasureGroup> {
  return {
    list: 'measuregrps',
    decode: (raw, index, problems) =>
      asInteger(raw.category) === OBJECTIVES ? null : parseGroup(raw, userId, index, problems),
    idOf: raw => asId(raw.grpid)
  }
}

function parseGroup(
  raw: JsonObject,
  userId: string,
  index: number,
  problems: Problem[]
): MeasureGroup | undefined {
  const id = asId(raw.grpid)
  const date = asIsoDate(raw.date)
  if (id === undefined || date === undefined || !Array.isArray(raw.measures)) return undefined
  const created = asTime(raw.created) ?? 0
  const modified = asTime(raw.modified) ?? created
  const shared = {
    date,
    userId,
    deviceId: deviceIdOf(raw),
    model: modelOf(raw),
    source: isInconclusive(raw) ? INCONCLUSIVE : attribName(asInteger(raw.attrib) ?? 0),
    groupId: id,
    modified: asIsoDate(modified) ?? date
  }
  const readings: Reading[] = []
  const measures: readonly unknown[] = raw.measures
  const keys = keysFor(measures)
  for (let at = 0; at < measures.length; at += 1) {
    const reading = parseMeasure(measures[at], shared)
    if (!reading) addProblem(problems, { place: `measuregrps[${index}].measures[${at}]`, id })
    else if (!hasTwin(reading, readings, keys)) readings.push(reading)
  }
  // `modified` may lie before `created`; the cursor needs the later one.
  return {
    id,
    modified: Math.max(modified, created) || (asTime(raw.date) ?? 0),
    timezone: asText(raw.timezone),
    readings: withoutUnknownFat(readings)
  }
}

/** In a longer list it is quicker to look twins up than to compare all with all. */
const FEW = 100

/** Body Scan lists some values twice in one group (withings-api.md §4.6). */
export function withoutTwins(readings: readonly Reading[]): Reading[] {
  const keys = keysFor(readings)
  const kept: Reading[] = []
  for (const reading of readings) if (!hasTwin(reading, kept, keys)) kept.push(reading)
  return kept
}

function keysFor({ length }: readonly unknown[]): Set<string> | undefined {
  return length > FEW ? new Set() : undefined
}

function hasTwin(
  { date, type, position, value }: Reading,
  kept: readonly Reading[],
  keys: Set<string> | undefined
): boolean {
  if (keys !== undefined) return keys.size === keys.add(`${date} ${type} ${position ?? ''} ${value}`).size
  for (const other of kept)
    if (other.value === value && other.type === type && other.position === position && other.date === date)
      return true
  return false
}

function isInconclusive({ is_inconclusive }: JsonObject): boolean {
  return is_inconclusive === true || is_inconclusive === 'true' || asInteger(is_inconclusive) === 1
}

function parseMeasure(
  value: unknown,
  shared: Omit<Reading, 'type' | 'value' | 'unit' | 'position'>
): Reading | undefined {
  const raw = asObject(value) ?? {}
  const meastype = asInteger(raw.type)
  if (meastype === undefined) return undefined
  const { name, unit } = measureType(meastype)
  const number = unit === 'ms' ? intervalOf(raw) : asDecimal(raw)
  if (number === undefined) return undefined
  const at = raw.position === undefined ? undefined : asInteger(raw.position)
  const position = at === undefined ? undefined : measurePosition(at, name)
  const { date, userId, deviceId, model, source, groupId, modified } = shared
  return position === undefined
    ? { type: name, value: number, unit, date, userId, deviceId, model, source, groupId, modified }
    : { type: name, value: number, unit, date, userId, deviceId, model, position, source, groupId, modified }
}

/** Intervals of a heartbeat come in milliseconds or in seconds, which only their size tells apart (§13 no. 9). */
function intervalOf({ value, unit }: JsonObject): number | undefined {
  const number = asDecimal({ value, unit })
  const isInSeconds = number !== undefined && number < SHORTEST_INTERVAL
  return isInSeconds ? asDecimal({ value, unit: Number(unit) + 3 }) : number
}

/** Withings lists 0 where it knows no fat, and the whole weight as free of fat (withings-api.md §13 no. 4). */
function withoutUnknownFat(readings: Reading[]): Reading[] {
  if (!readings.some(isUnknownFat)) return readings
  const isKnown = readings.some(reading => isFat(reading) && !isUnknownFat(reading))
  return readings.filter(reading => !isUnknownFat(reading) && (isKnown || reading.type !== 'fat_free_mass'))
}

function isUnknownFat(reading: Reading): boolean {
  return reading.value === 0 && isFat(reading)
}

function isFat({ type }: Reading): boolean {
  return type === 'fat_ratio' || type === 'fat_mass'
}
