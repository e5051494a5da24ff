import should from 'should'
import { parseGoals } from '../../../../lib/withings/activity/activity'
import { DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS } from '../../../../lib/withings/activity/fields'
import { MEASURE_TYPES } from '../../../../lib/withings/measures/types'
import { dataFields, readingsOf } from '../../../../lib/withings/readings/fields'
import { messagesOfItems } from '../../../../lib/withings/readings/item-messages'
import type { Reading } from '../../../../lib/withings/readings/reading'
import { toImperial } from '../../../../lib/withings/readings/units'
import { NIGHT_FIELDS } from '../../../../lib/withings/sleep/fields'
import { queryOf } from '../../../../lib/withings/sync/query'
import { nextOffset } from '../../../../lib/withings/sync/sync'

const shared = {
  date: '2026-11-22T22:59:59.000Z',
  userId: '12',
  deviceId: 'watch',
  model: 'ScanWatch',
  source: 'device',
  groupId: 'g',
  modified: '2026-11-23T06:00:00.000Z'
}
const reading = (type: string, value: number, date = shared.date): Reading => ({
  ...shared,
  type,
  value,
  unit: null,
  date
})

describe('the fields of a row', () => {
  it('become readings with exact values, in the order of the table', () => {
    const data = { sleep_efficiency: 0.86, total_sleep_time: '28800', sleep_score: 81, wakeupcount: 0 }
    readingsOf(NIGHT_FIELDS, data, shared)
      .map(({ type, value, unit }) => [type, value, unit])
      .should.eql([
        ['sleep_duration', 28800, 's'],
        ['sleep_efficiency', 86, '%'],
        ['wakeup_count', 0, null],
        ['sleep_score', 81, 'points']
      ])
  })

  it('are left out where Withings wrote 0 or null for what was not measured', () => {
    const data = { steps: 0, hr_average: 0, hr_min: null, hr_max: false, distance: 'far' }
    readingsOf(DAY_FIELDS, data, shared).should.eql([{ ...shared, type: 'steps', value: 0, unit: 'steps' }])
  })

  it('are left out beyond the largest number', () => {
    readingsOf(NIGHT_FIELDS, { sleep_efficiency: 1e308 }, shared).should.eql([])
    toImperial({ ...reading('weight', 1e308), unit: 'kg' }).should.match({ value: 1e308, unit: 'kg' })
    should(parseGoals({ goals: { weight: { value: 1e308, unit: 9 } } }, '12', shared.date)!.readings).eql([])
  })

  it('may be words', () => {
    const data = { core_body_temperature_status: 'elevated' }
    readingsOf(WORKOUT_FIELDS, data, shared)[0]!.value.should.equal('elevated')
    readingsOf(WORKOUT_FIELDS, { core_body_temperature_status: 3 }, shared).should.eql([])
  })

  it('have names that nothing else has, and are all asked for', () => {
    const types = [DAY_FIELDS, INTRADAY_FIELDS, WORKOUT_FIELDS, NIGHT_FIELDS].flat().map(({ type }) => type)
    const all = [...types, ...MEASURE_TYPES.map(({ name }) => name)]
    new Set(all).size.should.equal(all.length)
    dataFields(DAY_FIELDS).split(',').should.have.length(DAY_FIELDS.length)
    all.every(type => /^[a-z][a-z0-9_]*$/.test(type)).should.be.true()
  })
})

describe('pages whose end is a boolean', () => {
  it('end there, whatever the offset is', () => {
    should(nextOffset({ more: false, offset: 200 }, 0, 200)).be.undefined()
    should(nextOffset({ more: true, offset: 200 }, 0, 200)).equal(200)
    should(nextOffset({ more: true, offset: 200 }, 200, 200)).equal('stuck')
    should(nextOffset({}, 0, 3)).be.undefined()
  })
})

describe('items', () => {
  const early = {
    userId: '12',
    deviceId: 'watch',
    readings: [reading('steps', 1, '2026-11-21T22:59:59.000Z')]
  }
  const late = { userId: '12', deviceId: null, readings: [reading('steps', 2), reading('distance', 3)] }

  it('are a message each, under what they are', () => {
    messagesOfItems([early, late], '12', 'day', 'each').should.eql([
      { payload: early, topic: 'withings/12/watch/day' },
      { payload: late, topic: 'withings/12/manual/day' }
    ])
  })

  it('are one message, also an empty one', () => {
    messagesOfItems([early, late], '12', 'day', 'batch').should.eql([
      { payload: [early, late], topic: 'withings/12' }
    ])
    messagesOfItems([], '12', 'day', 'batch').should.eql([{ payload: [], topic: 'withings/12' }])
  })

  it('give the newest reading of each type, whatever their order', () => {
    messagesOfItems([late, early], '12', 'day', 'latest').should.eql([
      { payload: { steps: late.readings[0], distance: late.readings[1] }, topic: 'withings/12' }
    ])
  })
})

describe('the plan of a span', () => {
  const now = Date.parse('2026-11-23T12:00:00Z')

  it('knows whether a message named days or instants', () => {
    const settings = { mode: 'new' as const, days: 30 }
    queryOf(settings, { startDate: '2026-11-20', endDate: '2026-11-22T10:00:00Z' }, now).should.eql({
      kind: 'span',
      from: Date.parse('2026-11-20') / 1000,
      until: Date.parse('2026-11-22T10:00:00Z') / 1000,
      firstDay: '2026-11-20'
    })
  })
})
