import should from 'should'
import type { Device } from '../../../../lib/withings/devices/devices'
import { READING_TYPES } from '../../../../lib/withings/diagnostics/reading-types'
import {
  explainTypes,
  type SeenTypes,
  withDevices,
  withReadings
} from '../../../../lib/withings/diagnostics/seen-types'
import type { Reading } from '../../../../lib/withings/readings/reading'

const scopes = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents']
const nodes = new Set(['withings-activity', 'withings-sleep', 'withings-heart', 'withings-notification'])
const device = (type: string): Device => ({ type, model: 'some model' }) as Device

/** Why nothing of a type came, with these kinds of devices. */
function because(type: string, kinds: string[], { grantedScopes = scopes, asked = nodes } = {}): unknown {
  const known = kinds.length === 0 ? undefined : withDevices(undefined, kinds.map(device))
  const found = explainTypes(known, { grantedScopes, nodes: asked }).find(one => one.type === type)
  return found?.because
}

describe('what never arrived', () => {
  const cases: [type: string, kind: string, expected: string][] = [
    ['sleep_score', 'sleep_monitor', 'device_or_plan'],
    ['sleep_score', 'activity_tracker', 'device_or_plan'],
    ['sleep_score', 'scale', 'no_device'],
    ['in_bed', 'sleep_monitor', 'device_or_plan'],
    ['in_bed', 'activity_tracker', 'no_device'],
    ['heart_rate_average', 'activity_tracker', 'device_or_plan'],
    ['heart_rate_average', 'scale', 'no_device'],
    ['intraday_steps', 'scale', 'no_device'],
    ['steps', 'scale', 'device_or_plan'],
    ['workout_type', 'scale', 'device_or_plan'],
    ['step_goal', 'scale', 'device_or_plan'],
    ['ecg_afib', 'activity_tracker', 'device_or_plan'],
    ['ecg_systolic_blood_pressure', 'blood_pressure_monitor', 'device_or_plan'],
    ['ecg_systolic_blood_pressure', 'activity_tracker', 'no_device'],
    ['weight', 'scale', 'device_or_plan'],
    ['weight', 'sleep_monitor', 'no_device']
  ]
  for (const [type, kind, expected] of cases)
    it(`is ${expected} for ${type} with a ${kind}`, () => {
      String(because(type, [kind])).should.equal(expected)
    })

  it('may come from any device while the list of devices is not known', () => {
    String(because('in_bed', [])).should.equal('device_or_plan')
  })

  const scoped: [type: string, scope: string][] = [
    ['weight', 'user.metrics'],
    ['ecg_afib', 'user.metrics'],
    ['steps', 'user.activity'],
    ['workout_duration', 'user.activity'],
    ['heart_rate', 'user.activity'],
    ['sleep_score', 'user.activity'],
    ['in_bed', 'user.sleepevents'],
    ['step_goal', 'user.info']
  ]
  for (const [type, scope] of scoped)
    it(`lacks ${scope} for ${type}, and no other scope`, () => {
      const without = scopes.filter(one => one !== scope)
      String(because(type, [], { grantedScopes: without })).should.equal('scope_missing')
      String(because(type, [], { grantedScopes: [scope] })).should.equal('device_or_plan')
    })

  it('was not asked for where no node asks', () => {
    const asked = new Set(['withings-activity'])
    String(because('sleep_score', [], { asked })).should.equal('not_asked')
    String(because('steps', [], { asked })).should.equal('device_or_plan')
    String(because('weight', [], { asked })).should.equal('device_or_plan')
  })

  it('is told of every type', () => {
    explainTypes(undefined, { grantedScopes: [], nodes })
      .map(({ type }) => type)
      .should.eql(READING_TYPES.map(({ type }) => type))
  })
})

describe('what arrived', () => {
  const now = Date.UTC(2026, 10, 22, 7)
  const isoOf = (minutes: number) => new Date(now + minutes * 60_000).toISOString()
  const weighed = (minutes: number, known?: SeenTypes) =>
    withReadings(known, [{ type: 'weight', date: isoOf(minutes), model: null } as Reading], now)
  const newest = (known: SeenTypes | undefined) => known?.types.weight?.date

  it('does not look old because one reading is dated in the future', () => {
    const known = weighed(60 * 24 * 365)
    String(newest(known)).should.equal(isoOf(0))
    String(newest(weighed(3, known))).should.equal(isoOf(3))
  })

  it('gets over a date in the future that is stored already', () => {
    const known = { types: { weight: { date: isoOf(600), model: null, heldBack: false } }, devices: [] }
    String(newest(weighed(-10, known))).should.equal(isoOf(-10))
  })

  it('may be some minutes ahead of this clock', () => {
    const known = weighed(5)
    String(newest(known)).should.equal(isoOf(5))
    should(weighed(4, known)).be.undefined()
  })

  it('is the same list of devices in whatever order', () => {
    const known = withDevices(undefined, ['scale', 'sleep_monitor'].map(device))
    should(withDevices(known, ['sleep_monitor', 'scale'].map(device))).be.undefined()
  })
})
