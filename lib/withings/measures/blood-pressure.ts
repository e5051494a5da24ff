import type { Reading } from '../readings/reading'

export type BloodPressureClass =
  | 'optimal'
  | 'normal'
  | 'high_normal'
  | 'grade_1_hypertension'
  | 'grade_2_hypertension'
  | 'grade_3_hypertension'
  | 'isolated_systolic_hypertension'

/** A pair of one measurement in mmHg and where the guideline places it. No diagnosis. */
export interface BloodPressure {
  systolic: number
  diastolic: number
  class: BloodPressureClass
  /** Of hypertension, the isolated systolic one included; null below it. */
  grade: 1 | 2 | 3 | null
  /** Whose limits these are. */
  source: string
}

/**
 * Office blood pressure, table 3 of the guideline. The European Society of Hypertension kept these limits in
 * 2023; the European Society of Cardiology has had others since 2024 (non-elevated, elevated, hypertension).
 */
const SOURCE = '2018 ESC/ESH Guidelines for the management of arterial hypertension (office blood pressure)'

/** Highest first: one of the two values is enough to be in a class. */
const LIMITS: readonly Omit<BloodPressure, 'source'>[] = [
  { systolic: 180, diastolic: 110, class: 'grade_3_hypertension', grade: 3 },
  { systolic: 160, diastolic: 100, class: 'grade_2_hypertension', grade: 2 },
  { systolic: 140, diastolic: 90, class: 'grade_1_hypertension', grade: 1 },
  { systolic: 130, diastolic: 85, class: 'high_normal', grade: null },
  { systolic: 120, diastolic: 80, class: 'normal', grade: null }
]
const OPTIMAL = { class: 'optimal', grade: null } as const
const HYPERTENSION = { systolic: 140, diastolic: 90 }

/** Values in mmHg → class. */
export function classifyBloodPressure(systolic: number, diastolic: number): BloodPressure {
  const limit = LIMITS.find(each => systolic >= each.systolic || diastolic >= each.diastolic) ?? OPTIMAL
  const isolated = systolic >= HYPERTENSION.systolic && diastolic < HYPERTENSION.diastolic
  const name = isolated ? 'isolated_systolic_hypertension' : limit.class
  return { systolic, diastolic, class: name, grade: limit.grade, source: SOURCE }
}

/** The blood pressure of each systolic reading that has its diastolic one among the others. */
export function bloodPressures(readings: readonly Reading[]): Map<Reading, BloodPressure> {
  const ofType = (type: string) => readings.filter(reading => reading.type === type)
  const diastolic = new Map(
    ofType('diastolic_blood_pressure').map(reading => [measurementOf(reading), reading.value])
  )
  const found = new Map<Reading, BloodPressure>()
  for (const reading of ofType('systolic_blood_pressure')) {
    const [upper, lower] = [reading.value, diastolic.get(measurementOf(reading))]
    if (typeof upper !== 'number' || typeof lower !== 'number') continue
    found.set(reading, classifyBloodPressure(upper, lower))
  }
  return found
}

/** The one of these readings, oldest first, that was measured last. */
export function newestBloodPressure(readings: readonly Reading[]): BloodPressure | undefined {
  return [...bloodPressures(readings).values()].at(-1)
}

/** Both arms may be measured at once. */
function measurementOf({ groupId, position = '' }: Reading): string {
  return `${groupId} ${position}`
}
