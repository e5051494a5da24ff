import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { HEART_LIST, type HeartRecording, parseHeartRecording } from '../../../../lib/withings/heart/ecg'
import { parseStethoscopeRecording, recordingsFormat } from '../../../../lib/withings/heart/recordings'
import { decodedRows } from '../../../support/decoded'

const timestamp = Date.parse('2026-11-22T22:30:00Z') / 1000
const full: JsonObject = {
  deviceid: 'core',
  model: 44,
  ecg: { signalid: 48, afib: 0 },
  bloodpressure: { diastole: 81, systole: 128 },
  stetho: { signalid: 49, vhd: 2 },
  heart_rate: 67,
  modified: timestamp + 90,
  timestamp,
  timezone: 'Europe/Paris'
}
const parse = (changes: JsonObject = {}): HeartRecording =>
  parseHeartRecording({ ...full, ...changes }, '12')!.recording
const without = (...keys: string[]): HeartRecording =>
  parseHeartRecording(Object.fromEntries(Object.entries(full).filter(([key]) => !keys.includes(key))), '12')!
    .recording

describe('a recording of the heart', () => {
  it('says all that the row says', () => {
    const { readings, ...recording } = parse()
    recording.should.eql({
      kind: 'ecg',
      signalId: '48',
      date: '2026-11-22T22:30:00.000Z',
      day: '2026-11-22',
      timezone: 'Europe/Paris',
      modified: '2026-11-22T22:31:30.000Z',
      userId: '12',
      deviceId: 'core',
      model: 'BPM Core',
      afib: 'negative',
      heartRate: 67,
      bloodPressure: { systolic: 128, diastolic: 81 },
      stethoscope: { signalId: '49', vhd: 2 },
      values: {
        ecg_heart_rate: 67,
        ecg_afib: 0,
        ecg_systolic_blood_pressure: 128,
        ecg_diastolic_blood_pressure: 81,
        stethoscope_vhd: 2
      }
    })
    readings
      .map(({ type, value, unit }) => [type, value, unit])
      .should.eql([
        ['ecg_heart_rate', 67, 'bpm'],
        ['ecg_afib', 0, null],
        ['ecg_systolic_blood_pressure', 128, 'mmHg'],
        ['ecg_diastolic_blood_pressure', 81, 'mmHg'],
        ['stethoscope_vhd', 2, null]
      ])
    readings.forEach(reading =>
      reading.should.match({
        date: '2026-11-22T22:30:00.000Z',
        userId: '12',
        deviceId: 'core',
        model: 'BPM Core',
        source: 'device',
        groupId: '48',
        modified: '2026-11-22T22:31:30.000Z'
      })
    )
  })

  const days: [zone: unknown, day: string, known: string | null][] = [
    ['Europe/Paris', '2026-11-22', 'Europe/Paris'],
    ['Asia/Tokyo', '2026-11-23', 'Asia/Tokyo'],
    ['Pacific/Honolulu', '2026-11-22', 'Pacific/Honolulu'],
    ['Asia/Kathmandu', '2026-11-23', 'Asia/Kathmandu'],
    [null, '2026-11-22', null]
  ]
  for (const [timezone, day, known] of days)
    it(`has the day of ${known ?? 'no zone'}, and the same instant`, () => {
      parse({ timezone }).should.match({ day, timezone: known, date: '2026-11-22T22:30:00.000Z' })
    })

  const results: [code: unknown, word: string | null, value: number | undefined][] = [
    [0, 'negative', 0],
    [1, 'positive', 1],
    ['1', 'positive', 1],
    [2, 'inconclusive', 2],
    [8, 'inconclusive', 8],
    [11, 'positive', 11],
    [12, 'positive', 12],
    [13, 'no_diagnosis', 13],
    [14, 'code_14', 14],
    [-1, null, undefined],
    [null, null, undefined],
    ['x', null, undefined]
  ]
  for (const [afib, word, value] of results)
    it(`gives ${JSON.stringify(afib)} as ${word}, and as a number`, () => {
      const recording = parse({ ecg: { signalid: 48, afib } })
      should(recording.afib).equal(word)
      should(recording.values.ecg_afib).equal(value)
    })

  const rates: [form: unknown, rate: number | null][] = [
    [67, 67],
    ['67', 67],
    [{ grpid: 5, value: 67, date: timestamp, is_deleted: false }, 67],
    [{ grpid: 5, value: '67', date: timestamp }, 67],
    [{ grpid: 5, value: 67, date: timestamp, is_deleted: true }, null],
    [{ grpid: 5, value: 67, date: timestamp, is_deleted: 1 }, null],
    [{ grpid: 5, value: null }, null],
    [{}, null],
    [0, null],
    [null, null],
    [false, null],
    [[67], null]
  ]
  for (const [form, rate] of rates)
    it(`takes a heart rate of ${JSON.stringify(form)} for ${rate}`, () => {
      const recording = parse({ heart_rate: form })
      should(recording.heartRate).equal(rate)
      recording.readings.some(({ type }) => type === 'ecg_heart_rate').should.equal(rate !== null)
    })

  it('may lack each part', () => {
    without('ecg').should.match({ signalId: null, afib: null, stethoscope: { signalId: '49' } })
    without('bloodpressure').should.match({ bloodPressure: null, heartRate: 67 })
    without('stetho').should.match({ stethoscope: null })
    const bare = without(
      'ecg',
      'bloodpressure',
      'stetho',
      'heart_rate',
      'timezone',
      'model',
      'deviceid',
      'modified'
    )
    bare.should.match({
      deviceId: null,
      model: null,
      modified: bare.date,
      readings: { length: 0 },
      values: {}
    })
    parse({ bloodpressure: { systole: 128 } }).should.match({
      bloodPressure: { systolic: 128, diastolic: null }
    })
  })

  it('names a model that no table has', () => {
    should(parse({ model: 4242 }).model).equal('Withings 4242')
    should(parse({ model: -1 }).model).be.null()
  })

  it('is never changed before it was made', () => {
    parse({ modified: timestamp - 5000 }).modified.should.equal('2026-11-22T22:30:00.000Z')
    parse({ modified: false }).modified.should.equal('2026-11-22T22:30:00.000Z')
  })
})

describe('a recording of the stethoscope', () => {
  it('says all that the row says', () => {
    const raw = { hash_deviceid: 'beamo', signalid: 7, vhd: 5, timestamp, timezone: 'Asia/Tokyo' }
    const { readings, ...recording } = parseStethoscopeRecording(raw, '12')!.recording
    recording.should.eql({
      kind: 'stethoscope',
      signalId: '7',
      date: '2026-11-22T22:30:00.000Z',
      day: '2026-11-23',
      timezone: 'Asia/Tokyo',
      modified: '2026-11-22T22:30:00.000Z',
      userId: '12',
      deviceId: 'beamo',
      model: null,
      vhd: 5,
      values: { stethoscope_vhd: 5 }
    })
    readings.should.match([{ type: 'stethoscope_vhd', value: 5, unit: null, groupId: '7' }])
  })
})

describe('a page of recordings', () => {
  const page = (body: JsonObject, offset = 0) => decodedRows(body, recordingsFormat(HEART_LIST, '12'), offset)

  it('goes on while more is true, whatever the offset says', () => {
    should(page({ series: [full], more: true, offset: 14 }).next).equal(14)
    should(page({ series: [full], more: false, offset: 200 }).next).be.undefined()
    page({ series: [full], more: true, offset: 14 }, 14).should.match({
      next: undefined,
      problems: [{ place: 'offset' }]
    })
  })

  it('tells what cannot be read, and gives the rest', () => {
    const { rows, problems } = page({
      series: [full, null, { ecg: { signalid: 50 }, timestamp: 'soon' }, 7, { ...full, timestamp: 0 }],
      more: false
    })
    rows.should.have.length(1)
    problems.should.eql([
      { place: 'series[1]' },
      { place: 'series[2]', id: '50' },
      { place: 'series[3]' },
      { place: 'series[4]', id: '48' }
    ])
    page({}).problems.should.eql([{ place: 'series' }])
    page({ series: [], more: false }).should.match({ rows: { length: 0 }, problems: { length: 0 } })
    page({ series: {}, more: false }).problems.should.eql([])
  })

  it('has a row for each recording: two without a signal, and two numbers that are alike', () => {
    const ids = page({
      series: [
        full,
        { ...full, ecg: undefined, stetho: { signalid: 48, vhd: 0 } },
        { ...full, ecg: undefined, stetho: undefined },
        { ...full, ecg: undefined, stetho: undefined, timestamp: timestamp + 1 }
      ],
      more: false
    }).rows.map(({ id }) => id)
    new Set(ids).size.should.equal(4)
  })
})
