/** What a value is where its unit does not tell. */
export type ValueKind = 'battery' | 'presence' | 'text'

/** Range in metric units, for charts; icon; nature where it is no plain number. */
export type TypeRow = readonly [min: number, max: number, icon: string, nature?: ValueKind]

type Rows = Readonly<Record<string, TypeRow>>

const DAY_SECONDS = 86_400

const body: Rows = {
  weight: [0, 250, 'mdi:scale-bathroom'],
  height: [0, 2.5, 'mdi:human-male-height'],
  fat_free_mass: [0, 200, 'mdi:scale-bathroom'],
  fat_ratio: [0, 100, 'mdi:percent'],
  fat_mass: [0, 200, 'mdi:scale-bathroom'],
  muscle_mass: [0, 200, 'mdi:arm-flex'],
  hydration: [0, 150, 'mdi:water'],
  bone_mass: [0, 20, 'mdi:bone'],
  extracellular_water: [0, 100, 'mdi:water'],
  intracellular_water: [0, 100, 'mdi:water'],
  visceral_fat: [0, 60, 'mdi:stomach'],
  segment_fat_free_mass: [0, 100, 'mdi:human'],
  segment_fat_mass: [0, 100, 'mdi:human'],
  segment_muscle_mass: [0, 100, 'mdi:human'],
  basal_metabolic_rate: [0, 5000, 'mdi:fire'],
  metabolic_age: [0, 120, 'mdi:calendar-account']
}

const heart: Rows = {
  diastolic_blood_pressure: [0, 200, 'mdi:heart-pulse'],
  systolic_blood_pressure: [0, 300, 'mdi:heart-pulse'],
  heart_pulse: [0, 250, 'mdi:heart-pulse'],
  spo2: [0, 100, 'mdi:lungs'],
  pulse_wave_velocity: [0, 20, 'mdi:pulse'],
  vo2_max: [0, 100, 'mdi:run-fast'],
  atrial_fibrillation: [0, 10, 'mdi:heart-flash'],
  qrs_interval: [0, 300, 'mdi:heart-flash'],
  pr_interval: [0, 500, 'mdi:heart-flash'],
  qt_interval: [0, 800, 'mdi:heart-flash'],
  corrected_qt_interval: [0, 800, 'mdi:heart-flash'],
  atrial_fibrillation_ppg: [0, 10, 'mdi:heart-flash'],
  vascular_age: [0, 120, 'mdi:calendar-heart']
}

const temperature: Rows = {
  temperature: [30, 45, 'mdi:thermometer'],
  body_temperature: [30, 45, 'mdi:thermometer'],
  skin_temperature: [15, 45, 'mdi:thermometer']
}

const nerves: Rows = {
  nerve_health_score_left_foot: [0, 100, 'mdi:foot-print'],
  nerve_health_score_right_foot: [0, 100, 'mdi:foot-print'],
  nerve_health_score_feet: [0, 100, 'mdi:foot-print'],
  electrodermal_activity_feet: [0, 100, 'mdi:foot-print'],
  electrodermal_activity_left_foot: [0, 100, 'mdi:foot-print'],
  electrodermal_activity_right_foot: [0, 100, 'mdi:foot-print'],
  electrochemical_skin_conductance: [0, 150, 'mdi:foot-print']
}

const urine: Rows = {
  urine_ph: [0, 14, 'mdi:test-tube'],
  urine_specific_gravity: [0, 2, 'mdi:test-tube'],
  urine_nitrites: [0, 100, 'mdi:test-tube'],
  urine_ketones: [0, 20, 'mdi:test-tube'],
  urine_vitamin_c: [0, 20, 'mdi:test-tube'],
  urine_calcium: [0, 100, 'mdi:test-tube'],
  urine_creatinine: [0, 100, 'mdi:test-tube'],
  urine_calcium_creatinine_ratio: [0, 10, 'mdi:test-tube']
}

const recordings: Rows = {
  ecg_heart_rate: [0, 250, 'mdi:heart-pulse'],
  ecg_afib: [0, 10, 'mdi:heart-flash'],
  ecg_systolic_blood_pressure: [0, 300, 'mdi:heart-pulse'],
  ecg_diastolic_blood_pressure: [0, 200, 'mdi:heart-pulse'],
  stethoscope_vhd: [0, 10, 'mdi:stethoscope']
}

const day: Rows = {
  steps: [0, 50_000, 'mdi:shoe-print'],
  distance: [0, 50_000, 'mdi:map-marker-distance'],
  elevation: [0, 2000, 'mdi:stairs-up'],
  light_activity_duration: [0, DAY_SECONDS, 'mdi:walk'],
  moderate_activity_duration: [0, DAY_SECONDS, 'mdi:walk'],
  intense_activity_duration: [0, DAY_SECONDS, 'mdi:run'],
  active_duration: [0, DAY_SECONDS, 'mdi:run'],
  active_calories: [0, 5000, 'mdi:fire'],
  total_calories: [0, 8000, 'mdi:fire'],
  heart_rate_average: [0, 250, 'mdi:heart-pulse'],
  heart_rate_min: [0, 250, 'mdi:heart-pulse'],
  heart_rate_max: [0, 250, 'mdi:heart-pulse'],
  heart_rate_zone_light_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  heart_rate_zone_moderate_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  heart_rate_zone_intense_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  heart_rate_zone_maximal_duration: [0, DAY_SECONDS, 'mdi:heart-cog']
}

const intraday: Rows = {
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
  chest_movement_rate: [0, 60, 'mdi:lungs']
}

const workout: Rows = {
  workout_type: [0, 1, 'mdi:run', 'text'],
  workout_duration: [0, DAY_SECONDS, 'mdi:timer'],
  workout_active_calories: [0, 5000, 'mdi:fire'],
  workout_intensity: [0, 100, 'mdi:speedometer'],
  workout_manual_intensity: [0, 100, 'mdi:speedometer'],
  workout_manual_distance: [0, 200_000, 'mdi:map-marker-distance'],
  workout_manual_calories: [0, 5000, 'mdi:fire'],
  workout_heart_rate_average: [0, 250, 'mdi:heart-pulse'],
  workout_heart_rate_min: [0, 250, 'mdi:heart-pulse'],
  workout_heart_rate_max: [0, 250, 'mdi:heart-pulse'],
  workout_heart_rate_zone_light_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  workout_heart_rate_zone_moderate_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  workout_heart_rate_zone_intense_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  workout_heart_rate_zone_maximal_duration: [0, DAY_SECONDS, 'mdi:heart-cog'],
  workout_pause_duration: [0, DAY_SECONDS, 'mdi:timer-pause'],
  workout_detected_pause_duration: [0, DAY_SECONDS, 'mdi:timer-pause'],
  workout_spo2_average: [0, 100, 'mdi:lungs'],
  workout_core_body_temperature_average: [30, 45, 'mdi:thermometer'],
  workout_core_body_temperature_min: [30, 45, 'mdi:thermometer'],
  workout_core_body_temperature_max: [30, 45, 'mdi:thermometer'],
  workout_core_body_temperature_status: [0, 1, 'mdi:thermometer', 'text'],
  workout_steps: [0, 100_000, 'mdi:shoe-print'],
  workout_distance: [0, 200_000, 'mdi:map-marker-distance'],
  workout_elevation: [0, 2000, 'mdi:stairs-up'],
  workout_pool_laps: [0, 500, 'mdi:pool'],
  workout_strokes: [0, 20_000, 'mdi:swim'],
  workout_pool_length: [0, 100, 'mdi:pool']
}

const night: Rows = {
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
  sleep_heart_rate_average: [0, 250, 'mdi:heart-pulse'],
  sleep_heart_rate_min: [0, 250, 'mdi:heart-pulse'],
  sleep_heart_rate_max: [0, 250, 'mdi:heart-pulse'],
  sleep_respiratory_rate_average: [0, 60, 'mdi:lungs'],
  sleep_respiratory_rate_min: [0, 60, 'mdi:lungs'],
  sleep_respiratory_rate_max: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_wellness_average: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_wellness_min: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_wellness_max: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_average: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_min: [0, 60, 'mdi:lungs'],
  sleep_chest_movement_rate_max: [0, 60, 'mdi:lungs'],
  snoring_duration: [0, DAY_SECONDS, 'mdi:account-voice'],
  snoring_episode_count: [0, 100, 'mdi:account-voice'],
  breathing_sounds_duration: [0, DAY_SECONDS, 'mdi:account-voice'],
  breathing_sounds_episode_count: [0, 100, 'mdi:account-voice'],
  sleep_score: [0, 100, 'mdi:medal'],
  sleep_movement_score_average: [0, 255, 'mdi:motion'],
  sleep_movement_duration: [0, DAY_SECONDS, 'mdi:motion'],
  sleep_rmssd_start: [0, 300, 'mdi:heart-cog'],
  sleep_rmssd_end: [0, 300, 'mdi:heart-cog'],
  sleep_core_body_temperature_min: [30, 45, 'mdi:thermometer'],
  sleep_core_body_temperature_max: [30, 45, 'mdi:thermometer'],
  sleep_core_body_temperature_average: [30, 45, 'mdi:thermometer'],
  sleep_core_body_temperature_status: [0, 1, 'mdi:thermometer', 'text']
}

const bed: Rows = {
  in_bed: [0, 1, 'mdi:bed', 'presence']
}

const goals: Rows = {
  step_goal: [0, 50_000, 'mdi:flag-checkered'],
  sleep_goal: [0, DAY_SECONDS, 'mdi:flag-checkered'],
  weight_goal: [0, 250, 'mdi:flag-checkered']
}

const devices: Rows = {
  battery: [0, 100, 'mdi:battery', 'battery']
}

const groups = [
  ...[body, heart, temperature, nerves, urine, recordings],
  ...[day, intraday, workout, night, bed, goals, devices]
]

/** Every type that has a name in `locales/<language>/measures.json`; the most telling of a group come first. */
export const FEATURE_TYPES: ReadonlyMap<string, TypeRow> = new Map(
  groups.flatMap(rows => Object.entries(rows))
)
