import { MEASURE_TYPES } from '../../withings/measures/types'

/** What a value is where its unit does not say. */
export type ValueKind = 'battery' | 'presence' | 'text'

/** Chart range in metric units, icon, and the kind of value where it is no plain number. */
export type FeatureRow = readonly [min: number, max: number, icon: string, kind?: ValueKind]

const DAY_SECONDS = 86_400

const STATISTICS = ['average', 'min', 'max']
const ZONES = ['light_duration', 'moderate_duration', 'intense_duration', 'maximal_duration']

/** The same row for several types that begin alike. */
function rowsOf(start: string, ends: readonly string[], row: FeatureRow): Record<string, FeatureRow> {
  return Object.fromEntries(ends.map(end => [`${start}_${end}`, row]))
}

/** By type of reading, but for measures; within a group, the most informative first. */
const rows: Readonly<Record<string, FeatureRow>> = {
  // Recordings of heart and stethoscope
  ecg_heart_rate: [0, 250, 'mdi:heart-pulse'],
  ecg_afib: [0, 10, 'mdi:heart-flash'],
  ecg_systolic_blood_pressure: [0, 300, 'mdi:heart-pulse'],
  ecg_diastolic_blood_pressure: [0, 200, 'mdi:heart-pulse'],
  stethoscope_vhd: [0, 10, 'mdi:stethoscope'],
  // Days
  steps: [0, 50_000, 'mdi:shoe-print'],
  distance: [0, 50_000, 'mdi:map-marker-distance'],
  elevation: [0, 2000, 'mdi:stairs-up'],
  light_activity_duration: [0, DAY_SECONDS, 'mdi:walk'],
  moderate_activity_duration: [0, DAY_SECONDS, 'mdi:walk'],
  intense_activity_duration: [0, DAY_SECONDS, 'mdi:run'],
  active_duration: [0, DAY_SECONDS, 'mdi:run'],
  active_calories: [0, 5000, 'mdi:fire'],
  total_calories: [0, 8000, 'mdi:fire'],
  ...rowsOf('heart_rate', STATISTICS, [0, 250, 'mdi:heart-pulse']),
  ...rowsOf('heart_rate_zone', ZONES, [0, DAY_SECONDS, 'mdi:heart-cog']),
  // Intraday
  intraday_steps: [0, 2000, 'mdi:shoe-print'],
  intraday_elevation: [0, 50, 'mdi:stairs-up'],
  intraday_active_calories: [0, 200, 'mdi:fire'],
  intraday_distance: [0, 2000, 'mdi:map-marker-distance'],
  intraday_strokes: [0, 500, 'mdi:swim'],
  intraday_pool_laps: [0, 50, 'mdi:pool'],
  intraday_duration: [0, 3600, 'mdi:timer'],
  heart_rate: [0, 250, 'mdi:heart-pulse'],
  intraday_spo2: [0, 100, 'mdi:lungs'],
  intraday_rmssd: [0, 300, 'mdi:heart-cog'],
  intraday_sdnn: [0, 300, 'mdi:heart-cog'],
  intraday_hrv_quality: [0, 100, 'mdi:heart-cog'],
  core_body_temperature: [30, 45, 'mdi:thermometer'],
  respiratory_rate: [0, 60, 'mdi:lungs'],
  chest_movement_rate: [0, 60, 'mdi:lungs'],
  // Workouts
  workout_type: [0, 1, 'mdi:run', 'text'],
  workout_duration: [0, DAY_SECONDS, 'mdi:timer'],
  workout_active_calories: [0, 5000, 'mdi:fire'],
  workout_intensity: [0, 100, 'mdi:speedometer'],
  workout_manual_intensity: [0, 100, 'mdi:speedometer'],
  workout_manual_distance: [0, 200_000, 'mdi:map-marker-distance'],
  workout_manual_calories: [0, 5000, 'mdi:fire'],
  ...rowsOf('workout_heart_rate', STATISTICS, [0, 250, 'mdi:heart-pulse']),
  ...rowsOf('workout_heart_rate_zone', ZONES, [0, DAY_SECONDS, 'mdi:heart-cog']),
  workout_pause_duration: [0, DAY_SECONDS, 'mdi:timer-pause'],
  workout_detected_pause_duration: [0, DAY_SECONDS, 'mdi:timer-pause'],
  workout_spo2_average: [0, 100, 'mdi:lungs'],
  ...rowsOf('workout_core_body_temperature', STATISTICS, [30, 45, 'mdi:thermometer']),
  workout_core_body_temperature_status: [0, 1, 'mdi:thermometer', 'text'],
  workout_steps: [0, 100_000, 'mdi:shoe-print'],
  workout_distance: [0, 200_000, 'mdi:map-marker-distance'],
  workout_elevation: [0, 2000, 'mdi:stairs-up'],
  workout_pool_laps: [0, 500, 'mdi:pool'],
  workout_strokes: [0, 20_000, 'mdi:swim'],
  workout_pool_length: [0, 100, 'mdi:pool'],
  // Nights
  time_in_bed: [0, DAY_SECONDS, 'mdi:bed'],
  sleep_duration: [0, DAY_SECONDS, 'mdi:sleep'],
  asleep_duration: [0, DAY_SECONDS, 'mdi:sleep'],
  light_sleep_duration: [0, DAY_SECONDS, 'mdi:sleep'],
  deep_sleep_duration: [0, DAY_SECONDS, 'mdi:sleep'],
  rem_sleep_duration: [0, DAY_SECONDS, 'mdi:sleep'],
  sleep_efficiency: [0, 100, 'mdi:sleep'],
  sleep_latency: [0, DAY_SECONDS, 'mdi:bed-clock'],
  wakeup_latency: [0, DAY_SECONDS, 'mdi:bed-clock'],
  awake_duration: [0, DAY_SECONDS, 'mdi:sleep-off'],
  wakeup_count: [0, 50, 'mdi:sleep-off'],
  wake_after_sleep_onset: [0, DAY_SECONDS, 'mdi:sleep-off'],
  rem_episode_count: [0, 20, 'mdi:sleep'],
  out_of_bed_count: [0, 20, 'mdi:bed-empty'],
  breathing_disturbances_intensity: [0, 100, 'mdi:lungs'],
  breathing_quality_assessment: [0, 100, 'mdi:lungs'],
  apnea_hypopnea_index: [0, 100, 'mdi:lungs'],
  withings_index: [0, 100, 'mdi:lungs'],
  ...rowsOf('sleep_heart_rate', STATISTICS, [0, 250, 'mdi:heart-pulse']),
  ...rowsOf('sleep_respiratory_rate', STATISTICS, [0, 60, 'mdi:lungs']),
  ...rowsOf('sleep_chest_movement_rate_wellness', STATISTICS, [0, 60, 'mdi:lungs']),
  ...rowsOf('sleep_chest_movement_rate', STATISTICS, [0, 60, 'mdi:lungs']),
  snoring_duration: [0, DAY_SECONDS, 'mdi:account-voice'],
  snoring_episode_count: [0, 100, 'mdi:account-voice'],
  breathing_sounds_duration: [0, DAY_SECONDS, 'mdi:account-voice'],
  breathing_sounds_episode_count: [0, 100, 'mdi:account-voice'],
  sleep_score: [0, 100, 'mdi:medal'],
  sleep_movement_score_average: [0, 255, 'mdi:motion'],
  sleep_movement_duration: [0, DAY_SECONDS, 'mdi:motion'],
  sleep_rmssd_start: [0, 300, 'mdi:heart-cog'],
  sleep_rmssd_end: [0, 300, 'mdi:heart-cog'],
  ...rowsOf('sleep_core_body_temperature', STATISTICS, [30, 45, 'mdi:thermometer']),
  sleep_core_body_temperature_status: [0, 1, 'mdi:thermometer', 'text'],
  // Bed
  in_bed: [0, 1, 'mdi:bed', 'presence'],
  // Goals
  step_goal: [0, 50_000, 'mdi:flag-checkered'],
  sleep_goal: [0, DAY_SECONDS, 'mdi:flag-checkered'],
  weight_goal: [0, 250, 'mdi:flag-checkered'],
  // Devices
  battery: [0, 100, 'mdi:battery', 'battery']
}

/** Every type that `locales/<language>/measures.json` names. */
export const FEATURE_ROWS: ReadonlyMap<string, FeatureRow> = new Map([
  ...MEASURE_TYPES.map(({ name, min, max, icon }): [string, FeatureRow] => [name, [min, max, icon]]),
  ...Object.entries(rows)
])
