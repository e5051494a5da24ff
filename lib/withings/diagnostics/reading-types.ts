import { DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS, WORKOUT_FRAME_FIELDS } from '../activity/fields'
import { RECORDING_FIELDS } from '../heart/recordings'
import { MEASURE_TYPES } from '../measures/types'
import type { Field } from '../readings/fields'
import { NIGHT_FIELDS } from '../sleep/fields'

/** Where readings of a type come from. */
export interface Origin {
  /** What the login must allow (withings-api.md §2.3). */
  scope: 'user.info' | 'user.metrics' | 'user.activity' | 'user.sleepevents'
  /** The node that asks for it; null: an import of the history asks too. */
  node: 'withings-activity' | 'withings-sleep' | 'withings-heart' | 'withings-notification' | null
}

export interface ReadingType extends Origin {
  type: string
  unit: string | null
}

const MEASURES: Origin = { scope: 'user.metrics', node: null }
const HEART: Origin = { scope: 'user.metrics', node: 'withings-heart' }
const ACTIVITY: Origin = { scope: 'user.activity', node: 'withings-activity' }
const SLEEP: Origin = { scope: 'user.activity', node: 'withings-sleep' }
const BED: Origin = { scope: 'user.sleepevents', node: 'withings-notification' }
const GOALS: Origin = { scope: 'user.info', node: 'withings-activity' }

function typesOf(fields: readonly Pick<Field, 'type' | 'unit'>[], origin: Origin): ReadingType[] {
  return fields.map(({ type, unit }) => ({ type, unit, ...origin }))
}

/** Every type of reading that has a name; of those that come together the most telling first. */
export const READING_TYPES: readonly ReadingType[] = [
  ...MEASURE_TYPES.map(({ name, unit }) => ({ type: name, unit, ...MEASURES })),
  ...typesOf(RECORDING_FIELDS, HEART),
  ...typesOf(DAY_FIELDS, ACTIVITY),
  ...typesOf(WORKOUT_FRAME_FIELDS, ACTIVITY),
  ...typesOf(WORKOUT_FIELDS, ACTIVITY),
  ...typesOf(INTRADAY_FIELDS, ACTIVITY),
  ...typesOf(NIGHT_FIELDS, SLEEP),
  { type: 'in_bed', unit: null, ...BED },
  { type: 'step_goal', unit: 'steps', ...GOALS },
  { type: 'sleep_goal', unit: 's', ...GOALS },
  { type: 'weight_goal', unit: 'kg', ...GOALS }
]
