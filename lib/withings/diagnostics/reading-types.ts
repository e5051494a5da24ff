import { DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS, WORKOUT_FRAME_FIELDS } from '../activity/fields'
import { RECORDING_FIELDS } from '../heart/recordings'
import { MEASURE_TYPES } from '../measures/types'
import type { Field } from '../readings/fields'
import { NIGHT_FIELDS } from '../sleep/fields'

/** Where readings of a type come from. */
interface Origin {
  /** What the login must allow (withings-api.md §2.3). */
  scope: 'user.info' | 'user.metrics' | 'user.activity' | 'user.sleepevents'
  /** The node that asks for it; null: an import of the history asks too. */
  node: 'withings-activity' | 'withings-sleep' | 'withings-heart' | 'withings-notification' | null
}

export interface ReadingType extends Origin {
  type: string
  unit: string | null
}

const ACTIVITY: Origin = { scope: 'user.activity', node: 'withings-activity' }
const GOALS: Origin = { scope: 'user.info', node: 'withings-activity' }

/** Every type of reading that has a name; of those that come together the most telling first. */
export const READING_TYPES: readonly ReadingType[] = [
  ...withOrigin(
    MEASURE_TYPES.map(({ name, unit }) => ({ type: name, unit })),
    { scope: 'user.metrics', node: null }
  ),
  ...withOrigin(RECORDING_FIELDS, { scope: 'user.metrics', node: 'withings-heart' }),
  ...withOrigin([...DAY_FIELDS, ...WORKOUT_FRAME_FIELDS, ...WORKOUT_FIELDS, ...INTRADAY_FIELDS], ACTIVITY),
  ...withOrigin(NIGHT_FIELDS, { scope: 'user.activity', node: 'withings-sleep' }),
  { type: 'in_bed', unit: null, scope: 'user.sleepevents', node: 'withings-notification' },
  { type: 'step_goal', unit: 'steps', ...GOALS },
  { type: 'sleep_goal', unit: 's', ...GOALS },
  { type: 'weight_goal', unit: 'kg', ...GOALS }
]

function withOrigin(fields: readonly Pick<Field, 'type' | 'unit'>[], origin: Origin): ReadingType[] {
  return fields.map(({ type, unit }) => ({ type, unit, ...origin }))
}

/** True where one of these devices, or none at all, can give readings of this type. */
export function canMeasure(type: string, deviceKinds: readonly string[]): boolean {
  return withoutDevice.includes(type) || deviceKinds.some(kind => byKind.get(kind)?.includes(type))
}

/** What each kind of device gives beside measures, at best (withings-api.md §5 to §7). */
const BESIDE_MEASURES = {
  scale: ['ecg_heart_rate', 'ecg_afib'],
  blood_pressure_monitor: namesOf(RECORDING_FIELDS),
  thermometer: ['ecg_heart_rate', 'ecg_afib', 'stethoscope_vhd'],
  activity_tracker: [
    ...['ecg_heart_rate', 'ecg_afib'],
    ...[DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS, NIGHT_FIELDS].flatMap(namesOf)
  ],
  sleep_monitor: [...namesOf(NIGHT_FIELDS), 'in_bed']
}

const byKind: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(BESIDE_MEASURES).map(([kind, types]) => [kind, [...types, ...measuresOf(kind)]])
)

function measuresOf(kind: string): string[] {
  return MEASURE_TYPES.filter(({ devices }) => devices.some(each => each === kind)).map(({ name }) => name)
}

/** What comes from a phone, from another app or from hand (withings-api.md §5.1, §5.3, §6.2, §8.3). */
const withoutDevice: readonly string[] = [
  ...namesOf(DAY_FIELDS).filter(type => !type.startsWith('heart_rate')),
  ...['workout_type', 'workout_duration', 'workout_active_calories', 'workout_steps', 'workout_distance'],
  ...['workout_intensity', 'workout_manual_intensity', 'workout_manual_distance', 'workout_manual_calories'],
  'workout_pause_duration',
  ...['time_in_bed', 'sleep_duration', 'asleep_duration', 'step_goal', 'sleep_goal', 'weight_goal']
]

function namesOf(fields: readonly Field[]): string[] {
  return fields.map(({ type }) => type)
}
