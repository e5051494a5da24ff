import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { parseSignal, signalRequestOf } from '../../../../lib/withings/heart/signal'

const body: JsonObject = {
  signal: [12, -40, 1080],
  sampling_frequency: 300,
  wearposition: 1,
  model: 93,
  heart_rate: 62
}
const source = { date: '2026-11-22T22:30:00.000Z', deviceId: 'watch', model: 'ScanWatch' }
const parse = (changes: JsonObject = {}) => parseSignal({ ...body, ...changes }, '12', '48', source)

describe('the signal of an ECG', () => {
  it('is in µV, with its time in ms, ready to plot', () => {
    parse().should.eql({
      kind: 'ecg_signal',
      signalId: '48',
      userId: '12',
      date: '2026-11-22T22:30:00.000Z',
      deviceId: 'watch',
      model: 'ScanWatch',
      position: 'left_wrist',
      heartRate: 62,
      synced: true,
      frequency: 300,
      duration: 0.01,
      unit: 'µV',
      samples: [12, -40, 1080],
      filtered: null,
      series: [
        { x: 0, y: 12 },
        { x: 3.333, y: -40 },
        { x: 6.667, y: 1080 }
      ],
      intervals: {}
    })
  })

  it('has whole milliseconds at 500 Hz, to the last sample of 20 s', () => {
    const { duration, series } = parse({ signal: Array(10_000).fill(1), sampling_frequency: 500 })
    duration.should.equal(20)
    should(series[1]).eql({ x: 2, y: 1 })
    should(series.at(-1)).eql({ x: 19_998, y: 1 })
  })

  it('is plotted without noise where Withings gave such a version', () => {
    const signal = parse({ signal_filtered: [10, -30, 1070] })
    should(signal.filtered).eql([10, -30, 1070])
    signal.samples.should.eql([12, -40, 1080])
    signal.series.map(({ y }) => y).should.eql([10, -30, 1070])
    should(parse({ signal_filtered: [10] }).filtered).be.null()
    should(parse({ filtered: true }).filtered).be.null()
  })

  it('comes with the intervals that Withings gave', () => {
    parse({ intervals: { qrs: 92, pr: '158', qt: 0, qtc: null, rr: 900 } }).intervals.should.eql({
      qrs: 92,
      pr: 158
    })
    parse({ qt: 388, qtc: 412 }).intervals.should.eql({ qt: 388, qtc: 412 })
    parse({ intervals: [] }).intervals.should.eql({})
  })

  it('may not have been sent by the device yet', () => {
    for (const signal of [[], null, undefined])
      parse({ signal, heart_rate: undefined }).should.match({
        synced: false,
        samples: { length: 0 },
        series: { length: 0 },
        duration: 0,
        heartRate: null
      })
    parseSignal({}, '12', '48').should.match({
      synced: false,
      frequency: 0,
      date: null,
      model: null,
      position: null
    })
  })

  it('takes both forms of the heart rate', () => {
    should(parse({ heart_rate: { grpid: 1, value: 62, is_deleted: false } }).heartRate).equal(62)
    should(parse({ heart_rate: { grpid: 1, value: -1, is_deleted: false } }).heartRate).be.null()
    should(parse({ heart_rate: { grpid: 1, value: 62, is_deleted: true } }).heartRate).be.null()
  })

  const unreadable: [JsonObject, string][] = [
    [{ signal: 'abc' }, 'signal'],
    [{ signal: [1, null, 3] }, 'signal[1]'],
    [{ sampling_frequency: 0 }, 'sampling_frequency'],
    [{ sampling_frequency: undefined }, 'sampling_frequency'],
    [{ sampling_frequency: 1e-300 }, 'sampling_frequency'],
    [{ signal_filtered: [1, 2, 'x'] }, 'signal_filtered[2]']
  ]
  for (const [changes, place] of unreadable)
    it(`is refused when ${place} is unreadable: ${JSON.stringify(changes)}`, () => {
      should(() => parse(changes)).throw({ code: 'BAD_ANSWER', details: { detail: place } })
    })
})

describe('the signal that a message asks for', () => {
  const ecg = { kind: 'ecg', signalId: '48', ...source }
  const older = { ...ecg, signalId: '47', date: '2026-11-21T22:30:00.000Z' }

  it('is named by msg.signalId before all else', () => {
    for (const signalId of ['31', 31])
      signalRequestOf({ signalId, payload: ecg }).should.eql({
        kind: 'signal',
        signalId: '31',
        source: undefined
      })
  })

  it('is that of the recording in the payload, or the newest of several', () => {
    const expected = { kind: 'signal', signalId: '48', source }
    signalRequestOf({ payload: ecg }).should.eql(expected)
    signalRequestOf({ payload: [ecg, older] }).should.eql(expected)
    signalRequestOf({
      payload: [older, ecg, { ...ecg, signalId: null, date: '2026-11-23T00:00:00.000Z' }]
    }).should.eql(expected)
  })

  it('is none where the recordings have none', () => {
    for (const payload of [
      [],
      { ...ecg, signalId: null },
      { ...ecg, signalId: '0x10' },
      { ...ecg, kind: 'stethoscope' }
    ])
      signalRequestOf({ payload }).should.eql({ kind: 'none' })
  })

  it('is the newest where the message says nothing', () => {
    for (const payload of [undefined, 1_763_000_000_000, 'go', {}, { signalId: '48' }, [1, 2], [ecg, 2]])
      signalRequestOf({ payload }).should.eql({ kind: 'newest' })
    for (const signalId of ['', null, undefined]) signalRequestOf({ signalId }).should.eql({ kind: 'newest' })
  })

  for (const signalId of ['abc', '-1', '1.5', 1.5, {}, true, '12 13', '0x10', '1e3', '+5', -1])
    it(`is not ${JSON.stringify(signalId)}`, () => {
      should(() => signalRequestOf({ signalId })).throw({ code: 'BAD_INPUT' })
    })
})
