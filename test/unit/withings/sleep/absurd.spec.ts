import fc from 'fast-check'
import should from 'should'
import { HEART_LIST } from '../../../../lib/withings/heart/ecg'
import { recordingsFormat, STETHOSCOPE_LIST } from '../../../../lib/withings/heart/recordings'
import { SERIES_FIELDS } from '../../../../lib/withings/sleep/fields'
import type { NightRules } from '../../../../lib/withings/sleep/night'
import { parseSegments, stagesOf } from '../../../../lib/withings/sleep/stages'
import type { SleepRow } from '../../../../lib/withings/sleep/summary'
import { decodedNights, decodedRows, sleepFormat } from '../../../support/decoded'

const RUNS = Number(process.env.PROPERTY_RUNS ?? 500)
const rules: NightRules = { napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 }
const start = 1_763_000_000
const HOUR = 3_600
const DAY = 24 * HOUR

const night = (id: number, changes: object = {}, data: object = {}): Record<string, unknown> => ({
  id,
  timezone: 'Europe/Paris',
  model: 32,
  model_id: 63,
  startdate: start + id * DAY,
  enddate: start + id * DAY + 8 * HOUR,
  date: new Date((start + id * DAY + 8 * HOUR) * 1000).toISOString().slice(0, 10),
  created: start + id * DAY + 7 * HOUR,
  modified: start + id * DAY + 9 * HOUR,
  hash_deviceid: 'mat',
  completed: true,
  data: {
    total_timeinbed: 28_000,
    total_sleep_time: 25_000,
    sleep_latency: 600,
    wakeup_latency: 120,
    waso: 900,
    hr_average: 55,
    sleep_score: 80,
    apnea_hypopnea_index: 4,
    night_events: '{"1":[0],"2":[600],"3":[28000],"4":[28800]}',
    ...data
  },
  ...changes
})

const rowsOf = (series: object[]): SleepRow[] =>
  decodedRows({ series, more: false, offset: 0 }, sleepFormat('12')).rows

const heart = (id: number): Record<string, unknown> => ({
  deviceid: 'watch',
  model: 93,
  ecg: { signalid: id, afib: 0 },
  bloodpressure: { systole: 120, diastole: 80 },
  stetho: { signalid: 100 + id, vhd: 1 },
  heart_rate: 60,
  modified: start + id,
  timestamp: start + id,
  timezone: 'Europe/Paris'
})
const sound = (id: number): Record<string, unknown> => ({
  hash_deviceid: 'beamo',
  signalid: id,
  vhd: 0,
  timestamp: start + id,
  modified: start + id,
  timezone: 'Europe/Paris'
})
const segment = (id: number): Record<string, unknown> => ({
  startdate: start + id * 600,
  enddate: start + id * 600 + 600,
  state: 1,
  model_id: 63,
  hash_deviceid: 'mat',
  ...Object.fromEntries(SERIES_FIELDS.map(({ key }) => [key, { [start + id * 600]: 1 }]))
})

const absurd = fc.oneof(
  fc.constantFrom<unknown>(1e13, 1e300, -1, 0, null, '', 'x', [], {}, 4e9, 9e9, 8.64e12, -25920, 1.5, true),
  fc.constantFrom<unknown>({ value: 1e300 }, '1e13', '-1', '0x10', [1e13], { 1: [1e13] }, '{"1":[-5,1e13]}'),
  fc.anything({ maxDepth: 2 })
)

/** A row in which one field is absurd, at the top or in what it holds. */
function spoilt(
  row: Record<string, unknown>,
  inside: string | undefined
): fc.Arbitrary<Record<string, unknown>> {
  const at = (object: Record<string, unknown>) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(object)), absurd)
      .map(([key, value]) => ({ ...object, [key]: value }))
  if (inside === undefined) return at(row)
  return fc.oneof(
    at(row),
    at(row[inside] as Record<string, unknown>).map(part => ({ ...row, [inside]: part }))
  )
}

/** Whatever is in the middle, what stands around it is decoded as if it were alone. */
function leavesOthers(
  make: (id: number) => Record<string, unknown>,
  inside: string | undefined,
  decode: (rows: object[]) => unknown[],
  others: (decoded: unknown[]) => unknown[]
): void {
  const around = [make(1), make(3)]
  const expected = others(decode(around))
  expected.should.have.length(2)
  fc.assert(
    fc.property(spoilt(make(2), inside), row => {
      // By chance it may have the id of another one, and then it is that one.
      fc.pre(others(decode([row])).length === 0)
      should(others(decode([around[0]!, row, around[1]!]))).eql(expected)
    }),
    { numRuns: RUNS }
  )
}

const withIds =
  (...wanted: string[]) =>
  (decoded: unknown[]): unknown[] =>
    decoded.filter(item => wanted.includes((item as { id: string }).id))

describe('a row in which one field is absurd', () => {
  it('takes no other night away, nor its times, parts and values', () => {
    const decode = (rows: object[]) => decodedNights(rowsOf(rows), rules).map(({ night: decoded }) => decoded)
    leavesOthers(id => night(id), 'data', decode, withIds('1', '3'))
  })

  it('takes no other ECG away', () => {
    const format = recordingsFormat(HEART_LIST, '12')
    const decode = (series: object[]) => decodedRows({ series, more: false }, format).rows
    leavesOthers(heart, 'ecg', decode, withIds('ecg 1', 'ecg 3'))
  })

  it('takes no other recording of a stethoscope away', () => {
    const format = recordingsFormat(STETHOSCOPE_LIST, '12')
    const decode = (series: object[]) => decodedRows({ series, more: false }, format).rows
    leavesOthers(sound, undefined, decode, withIds('1', '3'))
  })

  it('takes no other piece of a night away, and breaks no stages', () => {
    const around = decodedNights(rowsOf([night(0)]), rules)[0]!.night
    const decode = (series: object[]) => {
      const { segments } = parseSegments({ series })
      stagesOf(around, segments).kind.should.equal('stages')
      return segments
    }
    const others = (decoded: unknown[]) =>
      (decoded as { start: number }[]).filter(({ start: at }) => [start + 600, start + 1800].includes(at))
        .length >= 2
        ? [1, 3]
        : []
    leavesOthers(segment, undefined, decode, others)
  })
})

describe('an absurd field of a night', () => {
  const only = (changes: object, data: object = {}) =>
    decodedNights(rowsOf([night(1, changes, data)]), rules)[0]!.night
  const plain = only({})

  for (const modified of [1e13, 8.64e12, 4_200_000_000, -1, 'x'])
    it(`is left out: modified ${modified}`, () => {
      only({ modified, created: modified }).modified.should.equal(plain.endDate)
    })

  for (const seconds of [1e13, 1e300, 100_000, -1, -25920])
    it(`is left out: latencies and waso of ${seconds}`, () => {
      const data = { sleep_latency: seconds, wakeup_latency: seconds, waso: seconds, night_events: '{}' }
      const found = only({}, data)
      found.should.match({ asleepDate: null, awakeDate: null })
      found.values.should.not.have.keys('sleep_latency', 'wakeup_latency', 'wake_after_sleep_onset')
      found.values.sleep_duration!.should.equal(25_000)
    })

  it('is left out: events outside the night', () => {
    const { events, inBedDate } = only({}, { night_events: '{"1":[-9000,9100,1e12],"4":[28800]}' })
    events.map(({ type }) => type).should.eql(['got_in_bed', 'left_bed'])
    inBedDate.should.equal(events[0]!.date)
  })

  it('is left out: a day that is not the one of waking up', () => {
    only({ date: '2999-01-01' }).day.should.equal(plain.day)
  })

  it('makes no night of what lasts for years, or lies in a later century', () => {
    const series = [night(1, { startdate: 1 }), night(2, { startdate: 5e9, enddate: 5e9 + 60 }), night(3)]
    const { rows, problems } = decodedRows({ series, more: false }, sleepFormat('12'))
    rows.map(({ id }) => id).should.eql(['3'])
    problems.should.eql([
      { place: 'series[0]', id: '1' },
      { place: 'series[1]', id: '2' }
    ])
  })
})

describe('a negative value', () => {
  const fields = { apnea_hypopnea_index: -1, breathing_disturbances_intensity: '-1', waso: -25920 }
  const types = ['apnea_hypopnea_index', 'breathing_disturbances_intensity', 'wake_after_sleep_onset']

  it('is none of a night', () => {
    rowsOf([night(1, {}, fields)])[0]!
      .readings.filter(({ type }) => types.includes(type))
      .should.eql([])
  })

  it('does not count where parts become one', () => {
    const later = (id: number, data: object) => {
      const from = start + DAY + 8 * HOUR + 600
      return night(id, { startdate: from, enddate: from + HOUR }, data)
    }
    const joined = decodedNights(rowsOf([night(1), later(2, { ...fields, hr_average: -1 })]), rules)
    joined.should.have.length(1)
    joined[0]!.night.values.should.match({
      apnea_hypopnea_index: 4,
      wake_after_sleep_onset: 900,
      sleep_heart_rate_average: 55
    })
  })

  it('is no point of a series', () => {
    const { segments } = parseSegments({
      series: [{ ...segment(0), hr: { [start]: -1, [start + 60]: 50 }, withings_index: { [start]: -1 } }]
    })
    should(segments[0]!.series.heart_rate).eql([{ x: (start + 60) * 1000, y: 50 }])
    should(segments[0]!.series.withings_index).be.undefined()
  })
})
