import should from 'should'
import { intradayOf } from '../../../../lib/withings/activity/intraday'
import { decodedSamples } from '../../../support/decoded'

const start = Date.parse('2026-11-22T07:00:00Z')
const now = start / 1000

describe('the samples of a day', () => {
  const series = {
    [now - 60]: { deviceid: 'watch', model: 'ScanWatch', model_id: 93, steps: 31, heart_rate: 88 },
    [now - 120]: { deviceid: null, model: 'Samsung Health tracker', model_id: 1056, steps: 0, heart_rate: 0 },
    [now - 180]: { deviceid: null, model_id: 1053, model: '', rmssd: 0, sdnn1: 41, spo2_auto: 96, rr: 14 }
  }

  it('are sorted, with what was measured at each moment', () => {
    const { samples, problems } = decodedSamples({ series }, '12')!
    problems.should.eql([])
    samples
      .map(({ time, brand, readings }) => [
        now - time,
        brand,
        readings.map(({ type, value }) => [type, value])
      ])
      .should.eql([
        [
          180,
          'withings',
          [
            ['intraday_spo2', 96],
            ['intraday_sdnn', 41],
            ['respiratory_rate', 14]
          ]
        ],
        [120, 'external', [['intraday_steps', 0]]],
        [
          60,
          'withings',
          [
            ['intraday_steps', 31],
            ['heart_rate', 88]
          ]
        ]
      ])
    samples[2]!.readings[1]!.should.eql({
      type: 'heart_rate',
      value: 88,
      unit: 'bpm',
      date: '2026-11-22T06:59:00.000Z',
      userId: '12',
      deviceId: 'watch',
      model: 'ScanWatch',
      source: 'device',
      groupId: String(now - 60),
      modified: '2026-11-22T06:59:00.000Z'
    })
    samples[0]!.readings[0]!.model!.should.equal('Android step tracker')
  })

  it('count movements of the chest as nights do', () => {
    const { samples } = decodedSamples({ series: { [now]: { chest_movement_rate: 14 } } }, '12')!
    samples[0]!.readings[0]!.should.match({ type: 'chest_movement_rate', value: 14, unit: 'events/min' })
  })

  it('may be none, and some may be unreadable', () => {
    decodedSamples({ series: {} }, '12')!.should.eql({ samples: [], problems: [] })
    decodedSamples({ series: [] }, '12')!.should.eql({ samples: [], problems: [] })
    for (const junk of [undefined, null, 'x', [{ steps: 1 }]])
      should(decodedSamples({ series: junk }, '12')).be.undefined()
    const { samples, problems } = decodedSamples({ series: { ...series, noon: {}, 12: null } }, '12')!
    samples.should.have.length(3)
    problems.should.eql([
      { place: 'series[12]', id: '12' },
      { place: 'series[noon]', id: 'noon' }
    ])
  })

  it('are ready to plot beside their readings, in the units asked for', () => {
    const { samples } = decodedSamples(
      { series: { ...series, [now]: { deviceid: 'watch', distance: 160.9344 } } },
      '12'
    )!
    const { series: plotted, readings, values, ...rest } = intradayOf(samples, '12', 'imperial')!
    rest.should.eql({
      kind: 'intraday',
      startDate: '2026-11-22T06:57:00.000Z',
      endDate: '2026-11-22T07:00:00.000Z',
      userId: '12',
      deviceId: null
    })
    plotted.intraday_steps!.should.eql([
      { x: start - 120_000, y: 0 },
      { x: start - 60_000, y: 31 }
    ])
    plotted.intraday_distance!.should.eql([{ x: start, y: 0.1 }])
    values.should.match({ intraday_steps: 31, intraday_distance: 0.1, heart_rate: 88 })
    readings.should.have.length(7)
    intradayOf(samples.slice(2), '12', 'metric')!.should.match({
      deviceId: 'watch',
      values: { intraday_distance: 160.9344 }
    })
    should(intradayOf([], '12', 'metric')).be.undefined()
  })
})
