import { DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS } from '../activity/fields'
import { RECORDING_FIELDS } from '../heart/recordings'
import { MEASURE_TYPES } from '../measures/types'
import type { Field } from '../readings/fields'
import { NIGHT_FIELDS } from '../sleep/fields'

const typesOf = (fields: readonly Field[]): string[] => fields.map(({ type }) => type)

/** What each kind of device can give beside measures, at best (withings-api.md §5 to §7). */
const beside = {
  scale: ['ecg_heart_rate', 'ecg_afib'],
  blood_pressure_monitor: typesOf(RECORDING_FIELDS),
  thermometer: ['ecg_heart_rate', 'ecg_afib', 'stethoscope_vhd'],
  activity_tracker: [
    ...['ecg_heart_rate', 'ecg_afib'],
    ...[DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS, NIGHT_FIELDS].flatMap(typesOf)
  ],
  sleep_monitor: [...typesOf(NIGHT_FIELDS), 'in_bed']
}

const byKind: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(beside).map(([kind, types]) => [kind, new Set([...types, ...measuresOf(kind)])])
)

function measuresOf(kind: string): string[] {
  return MEASURE_TYPES.filter(({ devices }) => devices.some(each => each === kind)).map(({ name }) => name)
}

/** What comes from a phone, from another app or from hand (withings-api.md §5.1, §5.3, §6.2, §8.3). */
const withoutDevice: ReadonlySet<string> = new Set([
  ...typesOf(DAY_FIELDS).filter(type => !type.startsWith('heart_rate')),
  ...['workout_type', 'workout_duration', 'workout_active_calories', 'workout_steps', 'workout_distance'],
  ...['workout_intensity', 'workout_manual_intensity', 'workout_manual_distance', 'workout_manual_calories'],
  'workout_pause_duration',
  ...['time_in_bed', 'sleep_duration', 'asleep_duration', 'step_goal', 'sleep_goal', 'weight_goal']
])

/** True where one of these devices, or none at all, can give readings of this type. */
export function canMeasure(type: string, deviceKinds: readonly string[]): boolean {
  return withoutDevice.has(type) || deviceKinds.some(kind => byKind.get(kind)?.has(type))
}
