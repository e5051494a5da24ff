import type { Field } from '../readings/fields'

/**
 * How the values of the parts of a split night become one: `sum`; the `mean` weighted by sleep; `min`, `max`; that
 * of the `first`, the `last` or the `longest` part; `efficiency`: sleep by time in bed of all parts.
 */
export type Join = 'sum' | 'mean' | 'min' | 'max' | 'first' | 'last' | 'longest' | 'efficiency'

export interface NightField extends Field {
  join: Join
}

type NightRow = [key: string, type: string, unit: string | null, join: Join, more?: Partial<Field>]

const ZERO_IS_NONE = { zeroIsNone: true } as const

const nightRows: readonly NightRow[] = [
  ['total_timeinbed', 'time_in_bed', 's', 'sum'],
  ['total_sleep_time', 'sleep_duration', 's', 'sum'],
  ['asleepduration', 'asleep_duration', 's', 'sum'],
  ['lightsleepduration', 'light_sleep_duration', 's', 'sum'],
  ['deepsleepduration', 'deep_sleep_duration', 's', 'sum'],
  ['remsleepduration', 'rem_sleep_duration', 's', 'sum'],
  ['sleep_efficiency', 'sleep_efficiency', '%', 'efficiency', { exponent: 2 }],
  ['sleep_latency', 'sleep_latency', 's', 'first'],
  ['wakeup_latency', 'wakeup_latency', 's', 'last'],
  ['wakeupduration', 'awake_duration', 's', 'sum'],
  ['wakeupcount', 'wakeup_count', null, 'sum'],
  ['waso', 'wake_after_sleep_onset', 's', 'sum'],
  ['nb_rem_episodes', 'rem_episode_count', null, 'sum'],
  ['out_of_bed_count', 'out_of_bed_count', null, 'sum'],
  ['breathing_disturbances_intensity', 'breathing_disturbances_intensity', null, 'mean'],
  ['breathing_quality_assessment', 'breathing_quality_assessment', null, 'mean'],
  ['apnea_hypopnea_index', 'apnea_hypopnea_index', 'events/h', 'mean'],
  ['withings_index', 'withings_index', 'events/h', 'mean'],
  ['hr_average', 'sleep_heart_rate_average', 'bpm', 'mean', ZERO_IS_NONE],
  ['hr_min', 'sleep_heart_rate_min', 'bpm', 'min', ZERO_IS_NONE],
  ['hr_max', 'sleep_heart_rate_max', 'bpm', 'max', ZERO_IS_NONE],
  ['rr_average', 'sleep_respiratory_rate_average', 'breaths/min', 'mean', ZERO_IS_NONE],
  ['rr_min', 'sleep_respiratory_rate_min', 'breaths/min', 'min', ZERO_IS_NONE],
  ['rr_max', 'sleep_respiratory_rate_max', 'breaths/min', 'max', ZERO_IS_NONE],
  [
    'chest_movement_rate_wellness_average',
    'sleep_chest_movement_rate_wellness_average',
    'events/min',
    'mean',
    ZERO_IS_NONE
  ],
  [
    'chest_movement_rate_wellness_min',
    'sleep_chest_movement_rate_wellness_min',
    'events/min',
    'min',
    ZERO_IS_NONE
  ],
  [
    'chest_movement_rate_wellness_max',
    'sleep_chest_movement_rate_wellness_max',
    'events/min',
    'max',
    ZERO_IS_NONE
  ],
  ['chest_movement_rate_average', 'sleep_chest_movement_rate_average', 'events/min', 'mean', ZERO_IS_NONE],
  ['chest_movement_rate_min', 'sleep_chest_movement_rate_min', 'events/min', 'min', ZERO_IS_NONE],
  ['chest_movement_rate_max', 'sleep_chest_movement_rate_max', 'events/min', 'max', ZERO_IS_NONE],
  ['snoring', 'snoring_duration', 's', 'sum'],
  ['snoringepisodecount', 'snoring_episode_count', null, 'sum'],
  ['breathing_sounds', 'breathing_sounds_duration', 's', 'sum'],
  ['breathing_sounds_episode_count', 'breathing_sounds_episode_count', null, 'sum'],
  ['sleep_score', 'sleep_score', 'points', 'longest', ZERO_IS_NONE],
  ['mvt_score_avg', 'sleep_movement_score_average', null, 'mean'],
  ['mvt_active_duration', 'sleep_movement_duration', 's', 'sum'],
  ['rmssd_start_avg', 'sleep_rmssd_start', 'ms', 'first', ZERO_IS_NONE],
  ['rmssd_end_avg', 'sleep_rmssd_end', 'ms', 'last', ZERO_IS_NONE],
  ['core_body_temperature_min', 'sleep_core_body_temperature_min', '°C', 'min', ZERO_IS_NONE],
  ['core_body_temperature_max', 'sleep_core_body_temperature_max', '°C', 'max', ZERO_IS_NONE],
  ['core_body_temperature_avg', 'sleep_core_body_temperature_average', '°C', 'mean', ZERO_IS_NONE],
  ['core_body_temperature_status', 'sleep_core_body_temperature_status', null, 'longest', { isText: true }]
]

/** Everything getsummary knows of a night (withings-api.md §6.2); a 0 of body functions was not measured. */
export const NIGHT_FIELDS: readonly NightField[] = nightRows.map(([key, type, unit, join, more]) => ({
  ...{ key, type, unit, join },
  ...more
}))

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
