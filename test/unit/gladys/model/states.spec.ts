import { stateKindOf } from '../../../../lib/gladys/model/live-or-historical'
import { publicationOf, type State, statesOf } from '../../../../lib/gladys/model/states'
import { parseInput } from '../../../support/parse-input'

const now = Date.UTC(2026, 10, 22, 12)
const minute = 60_000
const options = { addressing: 'own', liveMinutes: 15, now: () => now } as const

function reading(value: unknown, minutesAgo = 1, type = 'weight'): object {
  return {
    type,
    value,
    unit: 'kg',
    userId: '12',
    deviceId: 'abc',
    model: null,
    date: new Date(now - minutesAgo * minute)
  }
}
const direct = (value: unknown): object => ({ device: 'mqtt:x', feature: 'mqtt:x:y', value })

function only(payload: unknown): State {
  const { states, skipped } = statesOf(parseInput(payload), options)
  skipped.should.eql([])
  states.length.should.equal(1)
  return states[0]!
}

describe('Gladys states', () => {
  const kinds: [string, number, number | undefined, 'live' | 'historical'][] = [
    ['young and the first', 1, undefined, 'live'],
    ['young and newer than the last', 1, 2, 'live'],
    ['young and as old as the last', 1, 1, 'historical'],
    ['young and older than the last', 2, 1, 'historical'],
    ['just young enough', 14.999, undefined, 'live'],
    ['exactly at the limit', 15, undefined, 'historical'],
    ['old', 16, undefined, 'historical'],
    ['a little ahead, by a clock that is off', -1, undefined, 'live'],
    ['far ahead, by a clock that is wrong', -15, undefined, 'historical']
  ]
  for (const [name, minutesAgo, newestMinutesAgo, expected] of kinds)
    it(`are ${expected} when ${name}`, () => {
      const newest = newestMinutesAgo === undefined ? undefined : now - newestMinutesAgo * minute
      stateKindOf(only(reading(80, minutesAgo)), now, newest).should.equal(expected)
    })

  it('are never live with liveMinutes 0', () => {
    const [state] = statesOf(parseInput(direct(1)), { ...options, liveMinutes: 0 }).states
    stateKindOf(state!, now, undefined).should.equal('historical')
  })

  it('become the past while they wait', () => {
    const state = only(reading(80, 1))
    stateKindOf(state, now + 14 * minute, undefined).should.equal('historical')
  })

  for (const value of [82.05, 0.1, 1e-7, 36.599999999999994, 0, -3.5])
    it(`keep ${value} as it is`, () => {
      const state = only(reading(value))
      publicationOf(state, 'live').should.eql({
        topic: state.liveTopic,
        payload: String(value),
        retain: false
      })
      const historical = JSON.parse(publicationOf(state, 'historical').payload) as object
      historical.should.eql({
        state: value,
        created_at: '2026-11-22T11:59:00.000Z'
      })
      publicationOf(state, 'historical').payload.should.startWith(`{"state":${value},`)
    })

  it('go oldest first', () => {
    const { states } = statesOf(parseInput([reading(1, 1), reading(3, 3), direct(0), reading(2, 2)]), options)
    states.map(({ value }) => value).should.eql([3, 2, 1, 0])
  })

  it('take what a flow means by a number', () => {
    only(direct('72.5')).value.should.equal(72.5)
    only(direct(' -1e3 ')).value.should.equal(-1000)
    only(direct(true)).value.should.equal(1)
    only(direct(false)).value.should.equal(0)
    only(direct(7)).date.should.equal(now)
  })

  for (const value of ['', 'high', '0x10', '1,5', 'Infinity', '1e999', NaN, Infinity, null])
    it(`skip ${JSON.stringify(value)} ${String(value)}`, () => {
      const { states, skipped } = statesOf(parseInput(direct(value)), options)
      states.should.eql([])
      skipped.should.eql([{ reason: 'not_numeric', feature: 'mqtt:x:y', date: new Date(now).toISOString() }])
    })

  it('skip a reading in words', () => {
    statesOf(parseInput([reading('good'), reading(true)]), options)
      .skipped.map(({ reason }) => reason)
      .should.eql(['not_numeric', 'not_numeric'])
  })

  it('skip a notification that has no value', () => {
    const { states, skipped } = statesOf(parseInput({ category: 44, name: 'sleep', userId: '12' }), options)
    states.should.eql([])
    skipped.should.eql([{ reason: 'no_value', feature: 'sleep' }])
  })

  it('date a battery when the device was last seen, else now', () => {
    const device = { id: 'abc', userId: '12', battery: 'low', batteryLevel: 15, model: 'X', lastSeen: null }
    only(device).should.match({ feature: 'mqtt:withings:12:abc:battery', value: 15, date: now })
    only({ ...device, lastSeen: '2026-11-20T00:00:00Z' }).date.should.equal(Date.UTC(2026, 10, 20))
    statesOf(parseInput({ ...device, battery: 'unknown', batteryLevel: null }), options).skipped.should.match(
      [{ reason: 'unknown_battery', feature: 'mqtt:withings:12:abc:battery' }]
    )
  })
})
