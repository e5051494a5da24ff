import should from 'should'
import { statusClass, type StatusClass } from '../../../../lib/withings/api/envelope'
import { meastypeOf, MEASURE_TYPES, measureType } from '../../../../lib/withings/measures/types'
import { bodyPosition } from '../../../../lib/withings/readings/body-positions'
import { modelName } from '../../../../lib/withings/readings/device-models'
import { attribName } from '../../../../lib/withings/readings/provenance'

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
  it('are exactly those that the users were promised, with their units', () => {
    MEASURE_TYPES.map(({ meastype, name, unit }) => [meastype, name, unit])
      .sort(([a], [b]) => Number(a) - Number(b))
      .should.eql(documented)
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

describe('body positions', () => {
  it('have the documented names', () => {
    Array.from({ length: 32 }, (_, position) => bodyPosition(position)).should.eql([
      'right_wrist',
      'left_wrist',
      'right_arm',
      'left_arm',
      'right_foot',
      'left_foot',
      'between_legs',
      undefined,
      'left_part_of_body',
      'right_part_of_body',
      'left_leg',
      'right_leg',
      'torso',
      'left_hand',
      'right_hand',
      'cardiac_aortic_area',
      'cardiac_pulmonic_area',
      'cardiac_tricuspid_area',
      'cardiac_mitral_area',
      'cardiac_apex',
      'lung_front_upper_right',
      'lung_front_upper_left',
      'lung_front_bottom_right',
      'lung_front_bottom_left',
      'lung_back_upper_left',
      'lung_back_upper_right',
      'lung_back_bottom_left',
      'lung_back_bottom_right',
      'wide_mode',
      'between_arms',
      'hold_right',
      'hold_left'
    ])
  })

  it('pass unknown numbers through', () => {
    should(bodyPosition(32)).equal('position_32')
    should(bodyPosition(-1)).equal('position_-1')
  })
})

describe('sources', () => {
  it('have the documented names, and one for any other number', () => {
    const numbers = [0, 1, 2, 3, 4, 5, 7, 8, 15, 17, 6, 10, 10_009, -1]
    numbers
      .map(attribName)
      .should.eql([
        'device',
        'ambiguous',
        'manual',
        'claimed',
        'account_creation',
        'best_of',
        'confirmed',
        'device',
        'guided',
        'guided',
        'attrib_6',
        'attrib_10',
        'attrib_10009',
        'attrib_-1'
      ])
  })
})

describe('device models', () => {
  it('have names, never an empty one', () => {
    modelName(10).should.equal('Body Scan')
    modelName(45).should.equal('BPM Connect')
    modelName(70).should.equal('Thermo')
    modelName(999_999).should.equal('Withings 999999')
    for (let id = 0; id <= 1100; id += 1) modelName(id).should.not.equal('')
  })

  it('tell the ambiguous id 13 apart by the kind of device', () => {
    modelName(13, 'scale').should.equal('Body+')
    modelName(13, 'sleep_monitor').should.equal('Sleep Analyzer')
    modelName(13, 'gateway').should.equal('Withings 13')
    modelName(13).should.equal('Withings 13')
  })
})

describe('statuses', () => {
  const classes: [StatusClass, number[]][] = [
    ['ok', [0]],
    ['renew', [100, 101, 102, 200, 401]],
    ['login', [214, 277, 2553]],
    ['scope', [403]],
    ['pause', [601]],
    ['retry', [522, 524, 602, 2555]],
    ['refused', [201, 293, 342, 503, 2554, 2556, 10_000, 354, -1]]
  ]
  for (const [name, statuses] of classes)
    it(`${statuses.join(', ')} mean "${name}"`, () => {
      new Set(statuses.map(statusClass)).should.eql(new Set([name]))
    })
})
