/** By which the editor groups types. */
type Theme = 'body' | 'heart' | 'temperature' | 'nerves' | 'urine'

interface MeasureType {
  meastype: number
  name: string
  /** null: a code, an index or a unit that Withings does not publish. */
  unit: string | null
  theme: Theme
}

const themes: Record<Theme, [meastype: number, name: string, unit: string | null][]> = {
  body: [
    [1, 'weight', 'kg'],
    [4, 'height', 'm'],
    [5, 'fat_free_mass', 'kg'],
    [6, 'fat_ratio', '%'],
    [8, 'fat_mass', 'kg'],
    [76, 'muscle_mass', 'kg'],
    [77, 'hydration', 'kg'],
    [88, 'bone_mass', 'kg'],
    [168, 'extracellular_water', 'kg'],
    [169, 'intracellular_water', 'kg'],
    [170, 'visceral_fat', null],
    [173, 'segment_fat_free_mass', 'kg'],
    [174, 'segment_fat_mass', 'kg'],
    [175, 'segment_muscle_mass', 'kg'],
    [226, 'basal_metabolic_rate', 'kcal'],
    [227, 'metabolic_age', 'years']
  ],
  heart: [
    [9, 'diastolic_blood_pressure', 'mmHg'],
    [10, 'systolic_blood_pressure', 'mmHg'],
    [11, 'heart_pulse', 'bpm'],
    [54, 'spo2', '%'],
    [91, 'pulse_wave_velocity', 'm/s'],
    [123, 'vo2_max', 'ml/min/kg'],
    [130, 'atrial_fibrillation', null],
    [135, 'qrs_interval', 'ms'],
    [136, 'pr_interval', 'ms'],
    [137, 'qt_interval', 'ms'],
    [138, 'corrected_qt_interval', 'ms'],
    [139, 'atrial_fibrillation_ppg', null],
    [155, 'vascular_age', 'years']
  ],
  temperature: [
    [12, 'temperature', '°C'],
    [71, 'body_temperature', '°C'],
    [73, 'skin_temperature', '°C']
  ],
  nerves: [
    [158, 'nerve_health_score_left_foot', null],
    [159, 'nerve_health_score_right_foot', null],
    [167, 'nerve_health_score_feet', null],
    [196, 'electrodermal_activity_feet', '%'],
    [197, 'electrodermal_activity_left_foot', '%'],
    [198, 'electrodermal_activity_right_foot', '%'],
    [229, 'electrochemical_skin_conductance', 'µS']
  ],
  urine: [
    [147, 'urine_ph', null],
    [148, 'urine_specific_gravity', null],
    [151, 'urine_nitrites', 'µmol/L'],
    [204, 'urine_ketones', 'mmol/L'],
    [205, 'urine_vitamin_c', 'mmol/L'],
    [248, 'urine_calcium', 'mmol/L'],
    [249, 'urine_creatinine', 'mmol/L'],
    [251, 'urine_calcium_creatinine_ratio', 'mmol/mmol']
  ]
}

/** Every type of getmeas that has a name (withings-api.md §4.3, design.md §2.3). */
export const MEASURE_TYPES: readonly MeasureType[] = (Object.keys(themes) as Theme[]).flatMap(theme =>
  themes[theme].map(([meastype, name, unit]) => ({ meastype, name, unit, theme }))
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
