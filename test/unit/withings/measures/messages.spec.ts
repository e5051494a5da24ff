import type { MeasureGroup } from '../../../../lib/withings/measures/decode'
import { messagesOf, selectReadings } from '../../../../lib/withings/measures/messages'
import type { Reading } from '../../../../lib/withings/readings/reading'
import { toImperial } from '../../../../lib/withings/readings/units'

const reading = (changes: Partial<Reading> = {}): Reading => ({
  type: 'weight',
  value: 82.05,
  unit: 'kg',
  date: '2026-11-22T06:58:12.000Z',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  source: 'device',
  groupId: '1',
  modified: '2026-11-22T06:58:40.000Z',
  ...changes
})
const group = (...readings: Reading[]): MeasureGroup => ({
  id: '1',
  modified: 1,
  timezone: undefined,
  readings
})

describe('imperial units', () => {
  const conversions: [number, string, number, string][] = [
    [82.05, 'kg', 180.8893, 'lb'],
    [1.78, 'm', 5.8399, 'ft'],
    [7.123, 'm/s', 23.3694, 'ft/s'],
    [36.6, '°C', 97.88, '°F'],
    [-40, '°C', -40, '°F'],
    [0, '°C', 32, '°F']
  ]
  for (const [metric, unit, value, imperial] of conversions)
    it(`${metric} ${unit} are ${value} ${imperial}`, () => {
      toImperial(reading({ value: metric, unit })).should.eql(reading({ value, unit: imperial }))
    })

  for (const type of ['distance', 'intraday_distance', 'workout_distance', 'workout_manual_distance'])
    it(`tell ${type} in miles`, () => {
      const metres = reading({ type, value: 10_000, unit: 'm' })
      toImperial(metres).should.eql({ ...metres, value: 6.2137, unit: 'mi' })
    })

  it('tell heights, climbs and the length of a pool in feet', () => {
    const climbs = ['elevation', 'intraday_elevation', 'workout_elevation']
    for (const type of ['height', 'workout_pool_length', ...climbs])
      toImperial(reading({ type, value: 25, unit: 'm' })).should.match({ value: 82.021, unit: 'ft' })
  })

  for (const unit of ['%', 'mmHg', 'bpm', 'kcal', 'years', null])
    it(`leave ${unit} as it is`, () => {
      toImperial(reading({ unit })).should.eql(reading({ unit }))
    })
})

describe('the readings to send', () => {
  const all = { types: [], device: '', ambiguous: 'exclude', units: 'metric' } as const
  const groups = [
    group(reading({ value: 1 }), reading({ type: 'fat_ratio', unit: '%', value: 2 })),
    group(reading({ value: 3, source: 'ambiguous' })),
    group(reading({ value: 4, source: 'claimed' })),
    group(reading({ value: 5, source: 'inconclusive' }))
  ]
  const values = (readings: Reading[]) => readings.map(({ value }) => value)

  it('are all but the uncertain ones, which are counted', () => {
    const { readings, heldBack } = selectReadings(groups, all)
    values(readings).should.eql([1, 2, 4])
    heldBack.should.equal(2)
  })

  it('are the uncertain ones too when wanted', () => {
    const { readings, heldBack } = selectReadings(groups, { ...all, ambiguous: 'include' })
    values(readings).should.eql([1, 2, 3, 4, 5])
    heldBack.should.equal(0)
  })

  it('are those of the wanted types, and only such are counted as held back', () => {
    const { readings, heldBack } = selectReadings(groups, { ...all, types: ['fat_ratio'] })
    values(readings).should.eql([2])
    heldBack.should.equal(0)
  })

  it('are converted when wanted', () => {
    selectReadings([group(reading())], { ...all, units: 'imperial' }).readings.should.match([
      { value: 180.8893, unit: 'lb' }
    ])
  })
})

const notice = 'No diagnosis.'

describe('the messages', () => {
  const arm = reading({ type: 'segment_fat_mass', position: 'left_arm', value: 3 })
  const typed = reading({ deviceId: null, value: 83 })
  const readings = [reading(), typed, arm]

  it('are one for each reading, in order, with its topic', () => {
    messagesOf(readings, '12', 'each', notice).should.eql([
      { payload: reading(), topic: 'withings/12/abc/weight' },
      { payload: typed, topic: 'withings/12/manual/weight' },
      { payload: arm, topic: 'withings/12/abc/segment_fat_mass/left_arm' }
    ])
  })

  it('are one for all readings', () => {
    messagesOf(readings, '12', 'batch', notice).should.eql([{ payload: readings, topic: 'withings/12' }])
  })

  it('are the newest of each type and position', () => {
    messagesOf(readings, '12', 'latest', notice).should.eql([
      { payload: { weight: typed, segment_fat_mass_left_arm: arm }, topic: 'withings/12' }
    ])
  })

  it('are none, an empty list or an empty object when nothing is new', () => {
    messagesOf([], '12', 'each', notice).should.eql([])
    messagesOf([], '12', 'batch', notice).should.eql([{ payload: [], topic: 'withings/12' }])
    messagesOf([], '12', 'latest', notice).should.eql([{ payload: {}, topic: 'withings/12' }])
  })
})
