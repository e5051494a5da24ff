import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { parseGoals } from '../../../../lib/withings/activity/activity'
import { WORKOUT_FIELDS } from '../../../../lib/withings/activity/fields'
import { type Workout, workoutCategory, workoutFormat } from '../../../../lib/withings/activity/workouts'
import { dataFields } from '../../../../lib/withings/readings/fields'
import { itemIn } from '../../../../lib/withings/readings/item-messages'
import { decodedRows } from '../../../support/decoded'

const at = (iso: string): number => Date.parse(iso) / 1000

function row(changes: JsonObject = {}, data: JsonObject = {}): JsonObject {
  return {
    ...{ id: 700_000_123, category: 2, timezone: 'Europe/Paris', model: 93, attrib: 0, deviceid: 'watch' },
    ...{ startdate: at('2026-11-21T22:30:00Z'), enddate: at('2026-11-21T23:15:00Z'), date: '2026-11-21' },
    modified: at('2026-11-22T06:00:00Z'),
    data: { calories: 412.5, hr_average: 141, steps: 6100, distance: 7012.25, elevation: 3, ...data },
    ...changes
  }
}
const read = (series: unknown) => decodedRows({ series, more: false, offset: 0 }, workoutFormat('12'))
const workout = (changes: JsonObject = {}, data: JsonObject = {}): Workout =>
  read([row(changes, data)]).rows[0]!.item

describe('a workout', () => {
  it('carries what it was, how long it took and what was measured, dated by its end', () => {
    const { readings, values, ...rest } = workout()
    rest.should.eql({
      kind: 'workout',
      id: '700000123',
      workoutType: 'run',
      category: 2,
      day: '2026-11-21',
      timezone: 'Europe/Paris',
      startDate: '2026-11-21T22:30:00.000Z',
      endDate: '2026-11-21T23:15:00.000Z',
      userId: '12',
      deviceId: 'watch',
      model: 'ScanWatch',
      source: 'device',
      modified: '2026-11-22T06:00:00.000Z',
      brand: 'withings'
    })
    values.should.eql({
      workout_type: 'run',
      workout_duration: 2700,
      workout_active_calories: 412.5,
      workout_heart_rate_average: 141,
      workout_steps: 6100,
      workout_distance: 7012.25,
      workout_elevation: 3
    })
    readings[0]!.should.match({ type: 'workout_type', value: 'run', unit: null, groupId: '700000123' })
    readings.every(({ date }) => date === '2026-11-21T23:15:00.000Z').should.be.true()
  })

  it('has no reading for what was not measured', () => {
    const { values } = workout(
      {},
      {
        ...{ hr_average: 0, hr_min: null, intensity: 0, manual_calories: 0, spo2_average: null },
        ...{ algo_pause_duration: null, pause_duration: 0, steps: 0 }
      }
    )
    values.should.match({ workout_pause_duration: 0, workout_steps: 0 })
    values.should.not.have.properties(
      ...['workout_heart_rate_average', 'workout_heart_rate_min', 'workout_intensity'],
      ...['workout_manual_calories', 'workout_spo2_average', 'workout_detected_pause_duration']
    )
  })

  it('has heart zones only where it has a heart rate', () => {
    const zones = { hr_zone_0: 0, hr_zone_3: 0 }
    const names = ['workout_heart_rate_zone_light_duration', 'workout_heart_rate_zone_maximal_duration']
    workout({}, zones).values.should.match(Object.fromEntries(names.map(name => [name, 0])))
    workout({}, { ...zones, hr_average: 0, hr_min: 0, hr_max: null }).values.should.not.have.properties(
      ...names
    )
  })

  it('has the intensity that somebody entered', () => {
    dataFields(WORKOUT_FIELDS).split(',').should.containEql('manual_intensity')
    workout({}, { intensity: 40, manual_intensity: 75 }).values.should.match({
      workout_intensity: 40,
      workout_manual_intensity: 75
    })
    workout({}, { manual_intensity: 0 }).values.should.not.have.property('workout_manual_intensity')
  })

  it('in the water has laps and strokes', () => {
    const data = { pool_laps: 40, strokes: 812, pool_length: 25, algo_pause_duration: 75 }
    workout({ category: 7 }, data).values.should.match({
      workout_type: 'swimming',
      workout_pool_laps: 40,
      workout_strokes: 812,
      workout_pool_length: 25,
      workout_detected_pause_duration: 75
    })
  })

  it('may be nearly empty, of an unknown kind and without a change', () => {
    for (const data of [{ algo_pause_duration: null }, {}, [], null]) {
      const { readings, modified } = workout({ data, category: 999, modified: false, date: null })
      readings.map(({ value }) => value).should.eql(['category_999', 2700])
      modified.should.equal('2026-11-21T23:15:00.000Z')
    }
    workout({ date: null }).day.should.equal('2026-11-21')
    workout({ category: null }).workoutType.should.equal('other')
  })

  it('tells how Withings came to know of it', () => {
    workout({ attrib: 7 }).source.should.equal('confirmed')
    workout({ attrib: 2 }).should.match({ source: 'manual', brand: 'withings' })
    workout({ model: 1056, deviceid: null }).should.match({
      source: 'external',
      brand: 'external',
      model: 'Samsung Health tracker',
      deviceId: null
    })
  })

  it('is a problem where it has no id or no times', () => {
    const { rows, problems } = read([
      row({ id: null }),
      row({ enddate: 0 }),
      row({ startdate: 'x' }),
      5,
      row()
    ])
    rows.should.have.length(1)
    problems.should.eql([
      { place: 'series[0]' },
      { place: 'series[1]', id: '700000123' },
      { place: 'series[2]', id: '700000123' },
      { place: 'series[3]' }
    ])
  })

  it('comes in imperial units, too', () => {
    const converted = itemIn('imperial', workout())
    converted.values.should.match({ workout_distance: 4.3572, workout_steps: 6100 })
    converted.readings.find(({ type }) => type === 'workout_distance')!.unit!.should.equal('mi')
  })

  it('is asked for with all it may have, but for what it tells anyway', () => {
    const asked = dataFields(WORKOUT_FIELDS).split(',')
    asked.should.containEql('hr_zone_3').and.containEql('pool_laps')
    asked.should.not.containEql('category')
  })
})

describe('the kinds of workouts', () => {
  const known = Array.from({ length: 1000 }, (_, number) => workoutCategory(number)).filter(
    name => !name.startsWith('category_')
  )

  it('are 130, each with a name of its own that a flow can compare', () => {
    known.should.have.length(130)
    new Set(known).size.should.equal(130)
    known.filter(name => !/^[a-z]+(_[a-z]+)*$/.test(name)).should.eql([])
  })

  it('are those of Withings', () => {
    const names: [number, string][] = [
      [1, 'walk'],
      [17, 'fitness'],
      [36, 'other'],
      [128, 'no_activity'],
      [187, 'rowing'],
      [196, 'ice_skating'],
      [272, 'multi_sport'],
      [307, 'indoor_running'],
      [457, 'gaming'],
      [506, 'petanque'],
      [515, 'pushing_a_wheelchair_running_pace'],
      [532, 'racquetball'],
      [534, 'hip_hop'],
      [560, 'breathing_exercises'],
      [564, 'bowling'],
      [568, 'cooking']
    ]
    for (const [number, name] of names) workoutCategory(number).should.equal(name)
    for (const number of [0, 37, 533, 569]) workoutCategory(number).should.equal(`category_${number}`)
  })
})

describe('goals', () => {
  const date = '2026-11-22T07:00:00.000Z'
  const goals = (value: unknown) => parseGoals({ goals: value }, '12', date)

  it('are readings with exact values', () => {
    const { readings, ...rest } = goals({
      steps: 10_000,
      sleep: 28_800,
      weight: { value: 70_500, unit: -3 }
    })!
    readings
      .map(({ type, value, unit }) => [type, value, unit])
      .should.eql([
        ['step_goal', 10_000, 'steps'],
        ['sleep_goal', 28_800, 's'],
        ['weight_goal', 70.5, 'kg']
      ])
    readings[0]!.should.match({ date, source: 'manual', deviceId: null, groupId: 'goals' })
    rest.should.eql({
      kind: 'goals',
      date,
      userId: '12',
      deviceId: null,
      values: { step_goal: 10_000, sleep_goal: 28_800, weight_goal: 70.5 }
    })
  })

  it('may be some only, or none', () => {
    goals({ steps: 8000, weight: null, sleep: 0 })!.values.should.eql({ step_goal: 8000 })
    goals({ weight: { value: 7, unit: 1 } })!.values.should.eql({ weight_goal: 70 })
    goals([])!.values.should.eql({})
    goals({})!.values.should.eql({})
    should(goals(null)).be.undefined()
    should(goals('none')).be.undefined()
  })
})
