import type { Field } from './fields'

/** Zones are counted as 0 s where there was no heart rate to count (withings-api.md §5.1). */
const HEART_RATES = ['hr_average', 'hr_min', 'hr_max']

/** A day's totals (withings-api.md §5.1; elevation is metres, §13). A heart that did not beat was not measured. */
export const DAY_FIELDS: readonly Field[] = [
  { key: 'steps', type: 'steps', unit: 'steps' },
  { key: 'distance', type: 'distance', unit: 'm' },
  { key: 'elevation', type: 'elevation', unit: 'm' },
  { key: 'soft', type: 'light_activity_duration', unit: 's' },
  { key: 'moderate', type: 'moderate_activity_duration', unit: 's' },
  { key: 'intense', type: 'intense_activity_duration', unit: 's' },
  { key: 'active', type: 'active_duration', unit: 's' },
  { key: 'calories', type: 'active_calories', unit: 'kcal' },
  { key: 'totalcalories', type: 'total_calories', unit: 'kcal' },
  { key: 'hr_average', type: 'heart_rate_average', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_min', type: 'heart_rate_min', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_max', type: 'heart_rate_max', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_zone_0', type: 'heart_rate_zone_light_duration', unit: 's', measuredWith: HEART_RATES },
  { key: 'hr_zone_1', type: 'heart_rate_zone_moderate_duration', unit: 's', measuredWith: HEART_RATES },
  { key: 'hr_zone_2', type: 'heart_rate_zone_intense_duration', unit: 's', measuredWith: HEART_RATES },
  { key: 'hr_zone_3', type: 'heart_rate_zone_maximal_duration', unit: 's', measuredWith: HEART_RATES }
]

/** What a tracker knows from minute to minute (withings-api.md §5.2). */
export const INTRADAY_FIELDS: readonly Field[] = [
  { key: 'steps', type: 'intraday_steps', unit: 'steps' },
  { key: 'elevation', type: 'intraday_elevation', unit: 'm' },
  { key: 'calories', type: 'intraday_active_calories', unit: 'kcal' },
  { key: 'distance', type: 'intraday_distance', unit: 'm' },
  { key: 'stroke', type: 'intraday_strokes', unit: null },
  { key: 'pool_lap', type: 'intraday_pool_laps', unit: null },
  { key: 'duration', type: 'intraday_duration', unit: 's' },
  { key: 'heart_rate', type: 'heart_rate', unit: 'bpm', zeroIsNone: true },
  { key: 'spo2_auto', type: 'intraday_spo2', unit: '%', zeroIsNone: true },
  { key: 'rmssd', type: 'intraday_rmssd', unit: 'ms', zeroIsNone: true },
  { key: 'sdnn1', type: 'intraday_sdnn', unit: 'ms', zeroIsNone: true },
  { key: 'hrv_quality', type: 'intraday_hrv_quality', unit: null },
  { key: 'core_body_temperature', type: 'core_body_temperature', unit: '°C', zeroIsNone: true },
  { key: 'rr', type: 'respiratory_rate', unit: 'breaths/min', zeroIsNone: true },
  { key: 'chest_movement_rate', type: 'chest_movement_rate', unit: 'events/min', zeroIsNone: true }
]

/** What a workout tells of itself beside `data`; its duration is counted from its start and its end. */
export const WORKOUT_FRAME_FIELDS: readonly Field[] = [
  { key: 'category', type: 'workout_type', unit: null, isText: true },
  { key: 'duration', type: 'workout_duration', unit: 's' }
]

/** `data` of a workout (withings-api.md §5.3). */
export const WORKOUT_FIELDS: readonly Field[] = [
  { key: 'calories', type: 'workout_active_calories', unit: 'kcal' },
  { key: 'intensity', type: 'workout_intensity', unit: null, zeroIsNone: true },
  { key: 'manual_intensity', type: 'workout_manual_intensity', unit: null, zeroIsNone: true },
  { key: 'manual_distance', type: 'workout_manual_distance', unit: 'm', zeroIsNone: true },
  { key: 'manual_calories', type: 'workout_manual_calories', unit: 'kcal', zeroIsNone: true },
  { key: 'hr_average', type: 'workout_heart_rate_average', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_min', type: 'workout_heart_rate_min', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_max', type: 'workout_heart_rate_max', unit: 'bpm', zeroIsNone: true },
  { key: 'hr_zone_0', type: 'workout_heart_rate_zone_light_duration', unit: 's', measuredWith: HEART_RATES },
  {
    key: 'hr_zone_1',
    type: 'workout_heart_rate_zone_moderate_duration',
    unit: 's',
    measuredWith: HEART_RATES
  },
  {
    key: 'hr_zone_2',
    type: 'workout_heart_rate_zone_intense_duration',
    unit: 's',
    measuredWith: HEART_RATES
  },
  {
    key: 'hr_zone_3',
    type: 'workout_heart_rate_zone_maximal_duration',
    unit: 's',
    measuredWith: HEART_RATES
  },
  { key: 'pause_duration', type: 'workout_pause_duration', unit: 's' },
  { key: 'algo_pause_duration', type: 'workout_detected_pause_duration', unit: 's' },
  { key: 'spo2_average', type: 'workout_spo2_average', unit: '%', zeroIsNone: true },
  {
    key: 'core_body_temperature_avg',
    type: 'workout_core_body_temperature_average',
    unit: '°C',
    zeroIsNone: true
  },
  {
    key: 'core_body_temperature_min',
    type: 'workout_core_body_temperature_min',
    unit: '°C',
    zeroIsNone: true
  },
  {
    key: 'core_body_temperature_max',
    type: 'workout_core_body_temperature_max',
    unit: '°C',
    zeroIsNone: true
  },
  {
    key: 'core_body_temperature_status',
    type: 'workout_core_body_temperature_status',
    unit: null,
    isText: true
  },
  { key: 'steps', type: 'workout_steps', unit: 'steps' },
  { key: 'distance', type: 'workout_distance', unit: 'm' },
  { key: 'elevation', type: 'workout_elevation', unit: 'm' },
  { key: 'pool_laps', type: 'workout_pool_laps', unit: null },
  { key: 'strokes', type: 'workout_strokes', unit: null },
  { key: 'pool_length', type: 'workout_pool_length', unit: 'm', zeroIsNone: true }
]
