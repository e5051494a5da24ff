import type { Field } from '../readings/fields'

/**
 * How the values of the parts of a night become one: `sum`, `min`, `max`; `mean` weighted by sleep; that of the `first`,
 * `last` or `longest` part; `efficiency`: sleep divided by time in bed.
 */
export type Join = 'sum' | 'mean' | 'min' | 'max' | 'first' | 'last' | 'longest' | 'efficiency'

export interface NightField extends Field {
  join: Join
}

type NightRow = [key: string, type: string, unit: string | null, join: Join, more?: Partial<Field>]

const ZERO_IS_NONE = { zeroIsNone: true } as const

function range(key: string, type: string, unit: string): NightRow[] {
  return [
    [`${key}_average`, `${type}_average`, unit, 'mean', ZERO_IS_NONE],
    [`${key}_min`, `${type}_min`, unit, 'min', ZERO_IS_NONE],
    [`${key}_max`, `${type}_max`, unit, 'max', ZERO_IS_NONE]
  ]
}

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
  ...range('hr', 'sleep_heart_rate', 'bpm'),
  ...range('rr', 'sleep_respiratory_rate', 'breaths/min'),
  ...range('chest_movement_rate_wellness', 'sleep_chest_movement_rate_wellness', 'events/min'),
  ...range('chest_movement_rate', 'sleep_chest_movement_rate', 'events/min'),
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

/** Everything getsummary has of a night (withings-api.md §6.2); a 0 of body functions means "not measured". */
export const NIGHT_FIELDS: readonly NightField[] = nightRows.map(([key, type, unit, join, more]) => ({
  ...{ key, type, unit, join },
  ...more
}))

export interface SeriesField extends Field {
  /** 1 or 0 for each minute; 1 was 100 in answers of 2020. */
  isFlag?: true
}

/** What a device records by the minute (withings-api.md §6.1). */
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
