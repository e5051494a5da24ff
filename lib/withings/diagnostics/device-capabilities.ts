import { DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS } from '../activity/fields'
import { RECORDING_FIELDS } from '../heart/recordings'
import type { Field } from '../readings/fields'
import { NIGHT_FIELDS } from '../sleep/fields'

const typesOf = (fields: readonly Field[]): string[] => fields.map(({ type }) => type)

const bodyComposition = [
  ...['weight', 'fat_free_mass', 'fat_ratio', 'fat_mass', 'muscle_mass', 'hydration', 'bone_mass'],
  ...['heart_pulse', 'pulse_wave_velocity', 'vascular_age', 'extracellular_water', 'intracellular_water'],
  ...['visceral_fat', 'segment_fat_free_mass', 'segment_fat_mass', 'segment_muscle_mass'],
  ...['basal_metabolic_rate', 'metabolic_age', 'atrial_fibrillation', 'qrs_interval', 'pr_interval'],
  ...[
    'qt_interval',
    'corrected_qt_interval',
    'nerve_health_score_left_foot',
    'nerve_health_score_right_foot'
  ],
  ...['nerve_health_score_feet', 'electrodermal_activity_feet', 'electrodermal_activity_left_foot'],
  ...['electrodermal_activity_right_foot', 'electrochemical_skin_conductance']
]

/** What each kind of device can measure at best (withings-api.md §4.3 "Quick device map", §5 to §7). */
const byKind: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    scale: [...bodyComposition, 'ecg_heart_rate', 'ecg_afib'],
    blood_pressure_monitor: [
      ...['diastolic_blood_pressure', 'systolic_blood_pressure', 'heart_pulse', 'atrial_fibrillation'],
      ...typesOf(RECORDING_FIELDS)
    ],
    thermometer: [
      ...['temperature', 'body_temperature', 'skin_temperature', 'spo2', 'heart_pulse'],
      ...['ecg_heart_rate', 'ecg_afib', 'stethoscope_vhd']
    ],
    activity_tracker: [
      ...['spo2', 'vo2_max', 'atrial_fibrillation', 'atrial_fibrillation_ppg', 'qrs_interval', 'pr_interval'],
      ...['qt_interval', 'corrected_qt_interval', 'skin_temperature', 'body_temperature'],
      ...['ecg_heart_rate', 'ecg_afib'],
      ...typesOf(DAY_FIELDS),
      ...typesOf(INTRADAY_FIELDS),
      ...typesOf(WORKOUT_FIELDS),
      ...typesOf(NIGHT_FIELDS)
    ],
    sleep_monitor: [...typesOf(NIGHT_FIELDS), 'in_bed']
  }).map(([kind, types]) => [kind, new Set(types)])
)

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
