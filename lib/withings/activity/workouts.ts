import { asId, asInteger, asIsoDate, asObject, asText, asTime, type JsonObject } from '../../base/json'
import { deviceIdOf, modelOf, modelStamp } from '../readings/device-models'
import { readingsOf } from '../readings/fields'
import { type ActivityItem, valuesOf } from '../readings/item-messages'
import { attribName, type Brand, brandOf } from '../readings/provenance'
import { asDay, dayOf } from '../sync/local-days'
import type { RowFormat, RowOfReadings } from '../sync/row'
import { WORKOUT_FIELDS, WORKOUT_FRAME_FIELDS } from './fields'
import names from './workout-categories.json'

/** One workout (withings-api.md §5.3). */
export interface Workout extends ActivityItem {
  kind: 'workout'
  id: string
  /** Name of the category, `category_<n>` for an unknown one. */
  workoutType: string
  category: number
  /** The local day of its start, `YYYY-MM-DD` in `timezone`. */
  day: string
  timezone: string
  startDate: string
  endDate: string
  /** Last change at Withings. */
  modified: string
  model: string | null
  brand: Brand
  /** How Withings came to know of it, as in a Reading. */
  source: string
}

export interface WorkoutRow extends RowOfReadings {
  item: Workout
}

const OTHER = 36

/** How rows of getworkouts are read. */
export function workoutFormat(userId: string): RowFormat<WorkoutRow> {
  return {
    list: 'series',
    decode: raw => parseWorkout(raw, userId),
    idOf: raw => asId(raw.id)
  }
}

function parseWorkout(raw: JsonObject, userId: string): WorkoutRow | undefined {
  const id = asId(raw.id)
  const [start = 0, end = 0] = [asInteger(raw.startdate), asInteger(raw.enddate)]
  const [startDate, endDate] = [asIsoDate(start), asIsoDate(end)]
  if (id === undefined || startDate === undefined || endDate === undefined) return undefined
  const timezone = asText(raw.timezone) ?? 'UTC'
  const category = asInteger(raw.category) ?? OTHER
  const workoutType = workoutCategory(category)
  const brand = brandOf(raw)
  const modified = asTime(raw.modified) ?? end
  const shared = {
    userId,
    deviceId: deviceIdOf(raw),
    model: modelOf(raw),
    source: brand === 'withings' ? attribName(asInteger(raw.attrib) ?? 0) : brand,
    modified: asIsoDate(modified) ?? endDate
  }
  const stamp = { ...shared, ...modelStamp(raw), date: endDate, groupId: id }
  const readings = [
    ...readingsOf(WORKOUT_FRAME_FIELDS, { category: workoutType, duration: end - start }, stamp),
    ...readingsOf(WORKOUT_FIELDS, asObject(raw.data) ?? {}, stamp)
  ]
  const item: Workout = {
    kind: 'workout',
    id,
    workoutType,
    category,
    day: asDay(raw.date) ?? dayOf(start, timezone),
    timezone,
    startDate,
    endDate,
    ...shared,
    brand,
    readings,
    values: valuesOf(readings)
  }
  return { id, modified, readings, item }
}

/** Name of a category (withings-api.md §5.4), `category_<n>` for an unknown one: Withings adds some every year. */
export function workoutCategory(category: number): string {
  return (names as Readonly<Record<string, string>>)[category] ?? `category_${category}`
}
