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

const BODY_COMPOSITION = [
  ...['weight', 'fat_free_mass', 'fat_ratio', 'fat_mass', 'muscle_mass', 'hydration', 'bone_mass'],
  ...['heart_pulse', 'pulse_wave_velocity', 'vascular_age', 'extracellular_water', 'intracellular_water'],
  ...['visceral_fat', 'segment_fat_free_mass', 'segment_fat_mass', 'segment_muscle_mass'],
  ...['basal_metabolic_rate', 'metabolic_age', 'atrial_fibrillation', 'qrs_interval', 'pr_interval'],
  ...['qt_interval', 'corrected_qt_interval', 'nerve_health_score_left_foot'],
  ...['nerve_health_score_right_foot', 'nerve_health_score_feet'],
  ...['electrodermal_activity_feet', 'electrodermal_activity_left_foot'],
  ...['electrodermal_activity_right_foot', 'electrochemical_skin_conductance']
]

/** What each kind of device can measure at best (withings-api.md §4.3 "Quick device map", §5 to §7). */
const byKind: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    scale: [...BODY_COMPOSITION, 'ecg_heart_rate', 'ecg_afib'],
    blood_pressure_monitor: [
      ...['diastolic_blood_pressure', 'systolic_blood_pressure', 'heart_pulse', 'atrial_fibrillation'],
      ...namesOf(RECORDING_FIELDS)
    ],
    thermometer: [
      ...['temperature', 'body_temperature', 'skin_temperature', 'spo2', 'heart_pulse'],
      ...['ecg_heart_rate', 'ecg_afib', 'stethoscope_vhd']
    ],
    activity_tracker: [
      ...['spo2', 'vo2_max', 'atrial_fibrillation', 'atrial_fibrillation_ppg', 'qrs_interval', 'pr_interval'],
      ...['qt_interval', 'corrected_qt_interval', 'skin_temperature', 'body_temperature'],
      ...['ecg_heart_rate', 'ecg_afib'],
      ...namesOf([...DAY_FIELDS, ...INTRADAY_FIELDS, ...WORKOUT_FIELDS, ...NIGHT_FIELDS])
    ],
    sleep_monitor: [...namesOf(NIGHT_FIELDS), 'in_bed']
  })
)

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
