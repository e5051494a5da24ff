/** By which the editor groups types. */
type Theme = 'body' | 'heart' | 'temperature' | 'nerves' | 'urine'

/** `type` of the devices that measure something (withings-api.md §4.3 "Quick device map"). */
const SCALE = 'scale'
const MONITOR = 'blood_pressure_monitor'
const THERMOMETER = 'thermometer'
const TRACKER = 'activity_tracker'
type DeviceKind = typeof SCALE | typeof MONITOR | typeof THERMOMETER | typeof TRACKER

export interface MeasureType {
  meastype: number
  /** One that begins with `segment_` is measured part by part of the body. */
  name: string
  /** null: a code, an index or a unit that Withings does not publish. */
  unit: string | null
  theme: Theme
  /** Range of a chart, in `unit`. */
  min: number
  max: number
  /** Of Material Design Icons. */
  icon: string
  /** Kinds of devices that can measure it; none for what is typed in, or comes from a device nobody described yet. */
  devices: readonly DeviceKind[]
}

type Row = [
  meastype: number,
  name: string,
  unit: string | null,
  min: number,
  max: number,
  icon: string,
  ...devices: DeviceKind[]
]

/** A new type is one row here and a name in `measures.json` of each language; all else derives (CONTRIBUTING.md). */
const themes: Record<Theme, Row[]> = {
  body: [
    [1, 'weight', 'kg', 0, 250, 'mdi:scale-bathroom', SCALE],
    [4, 'height', 'm', 0, 2.5, 'mdi:human-male-height'],
    [5, 'fat_free_mass', 'kg', 0, 200, 'mdi:scale-bathroom', SCALE],
    [6, 'fat_ratio', '%', 0, 100, 'mdi:percent', SCALE],
    [8, 'fat_mass', 'kg', 0, 200, 'mdi:scale-bathroom', SCALE],
    [76, 'muscle_mass', 'kg', 0, 200, 'mdi:arm-flex', SCALE],
    [77, 'hydration', 'kg', 0, 150, 'mdi:water', SCALE],
    [88, 'bone_mass', 'kg', 0, 20, 'mdi:bone', SCALE],
    [168, 'extracellular_water', 'kg', 0, 100, 'mdi:water', SCALE],
    [169, 'intracellular_water', 'kg', 0, 100, 'mdi:water', SCALE],
    [170, 'visceral_fat', null, 0, 60, 'mdi:stomach', SCALE],
    [173, 'segment_fat_free_mass', 'kg', 0, 100, 'mdi:human', SCALE],
    [174, 'segment_fat_mass', 'kg', 0, 100, 'mdi:human', SCALE],
    [175, 'segment_muscle_mass', 'kg', 0, 100, 'mdi:human', SCALE],
    [226, 'basal_metabolic_rate', 'kcal', 0, 5000, 'mdi:fire', SCALE],
    [227, 'metabolic_age', 'years', 0, 120, 'mdi:calendar-account', SCALE]
  ],
  heart: [
    [9, 'diastolic_blood_pressure', 'mmHg', 0, 200, 'mdi:heart-pulse', MONITOR],
    [10, 'systolic_blood_pressure', 'mmHg', 0, 300, 'mdi:heart-pulse', MONITOR],
    [11, 'heart_pulse', 'bpm', 0, 250, 'mdi:heart-pulse', SCALE, MONITOR, THERMOMETER],
    [54, 'spo2', '%', 0, 100, 'mdi:lungs', THERMOMETER, TRACKER],
    [91, 'pulse_wave_velocity', 'm/s', 0, 20, 'mdi:pulse', SCALE],
    [123, 'vo2_max', 'ml/min/kg', 0, 100, 'mdi:run-fast', TRACKER],
    [130, 'atrial_fibrillation', null, 0, 10, 'mdi:heart-flash', SCALE, MONITOR, TRACKER],
    [135, 'qrs_interval', 'ms', 0, 300, 'mdi:heart-flash', SCALE, TRACKER],
    [136, 'pr_interval', 'ms', 0, 500, 'mdi:heart-flash', SCALE, TRACKER],
    [137, 'qt_interval', 'ms', 0, 800, 'mdi:heart-flash', SCALE, TRACKER],
    [138, 'corrected_qt_interval', 'ms', 0, 800, 'mdi:heart-flash', SCALE, TRACKER],
    [139, 'atrial_fibrillation_ppg', null, 0, 10, 'mdi:heart-flash', TRACKER],
    [155, 'vascular_age', 'years', 0, 120, 'mdi:calendar-heart', SCALE]
  ],
  temperature: [
    [12, 'temperature', '°C', 30, 45, 'mdi:thermometer', THERMOMETER],
    [71, 'body_temperature', '°C', 30, 45, 'mdi:thermometer', THERMOMETER, TRACKER],
    [73, 'skin_temperature', '°C', 15, 45, 'mdi:thermometer', THERMOMETER, TRACKER]
  ],
  nerves: [
    [158, 'nerve_health_score_left_foot', null, 0, 100, 'mdi:foot-print', SCALE],
    [159, 'nerve_health_score_right_foot', null, 0, 100, 'mdi:foot-print', SCALE],
    [167, 'nerve_health_score_feet', null, 0, 100, 'mdi:foot-print', SCALE],
    [196, 'electrodermal_activity_feet', '%', 0, 100, 'mdi:foot-print', SCALE],
    [197, 'electrodermal_activity_left_foot', '%', 0, 100, 'mdi:foot-print', SCALE],
    [198, 'electrodermal_activity_right_foot', '%', 0, 100, 'mdi:foot-print', SCALE],
    [229, 'electrochemical_skin_conductance', 'µS', 0, 150, 'mdi:foot-print', SCALE]
  ],
  urine: [
    [147, 'urine_ph', null, 0, 14, 'mdi:test-tube'],
    [148, 'urine_specific_gravity', null, 0, 2, 'mdi:test-tube'],
    [151, 'urine_nitrites', 'µmol/L', 0, 100, 'mdi:test-tube'],
    [204, 'urine_ketones', 'mmol/L', 0, 20, 'mdi:test-tube'],
    [205, 'urine_vitamin_c', 'mmol/L', 0, 20, 'mdi:test-tube'],
    [248, 'urine_calcium', 'mmol/L', 0, 100, 'mdi:test-tube'],
    [249, 'urine_creatinine', 'mmol/L', 0, 100, 'mdi:test-tube'],
    [251, 'urine_calcium_creatinine_ratio', 'mmol/mmol', 0, 10, 'mdi:test-tube']
  ]
}

/** Every type of getmeas that has a name (withings-api.md §4.3, design.md §2.3); the most telling of a theme first. */
export const MEASURE_TYPES: readonly MeasureType[] = (Object.keys(themes) as Theme[]).flatMap(theme =>
  themes[theme].map(([meastype, name, unit, min, max, icon, ...devices]) => {
    return { meastype, name, unit, theme, min, max, icon, devices }
  })
)

const byNumber = new Map(MEASURE_TYPES.map(type => [type.meastype, type]))
const byName = new Map(MEASURE_TYPES.map(type => [type.name, type]))

/** Name and unit of a meastype; an unknown one passes through as `measure_<n>` without a unit. */
export function measureType(meastype: number): Pick<MeasureType, 'name' | 'unit'> {
  return byNumber.get(meastype) ?? { name: `measure_${meastype}`, unit: null }
}

/** The number behind a name, `measure_<n>` of an unknown type too; undefined for `measure_1`, which is `weight`. */
export function meastypeOf(name: string): number | undefined {
  const known = byName.get(name)
  if (known) return known.meastype
  const digits = /^measure_(\d{1,9})$/.exec(name)?.[1]
  return digits !== undefined && measureType(Number(digits)).name === name ? Number(digits) : undefined
}
