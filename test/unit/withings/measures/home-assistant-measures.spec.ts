import should from 'should'
import { decodedMeasures } from '../../../support/decoded'
import { parseInput } from '../../../support/parse-input'

/**
 * Each entity that Home Assistant makes of a group of measures, with what Withings sends for it:
 * `value` · 10^`unit` of `meastype`, at a part of the body for those of a segment.
 */
const entities: [
  entity: string,
  meastype: number,
  value: number,
  exponent: number,
  type: string,
  expected: number,
  unit: string | null,
  position?: [number, string]
][] = [
  ['weight_kg', 1, 82050, -3, 'weight', 82.05, 'kg'],
  ['fat_mass_kg', 8, 1532, -2, 'fat_mass', 15.32, 'kg'],
  ['fat_free_mass_kg', 5, 6673, -2, 'fat_free_mass', 66.73, 'kg'],
  ['muscle_mass_kg', 76, 6341, -2, 'muscle_mass', 63.41, 'kg'],
  ['bone_mass_kg', 88, 332, -2, 'bone_mass', 3.32, 'kg'],
  ['fat_ratio_pct', 6, 18671, -3, 'fat_ratio', 18.671, '%'],
  ['temperature_c', 12, 3662, -2, 'temperature', 36.62, '°C'],
  ['body_temperature_c', 71, 36625, -3, 'body_temperature', 36.625, '°C'],
  ['skin_temperature_c', 73, 3312, -2, 'skin_temperature', 33.12, '°C'],
  ['diastolic_blood_pressure_mmhg', 9, 79, 0, 'diastolic_blood_pressure', 79, 'mmHg'],
  ['systolic_blood_pressure_mmhg', 10, 121, 0, 'systolic_blood_pressure', 121, 'mmHg'],
  ['heart_pulse_bpm', 11, 61, 0, 'heart_pulse', 61, 'bpm'],
  ['spo2_pct', 54, 97, 0, 'spo2', 97, '%'],
  ['pulse_wave_velocity', 91, 7123, -3, 'pulse_wave_velocity', 7.123, 'm/s'],
  ['height_m', 4, 181, -2, 'height', 1.81, 'm'],
  ['hydration', 77, 4512, -2, 'hydration', 45.12, 'kg'],
  ['vo2_max', 123, 43, 0, 'vo2_max', 43, 'ml/min/kg'],
  ['extracellular_water', 168, 1821, -2, 'extracellular_water', 18.21, 'kg'],
  ['intracellular_water', 169, 2691, -2, 'intracellular_water', 26.91, 'kg'],
  ['vascular_age', 155, 41, 0, 'vascular_age', 41, 'years'],
  ['visceral_fat', 170, 23, -1, 'visceral_fat', 2.3, null],
  ['electrodermal_activity_feet', 196, 71, 0, 'electrodermal_activity_feet', 71, '%'],
  ['electrodermal_activity_left_foot', 197, 70, 0, 'electrodermal_activity_left_foot', 70, '%'],
  ['electrodermal_activity_right_foot', 198, 72, 0, 'electrodermal_activity_right_foot', 72, '%'],
  ['fat_mass of the left arm', 174, 812, -3, 'segment_fat_mass', 0.812, 'kg', [3, 'left_arm']],
  ['fat_free_mass of the torso', 173, 3012, -2, 'segment_fat_free_mass', 30.12, 'kg', [12, 'torso']],
  ['muscle_mass of the right leg', 175, 1011, -2, 'segment_muscle_mass', 10.11, 'kg', [11, 'right_leg']]
]

describe('Home Assistant’s measures', () => {
  for (const [entity, meastype, value, exponent, type, expected, unit, position] of entities)
    it(`${entity} is the reading ${type}`, () => {
      const measure = { type: meastype, value, unit: exponent, ...(position && { position: position[0] }) }
      const group = {
        grpid: 7,
        date: 1_795_330_692,
        deviceid: 'abc',
        model: 'Body Scan',
        measures: [measure]
      }
      const { rows, problems } = decodedMeasures({ measuregrps: [group] }, '12', 0)
      problems.should.eql([])
      const [reading] = rows[0]!.readings
      reading!.should.containEql({
        type,
        value: expected,
        unit,
        date: '2026-11-22T06:58:12.000Z',
        deviceId: 'abc'
      })
      should(reading!.position).equal(position?.[1])
    })
})

describe('Home Assistant’s in_bed', () => {
  for (const [category, value] of [
    [50, 1],
    [51, 0]
  ] as const)
    it(`is the reading in_bed, ${value} after a notification of category ${category}`, () => {
      const date = '2026-11-22T22:58:12.000Z'
      const bed = { category, name: 'bed', userId: '12', deviceId: 'mat', date }
      parseInput(bed)[0]!.should.containEql({
        type: 'in_bed',
        value,
        unit: null,
        date: Date.parse(date),
        deviceId: 'mat'
      })
    })
})
