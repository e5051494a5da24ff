import should from 'should'
import {
  type BloodPressureClass,
  bloodPressures,
  classifyBloodPressure,
  newestBloodPressure
} from '../../../../lib/withings/measures/blood-pressure'
import { messagesOf } from '../../../../lib/withings/measures/messages'
import type { Reading } from '../../../../lib/withings/readings/reading'

type Case = [systolic: number, diastolic: number, name: BloodPressureClass, grade: 1 | 2 | 3 | null]

/** Table 3 of the 2018 ESC/ESH guidelines: the edges of each class, alone and against each other. */
const table: Case[] = [
  [90, 50, 'optimal', null],
  [119, 79, 'optimal', null],
  [119.9, 79.9, 'optimal', null],
  [120, 79, 'normal', null],
  [119, 80, 'normal', null],
  [120, 80, 'normal', null],
  [129, 84, 'normal', null],
  [129.9, 84.9, 'normal', null],
  [130, 84, 'high_normal', null],
  [129, 85, 'high_normal', null],
  [139, 89, 'high_normal', null],
  [118, 89, 'high_normal', null],
  [139.9, 89.9, 'high_normal', null],
  [139, 90, 'grade_1_hypertension', 1],
  [118, 99, 'grade_1_hypertension', 1],
  [140, 90, 'grade_1_hypertension', 1],
  [159, 99, 'grade_1_hypertension', 1],
  [160, 99, 'grade_2_hypertension', 2],
  [159, 100, 'grade_2_hypertension', 2],
  [118, 100, 'grade_2_hypertension', 2],
  [160, 90, 'grade_2_hypertension', 2],
  [179, 109, 'grade_2_hypertension', 2],
  [180, 109, 'grade_3_hypertension', 3],
  [179, 110, 'grade_3_hypertension', 3],
  [118, 110, 'grade_3_hypertension', 3],
  [180, 90, 'grade_3_hypertension', 3],
  [240, 140, 'grade_3_hypertension', 3],
  [140, 89, 'isolated_systolic_hypertension', 1],
  [140, 60, 'isolated_systolic_hypertension', 1],
  [159, 89.9, 'isolated_systolic_hypertension', 1],
  [160, 89, 'isolated_systolic_hypertension', 2],
  [179, 79, 'isolated_systolic_hypertension', 2],
  [180, 89, 'isolated_systolic_hypertension', 3]
]

const reading = (type: string, value: number, changes: Partial<Reading> = {}): Reading => ({
  type,
  value,
  unit: 'mmHg',
  date: '2026-11-22T18:00:00.000Z',
  userId: '12',
  deviceId: 'cuff',
  model: 'BPM Connect',
  source: 'device',
  groupId: '1',
  modified: '2026-11-22T18:00:10.000Z',
  ...changes
})
const systolic = reading('systolic_blood_pressure', 128)
const diastolic = reading('diastolic_blood_pressure', 81)
const pulse = reading('heart_pulse', 64, { unit: 'bpm' })

describe('the class of a blood pressure', () => {
  for (const [upper, lower, name, grade] of table)
    it(`${upper}/${lower} is ${name}`, () => {
      classifyBloodPressure(upper, lower).should.match({
        systolic: upper,
        diastolic: lower,
        class: name,
        grade
      })
    })

  it('names whose limits they are', () => {
    classifyBloodPressure(120, 80).source.should.match(
      /^2018 ESC\/ESH Guidelines .* \(office blood pressure\)$/
    )
  })
})

describe('the blood pressures among readings', () => {
  it('are pairs of one measurement, whatever their order', () => {
    const other = reading('systolic_blood_pressure', 150, { groupId: '2' })
    const late = reading('diastolic_blood_pressure', 95, { groupId: '2' })
    const found = bloodPressures([late, pulse, systolic, diastolic, other])
    ;[...found.keys()].should.eql([systolic, other])
    should(found.get(systolic)).match({ systolic: 128, diastolic: 81, class: 'normal' })
    should(found.get(other)).match({ systolic: 150, diastolic: 95, class: 'grade_1_hypertension' })
  })

  it('are not put together from two measurements or two arms', () => {
    bloodPressures([systolic, { ...diastolic, groupId: '2' }]).size.should.equal(0)
    bloodPressures([systolic, { ...diastolic, position: 'left_arm' }]).size.should.equal(0)
    bloodPressures([systolic, pulse]).size.should.equal(0)
  })

  it('have a newest one', () => {
    const next = [systolic, diastolic].map(each => ({ ...each, value: 110, groupId: '2' }))
    should(newestBloodPressure([systolic, diastolic, ...next])).match({ systolic: 110 })
    should(newestBloodPressure([pulse])).be.undefined()
  })
})

describe('messages with a blood pressure', () => {
  const readings = [diastolic, systolic, pulse]
  const expected = { ...classifyBloodPressure(128, 81), notice: 'No diagnosis.' }

  it('have it beside the systolic reading, which stays what it is', () => {
    const messages = messagesOf(readings, '12', 'each', 'No diagnosis.')
    messages.map(({ bloodPressure }) => bloodPressure).should.eql([undefined, expected, undefined])
    messages.map(({ payload }) => payload).should.eql(readings)
    messages.filter(message => 'bloodPressure' in message).should.have.length(1)
  })

  for (const output of ['batch', 'latest'] as const)
    it(`have the newest one when they carry several readings: ${output}`, () => {
      const old = [
        { ...diastolic, value: 100, groupId: '0', date: '2026-11-21T18:00:00.000Z' },
        { ...systolic, value: 170, groupId: '0', date: '2026-11-21T18:00:00.000Z' }
      ]
      const [message] = messagesOf([...old, ...readings], '12', output, 'No diagnosis.')
      should(message?.bloodPressure).eql(expected)
      const [none] = messagesOf([pulse], '12', output, 'No diagnosis.')
      should(none).not.have.property('bloodPressure')
    })
})
