import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import should from 'should'
import { READING_TYPES } from '../../../../lib/withings/diagnostics/reading-types'
import { meastypeOf, MEASURE_TYPES, measureType } from '../../../../lib/withings/measures/types'
import { bodyPosition } from '../../../../lib/withings/readings/body-positions'
import { unitKey } from '../../../../lib/withings/readings/units'

/** What users were promised; a type that is new need not be here. */
const documented: [number, string, string | null][] = [
  [1, 'weight', 'kg'],
  [4, 'height', 'm'],
  [5, 'fat_free_mass', 'kg'],
  [6, 'fat_ratio', '%'],
  [8, 'fat_mass', 'kg'],
  [9, 'diastolic_blood_pressure', 'mmHg'],
  [10, 'systolic_blood_pressure', 'mmHg'],
  [11, 'heart_pulse', 'bpm'],
  [12, 'temperature', '°C'],
  [54, 'spo2', '%'],
  [71, 'body_temperature', '°C'],
  [73, 'skin_temperature', '°C'],
  [76, 'muscle_mass', 'kg'],
  [77, 'hydration', 'kg'],
  [88, 'bone_mass', 'kg'],
  [91, 'pulse_wave_velocity', 'm/s'],
  [123, 'vo2_max', 'ml/min/kg'],
  [130, 'atrial_fibrillation', null],
  [135, 'qrs_interval', 'ms'],
  [136, 'pr_interval', 'ms'],
  [137, 'qt_interval', 'ms'],
  [138, 'corrected_qt_interval', 'ms'],
  [139, 'atrial_fibrillation_ppg', null],
  [147, 'urine_ph', null],
  [148, 'urine_specific_gravity', null],
  [151, 'urine_nitrites', 'µmol/L'],
  [155, 'vascular_age', 'years'],
  [158, 'nerve_health_score_left_foot', null],
  [159, 'nerve_health_score_right_foot', null],
  [167, 'nerve_health_score_feet', null],
  [168, 'extracellular_water', 'kg'],
  [169, 'intracellular_water', 'kg'],
  [170, 'visceral_fat', null],
  [173, 'segment_fat_free_mass', 'kg'],
  [174, 'segment_fat_mass', 'kg'],
  [175, 'segment_muscle_mass', 'kg'],
  [196, 'electrodermal_activity_feet', '%'],
  [197, 'electrodermal_activity_left_foot', '%'],
  [198, 'electrodermal_activity_right_foot', '%'],
  [204, 'urine_ketones', 'mmol/L'],
  [205, 'urine_vitamin_c', 'mmol/L'],
  [226, 'basal_metabolic_rate', 'kcal'],
  [227, 'metabolic_age', 'years'],
  [229, 'electrochemical_skin_conductance', 'µS'],
  [248, 'urine_calcium', 'mmol/L'],
  [249, 'urine_creatinine', 'mmol/L'],
  [251, 'urine_calcium_creatinine_ratio', 'mmol/mmol']
]

describe('measure types', () => {
  it('are all that the users were promised, with their units', () => {
    const rows = new Map(MEASURE_TYPES.map(({ meastype, name, unit }) => [meastype, [meastype, name, unit]]))
    documented.map(([meastype]) => rows.get(meastype)).should.eql(documented)
  })

  it('have a number and a name of their own', () => {
    new Set(MEASURE_TYPES.map(({ meastype }) => meastype)).size.should.equal(MEASURE_TYPES.length)
    new Set(MEASURE_TYPES.map(({ name }) => name)).size.should.equal(MEASURE_TYPES.length)
    MEASURE_TYPES.filter(({ name }) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)).should.eql([])
  })

  it('have a range and an icon', () => {
    MEASURE_TYPES.filter(
      ({ min, max, icon }) => !(min < max && /^mdi:[a-z]+(-[a-z]+)*$/.test(icon))
    ).should.eql([])
  })

  it('are found by number and by name', () => {
    documented.map(([number]) => measureType(number).name).should.eql(documented.map(([, name]) => name))
    documented.map(([number]) => measureType(number).unit).should.eql(documented.map(([, , unit]) => unit))
    documented.map(([, name]) => meastypeOf(name)).should.eql(documented.map(([number]) => number))
  })

  it('pass an unknown number through, without a unit, and back again', () => {
    measureType(300).should.eql({ name: 'measure_300', unit: null })
    should(meastypeOf('measure_300')).equal(300)
  })

  for (const name of [
    '',
    'Weight',
    'measure_',
    'measure_-1',
    'measure_1.5',
    'measure_1',
    'measure_01',
    'measure_0300',
    'measure_NaN',
    'measure_1234567890',
    'toString'
  ])
    it(`know no ${JSON.stringify(name)}`, () => {
      should(meastypeOf(name)).be.undefined()
    })
})

/** Units that are words, and so are translated. */
const WORDS = READING_TYPES.map(({ unit }) => unit ?? '').filter(
  unit => /[a-z]{5}|\/min$|\/h$/.test(unit) && !unit.startsWith('m')
)

/** By key in `measures.json`: what needs a text of its own there. */
const named = {
  measure: [...READING_TYPES.map(({ type }) => type), 'battery'],
  unit: [...new Set(WORDS.map(unitKey))],
  position: Array.from({ length: 32 }, (_, number) => bodyPosition(number)).filter(name => name !== undefined)
}

for (const language of ['en-US', 'fr', 'de']) {
  const file = `locales/${language}/measures.json`

  describe(file, () => {
    const text = readFileSync(join(__dirname, '../../../..', file), 'utf8')
    const { withings } = JSON.parse(text) as { withings: Record<keyof typeof named, Record<string, string>> }

    for (const kind of ['measure', 'unit', 'position'] as const) {
      it(`has a text for each ${kind}`, () => {
        named[kind].filter(name => !withings[kind][name]).should.eql([])
      })

      it(`has no text for a ${kind} that does not exist`, () => {
        Object.keys(withings[kind])
          .filter(name => !named[kind].includes(name))
          .should.eql([])
      })
    }

    it('tells the measures apart', () => {
      new Set(Object.values(withings.measure)).size.should.equal(named.measure.length)
    })
  })
}
