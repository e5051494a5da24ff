import type { Field } from '../readings/fields'

type Row = [key: string, type: string, unit: string | null, more?: Partial<Field>]

const fieldsOf = (rows: readonly Row[]): Field[] =>
  rows.map(([key, type, unit, more]) => ({ ...{ key, type, unit }, ...more }))

const ZERO_IS_NONE = { zeroIsNone: true } as const
const IS_TEXT = { isText: true } as const
/** Withings reports 0 s for each zone where no heart rate was measured (withings-api.md §5.1). */
const WITH_HEART_RATE = { measuredWith: ['hr_average', 'hr_min', 'hr_max'] }

/** A day's totals (withings-api.md §5.1; elevation in metres, §13). A heart rate of 0 means "not measured". */
export const DAY_FIELDS: readonly Field[] = fieldsOf([
  ['steps', 'steps', 'steps'],
  ['distance', 'distance', 'm'],
  ['elevation', 'elevation', 'm'],
  ['soft', 'light_activity_duration', 's'],
  ['moderate', 'moderate_activity_duration', 's'],
  ['intense', 'intense_activity_duration', 's'],
  ['active', 'active_duration', 's'],
  ['calories', 'active_calories', 'kcal'],
  ['totalcalories', 'total_calories', 'kcal'],
  ['hr_average', 'heart_rate_average', 'bpm', ZERO_IS_NONE],
  ['hr_min', 'heart_rate_min', 'bpm', ZERO_IS_NONE],
  ['hr_max', 'heart_rate_max', 'bpm', ZERO_IS_NONE],
  ['hr_zone_0', 'heart_rate_zone_light_duration', 's', WITH_HEART_RATE],
  ['hr_zone_1', 'heart_rate_zone_moderate_duration', 's', WITH_HEART_RATE],
  ['hr_zone_2', 'heart_rate_zone_intense_duration', 's', WITH_HEART_RATE],
  ['hr_zone_3', 'heart_rate_zone_maximal_duration', 's', WITH_HEART_RATE]
])

/** What a tracker records by the minute (withings-api.md §5.2). */
export const INTRADAY_FIELDS: readonly Field[] = fieldsOf([
  ['steps', 'intraday_steps', 'steps'],
  ['elevation', 'intraday_elevation', 'm'],
  ['calories', 'intraday_active_calories', 'kcal'],
  ['distance', 'intraday_distance', 'm'],
  ['stroke', 'intraday_strokes', null],
  ['pool_lap', 'intraday_pool_laps', null],
  ['duration', 'intraday_duration', 's'],
  ['heart_rate', 'heart_rate', 'bpm', ZERO_IS_NONE],
  ['spo2_auto', 'intraday_spo2', '%', ZERO_IS_NONE],
  ['rmssd', 'intraday_rmssd', 'ms', ZERO_IS_NONE],
  ['sdnn1', 'intraday_sdnn', 'ms', ZERO_IS_NONE],
  ['hrv_quality', 'intraday_hrv_quality', null],
  ['core_body_temperature', 'core_body_temperature', '°C', ZERO_IS_NONE],
  ['rr', 'respiratory_rate', 'breaths/min', ZERO_IS_NONE],
  ['chest_movement_rate', 'chest_movement_rate', 'events/min', ZERO_IS_NONE]
])

/** What a workout has outside of `data`; `duration` is computed from its start and end. */
export const WORKOUT_FRAME_FIELDS: readonly Field[] = fieldsOf([
  ['category', 'workout_type', null, IS_TEXT],
  ['duration', 'workout_duration', 's']
])

/** `data` of a workout (withings-api.md §5.3). */
export const WORKOUT_FIELDS: readonly Field[] = fieldsOf([
  ['calories', 'workout_active_calories', 'kcal'],
  ['intensity', 'workout_intensity', null, ZERO_IS_NONE],
  ['manual_intensity', 'workout_manual_intensity', null, ZERO_IS_NONE],
  ['manual_distance', 'workout_manual_distance', 'm', ZERO_IS_NONE],
  ['manual_calories', 'workout_manual_calories', 'kcal', ZERO_IS_NONE],
  ['hr_average', 'workout_heart_rate_average', 'bpm', ZERO_IS_NONE],
  ['hr_min', 'workout_heart_rate_min', 'bpm', ZERO_IS_NONE],
  ['hr_max', 'workout_heart_rate_max', 'bpm', ZERO_IS_NONE],
  ['hr_zone_0', 'workout_heart_rate_zone_light_duration', 's', WITH_HEART_RATE],
  ['hr_zone_1', 'workout_heart_rate_zone_moderate_duration', 's', WITH_HEART_RATE],
  ['hr_zone_2', 'workout_heart_rate_zone_intense_duration', 's', WITH_HEART_RATE],
  ['hr_zone_3', 'workout_heart_rate_zone_maximal_duration', 's', WITH_HEART_RATE],
  ['pause_duration', 'workout_pause_duration', 's'],
  ['algo_pause_duration', 'workout_detected_pause_duration', 's'],
  ['spo2_average', 'workout_spo2_average', '%', ZERO_IS_NONE],
  ['core_body_temperature_avg', 'workout_core_body_temperature_average', '°C', ZERO_IS_NONE],
  ['core_body_temperature_min', 'workout_core_body_temperature_min', '°C', ZERO_IS_NONE],
  ['core_body_temperature_max', 'workout_core_body_temperature_max', '°C', ZERO_IS_NONE],
  ['core_body_temperature_status', 'workout_core_body_temperature_status', null, IS_TEXT],
  ['steps', 'workout_steps', 'steps'],
  ['distance', 'workout_distance', 'm'],
  ['elevation', 'workout_elevation', 'm'],
  ['pool_laps', 'workout_pool_laps', null],
  ['strokes', 'workout_strokes', null],
  ['pool_length', 'workout_pool_length', 'm', ZERO_IS_NONE]
])
