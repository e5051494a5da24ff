import type { Field } from './fields'

/**
 * How the values of the parts of a split night become one: `sum`; the `mean` weighted by sleep; `min`, `max`; that
 * of the `first`, the `last` or the `longest` part; `efficiency`: sleep by time in bed of all parts.
 */
export type Join = 'sum' | 'mean' | 'min' | 'max' | 'first' | 'last' | 'longest' | 'efficiency'

export interface NightField extends Field {
  join: Join
}

/** Everything getsummary knows of a night (withings-api.md §6.2); a 0 of body functions was not measured. */
export const NIGHT_FIELDS: readonly NightField[] = [
  { key: 'total_timeinbed', type: 'time_in_bed', unit: 's', join: 'sum' },
  { key: 'total_sleep_time', type: 'sleep_duration', unit: 's', join: 'sum' },
  { key: 'asleepduration', type: 'asleep_duration', unit: 's', join: 'sum' },
  { key: 'lightsleepduration', type: 'light_sleep_duration', unit: 's', join: 'sum' },
  { key: 'deepsleepduration', type: 'deep_sleep_duration', unit: 's', join: 'sum' },
  { key: 'remsleepduration', type: 'rem_sleep_duration', unit: 's', join: 'sum' },
  { key: 'sleep_efficiency', type: 'sleep_efficiency', unit: '%', exponent: 2, join: 'efficiency' },
  { key: 'sleep_latency', type: 'sleep_latency', unit: 's', join: 'first' },
  { key: 'wakeup_latency', type: 'wakeup_latency', unit: 's', join: 'last' },
  { key: 'wakeupduration', type: 'awake_duration', unit: 's', join: 'sum' },
  { key: 'wakeupcount', type: 'wakeup_count', unit: null, join: 'sum' },
  { key: 'waso', type: 'wake_after_sleep_onset', unit: 's', join: 'sum' },
  { key: 'nb_rem_episodes', type: 'rem_episode_count', unit: null, join: 'sum' },
  { key: 'out_of_bed_count', type: 'out_of_bed_count', unit: null, join: 'sum' },
  {
    key: 'breathing_disturbances_intensity',
    type: 'breathing_disturbances_intensity',
    unit: null,
    join: 'mean'
  },
  { key: 'breathing_quality_assessment', type: 'breathing_quality_assessment', unit: null, join: 'mean' },
  { key: 'apnea_hypopnea_index', type: 'apnea_hypopnea_index', unit: 'events/h', join: 'mean' },
  { key: 'withings_index', type: 'withings_index', unit: 'events/h', join: 'mean' },
  { key: 'hr_average', type: 'sleep_heart_rate_average', unit: 'bpm', zeroIsNone: true, join: 'mean' },
  { key: 'hr_min', type: 'sleep_heart_rate_min', unit: 'bpm', zeroIsNone: true, join: 'min' },
  { key: 'hr_max', type: 'sleep_heart_rate_max', unit: 'bpm', zeroIsNone: true, join: 'max' },
  {
    key: 'rr_average',
    type: 'sleep_respiratory_rate_average',
    unit: 'breaths/min',
    zeroIsNone: true,
    join: 'mean'
  },
  { key: 'rr_min', type: 'sleep_respiratory_rate_min', unit: 'breaths/min', zeroIsNone: true, join: 'min' },
  { key: 'rr_max', type: 'sleep_respiratory_rate_max', unit: 'breaths/min', zeroIsNone: true, join: 'max' },
  {
    key: 'chest_movement_rate_wellness_average',
    type: 'sleep_chest_movement_rate_wellness_average',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'mean'
  },
  {
    key: 'chest_movement_rate_wellness_min',
    type: 'sleep_chest_movement_rate_wellness_min',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'min'
  },
  {
    key: 'chest_movement_rate_wellness_max',
    type: 'sleep_chest_movement_rate_wellness_max',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'max'
  },
  {
    key: 'chest_movement_rate_average',
    type: 'sleep_chest_movement_rate_average',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'mean'
  },
  {
    key: 'chest_movement_rate_min',
    type: 'sleep_chest_movement_rate_min',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'min'
  },
  {
    key: 'chest_movement_rate_max',
    type: 'sleep_chest_movement_rate_max',
    unit: 'events/min',
    zeroIsNone: true,
    join: 'max'
  },
  { key: 'snoring', type: 'snoring_duration', unit: 's', join: 'sum' },
  { key: 'snoringepisodecount', type: 'snoring_episode_count', unit: null, join: 'sum' },
  { key: 'breathing_sounds', type: 'breathing_sounds_duration', unit: 's', join: 'sum' },
  { key: 'breathing_sounds_episode_count', type: 'breathing_sounds_episode_count', unit: null, join: 'sum' },
  { key: 'sleep_score', type: 'sleep_score', unit: 'points', zeroIsNone: true, join: 'longest' },
  { key: 'mvt_score_avg', type: 'sleep_movement_score_average', unit: null, join: 'mean' },
  { key: 'mvt_active_duration', type: 'sleep_movement_duration', unit: 's', join: 'sum' },
  { key: 'rmssd_start_avg', type: 'sleep_rmssd_start', unit: 'ms', zeroIsNone: true, join: 'first' },
  { key: 'rmssd_end_avg', type: 'sleep_rmssd_end', unit: 'ms', zeroIsNone: true, join: 'last' },
  {
    key: 'core_body_temperature_min',
    type: 'sleep_core_body_temperature_min',
    unit: '°C',
    zeroIsNone: true,
    join: 'min'
  },
  {
    key: 'core_body_temperature_max',
    type: 'sleep_core_body_temperature_max',
    unit: '°C',
    zeroIsNone: true,
    join: 'max'
  },
  {
    key: 'core_body_temperature_avg',
    type: 'sleep_core_body_temperature_average',
    unit: '°C',
    zeroIsNone: true,
    join: 'mean'
  },
  {
    key: 'core_body_temperature_status',
    type: 'sleep_core_body_temperature_status',
    unit: null,
    isText: true,
    join: 'longest'
  }
]

export interface SeriesField extends Field {
  /** It says of each minute whether something was so: 1 or 0; 1 was 100 in answers of 2020. */
  isFlag?: true
}

/** What a device knows from minute to minute (withings-api.md §6.1); nobody has a heart rate of 0. */
export const SERIES_FIELDS: readonly SeriesField[] = [
  { key: 'hr', type: 'heart_rate', unit: 'bpm', zeroIsNone: true },
  { key: 'rr', type: 'respiratory_rate', unit: 'breaths/min', zeroIsNone: true },
  { key: 'snoring', type: 'snoring', unit: null, isFlag: true },
  { key: 'sdnn_1', type: 'sdnn', unit: 'ms', zeroIsNone: true },
  { key: 'rmssd', type: 'rmssd', unit: 'ms', zeroIsNone: true },
  { key: 'hrv_quality', type: 'hrv_quality', unit: null, zeroIsNone: true },
  { key: 'mvt_score', type: 'movement_score', unit: null },
  { key: 'chest_movement_rate', type: 'chest_movement_rate', unit: 'events/min', zeroIsNone: true },
  { key: 'withings_index', type: 'withings_index', unit: 'events/h' },
  { key: 'breathing_sounds', type: 'breathing_sounds', unit: 's' }
]
