import should from 'should'
import { NIGHT_FIELDS } from '../../../../lib/withings/sleep/fields'
import type { Night, NightRules } from '../../../../lib/withings/sleep/night'
import { parseNightEvents, SLEEP_DATA_FIELDS, type SleepRow } from '../../../../lib/withings/sleep/summary'
import { decodedNights, decodedRows, sleepFormat } from '../../../support/decoded'
import { record, rowsOf, RULES, second } from '../../../support/sleep-records'

const nights = (records: object[], changes: Partial<NightRules> = {}): Night[] =>
  decodedNights(rowsOf(...records), { ...RULES, ...changes }).map(({ night }) => night)
const kinds = (records: object[], changes: Partial<NightRules> = {}) =>
  nights(records, changes).map(({ kind }) => kind)

describe('the events of a night', () => {
  const start = 1_684_700_000
  const at = (offset: number) => new Date((start + offset) * 1000).toISOString()
  const text = '{"1":[0,28500],"2":[720,27960,2160],"3":[28440,1440,2160],"4":[28440,4320]}'
  const decoded = [
    ['got_in_bed', 0],
    ['fell_asleep', 720],
    ['woke_up', 28440],
    ['left_bed', 28440],
    ['got_in_bed', 28500],
    ['fell_asleep', 28680],
    ['woke_up', 29880],
    ['fell_asleep', 30840],
    ['woke_up', 32040],
    ['left_bed', 32760]
  ].map(([type, offset]) => ({ type, date: at(offset as number) }))

  it('are steps from one to the next within their kind, and end with the night', () => {
    parseNightEvents(text, start, start + 32760).should.eql(decoded)
    should(decoded.at(-1)!.date).equal(at(32760))
  })

  it('are read from an object as well', () => {
    parseNightEvents(JSON.parse(text), start, start + 32760).should.eql(decoded)
  })

  it('count from the start where steps would lead beyond the end', () => {
    parseNightEvents('{"2":[600,20000],"3":[19000,27000]}', start, start + 27000)
      .map(({ date }) => date)
      .should.eql([at(600), at(19000), at(20000), at(27000)])
  })

  it('have names, also those that nobody knows', () => {
    parseNightEvents('{"5":[60],"6":["120"],"9":[180]}', start, start + 600)
      .map(({ type }) => type)
      .should.eql(['manual_sleep_start', 'manual_sleep_end', 'event_9'])
  })

  it('have no name from elsewhere', () => {
    parseNightEvents('{"constructor":[60],"toString":[120]}', start, start + 600)
      .map(({ type }) => type)
      .should.eql(['event_constructor', 'event_toString'])
  })

  it('are none where nothing can be read', () => {
    for (const value of [undefined, null, '', '[]', '{', '{"1":5}', '{"1":[null,"x"]}', 7, []])
      parseNightEvents(value, start, start + 600).should.eql([])
  })
})

describe('a page of getsummary', () => {
  it('is asked for with all fields, the events and the old names', () => {
    const fields = SLEEP_DATA_FIELDS.split(',')
    fields.should.have.length(NIGHT_FIELDS.length + 3)
    fields.should.containDeep(['sleep_score', 'hr_average', 'night_events', 'durationtosleep'])
  })

  it('gives rows, and tells what cannot be read', () => {
    const good = record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')
    const bad = [null, 5, { ...good, id: undefined }, { ...good, enddate: 0 }, { ...good, enddate: 5 }]
    const page = decodedRows({ series: [good, ...bad], more: true, offset: 300 }, sleepFormat('12'))
    page.rows.should.have.length(1)
    page.problems.should.eql([
      { place: 'series[1]' },
      { place: 'series[2]' },
      { place: 'series[3]' },
      { place: 'series[4]', id: '1' },
      { place: 'series[5]', id: '1' }
    ])
    should(page.next).equal(300)
  })

  it('may be empty, or have no list at all', () => {
    decodedRows({ series: [], more: false, offset: 0 }, sleepFormat('12')).should.match({
      rows: { length: 0 },
      problems: { length: 0 }
    })
    decodedRows({ more: false }, sleepFormat('12')).problems.should.eql([{ place: 'series' }])
  })

  it('knows the device by its hash, and its model by the id', () => {
    const [row] = rowsOf(record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')) as [SleepRow]
    should(row).match({ deviceId: 'mat', model: 'Aura Sensor V2', source: 'device' })
    const [mat] = rowsOf(record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { model_id: 13 }))
    should(mat!.model).equal('Sleep Analyzer')
    const [old] = rowsOf(record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { model_id: undefined }))
    should(old!.model).be.null()
  })

  it('takes the later of the two dates of change, for either may be first', () => {
    const [row] = rowsOf(
      record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { created: 2000, modified: 1000 })
    )
    should(row!.modified).equal(2000)
    const [never] = rowsOf(
      record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { created: false, modified: false })
    )
    should(never!.modified).equal(second('2026-11-22T06:00:00Z'))
  })

  it('takes the old names of the latencies where the new ones are missing', () => {
    const data = { durationtosleep: 540, durationtowakeup: 300, wakeup_latency: 120 }
    const [row] = rowsOf(record(1, '2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { data }))
    row!.readings
      .map(({ type, value }) => [type, value])
      .should.eql([
        ['sleep_latency', 540],
        ['wakeup_latency', 120]
      ])
  })
})

describe('nights and naps', () => {
  it('are told apart by their length and by the time of day where they were slept', () => {
    const [night] = nights([
      record(7, '2026-11-21T22:10:00Z', '2026-11-22T06:05:00Z', {
        data: { total_sleep_time: 27000, sleep_score: 81, sleep_efficiency: 0.86, hr_average: 0 }
      })
    ]) as [Night]
    night.should.match({
      kind: 'night',
      id: '7',
      day: '2026-11-22',
      timezone: 'Europe/Paris',
      userId: '12',
      deviceId: 'mat',
      model: 'Aura Sensor V2',
      source: 'device',
      startDate: '2026-11-21T22:10:00.000Z',
      endDate: '2026-11-22T06:05:00.000Z',
      scored: true,
      completed: true
    })
    night.values.should.eql({ sleep_duration: 27000, sleep_efficiency: 86, sleep_score: 81 })
    night.readings.every(({ date, groupId }) => date === night.endDate && groupId === '7').should.be.true()
    night.parts.should.eql([
      {
        id: '7',
        startDate: night.startDate,
        endDate: night.endDate,
        events: [],
        values: night.values
      }
    ])
  })

  it('make a nap of what is short and lies in the day, and give its values other names', () => {
    const [nap] = nights([
      record(1, '2026-11-22T13:00:00Z', '2026-11-22T14:10:00Z', { data: { total_sleep_time: 3600 } })
    ]) as [Night]
    nap.kind.should.equal('nap')
    nap.values.should.eql({ nap_sleep_duration: 3600 })
    nap.readings.map(({ type }) => type).should.eql(['nap_sleep_duration'])
    nap.parts[0]!.values.should.eql(nap.values)
  })

  it('leave a short night and a long sleep in the day nights', () => {
    kinds([record(1, '2026-11-22T01:00:00Z', '2026-11-22T02:30:00Z')]).should.eql(['night'])
    kinds([record(1, '2026-11-22T08:00:00Z', '2026-11-22T15:00:00Z')]).should.eql(['night'])
  })

  it('follow the rule that the user made', () => {
    const siesta = record(1, '2026-11-22T12:00:00Z', '2026-11-22T15:30:00Z')
    kinds([siesta]).should.eql(['night'])
    kinds([siesta], { napHours: 4 }).should.eql(['nap'])
    kinds([siesta], { napHours: 0 }).should.eql(['night'])
    // 14:45 in Paris
    kinds([siesta], { napHours: 4, napFrom: 15 }).should.eql(['night'])
    kinds([siesta], { napHours: 4, napUntil: 14 }).should.eql(['night'])
    const small = record(2, '2026-11-22T01:00:00Z', '2026-11-22T02:30:00Z')
    kinds([small], { napFrom: 22, napUntil: 7 }).should.eql(['nap'])
    kinds([siesta], { napHours: 4, napFrom: 22, napUntil: 7 }).should.eql(['night'])
  })

  it('take the hour of the place', () => {
    const times = ['2026-11-22T04:00:00Z', '2026-11-22T05:00:00Z'] as const
    const inZone = (timezone: string) => kinds([record(1, ...times, { timezone })])
    inZone('Europe/Paris').should.eql(['night'])
    inZone('Asia/Tokyo').should.eql(['nap'])
    inZone('America/Guadeloupe').should.eql(['night'])
    inZone('Nowhere/Land').should.eql(['night'])
  })
})

describe('what is known of a night', () => {
  const times = ['2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z'] as const

  it('are the times in bed, asleep and awake, from its events', () => {
    const data = { night_events: '{"1":[60],"2":[1200,14400],"3":[14000,13000],"4":[28500]}' }
    nights([record(1, ...times, { data })])[0]!.should.match({
      inBedDate: '2026-11-21T22:01:00.000Z',
      asleepDate: '2026-11-21T22:20:00.000Z',
      awakeDate: '2026-11-22T05:30:00.000Z',
      outOfBedDate: '2026-11-22T05:55:00.000Z'
    })
  })

  it('are else its bounds and latencies, or nothing', () => {
    const data = { sleep_latency: 600, wakeup_latency: 300 }
    nights([record(1, ...times, { data })])[0]!.should.match({
      inBedDate: '2026-11-21T22:00:00.000Z',
      asleepDate: '2026-11-21T22:10:00.000Z',
      awakeDate: '2026-11-22T05:55:00.000Z',
      outOfBedDate: '2026-11-22T06:00:00.000Z'
    })
    nights([record(1, ...times, { data: {} })])[0]!.should.match({ asleepDate: null, awakeDate: null })
  })

  it('tells whether it is scored', () => {
    const scored = (changes: object) => nights([record(1, ...times, changes)])[0]!.scored
    scored({}).should.be.true()
    scored({ completed: undefined }).should.be.true()
    scored({ completed: false }).should.be.false()
    for (const sleep_score of [null, 0, undefined]) scored({ data: { sleep_score } }).should.be.false()
  })

  it('tells what was typed in, and what came from elsewhere', () => {
    const typed = record(1, ...times, {
      hash_deviceid: null,
      data: { night_events: '{"5":[0],"6":[28800]}' }
    })
    nights([typed])[0]!.should.match({
      source: 'manual',
      deviceId: null,
      model: null,
      asleepDate: '2026-11-21T22:00:00.000Z',
      awakeDate: '2026-11-22T06:00:00.000Z'
    })
    const data = { asleepduration: 26000, lightsleepduration: null, remsleepduration: null }
    const foreign = nights([record(1, ...times, { hash_deviceid: null, data })])[0]!
    foreign.should.match({ source: 'external', values: { asleep_duration: 26000 } })
    foreign.values.should.eql({ asleep_duration: 26000 })
  })
})

describe('a split night', () => {
  const first = record(1, '2026-11-21T22:00:00Z', '2026-11-22T01:00:00Z', {
    modified: second('2026-11-22T09:00:00Z'),
    data: {
      total_timeinbed: 10000,
      total_sleep_time: 9000,
      deepsleepduration: 3000,
      sleep_efficiency: 0.9,
      sleep_latency: 600,
      wakeup_latency: 90,
      wakeupcount: 2,
      hr_average: 60,
      hr_min: 50,
      hr_max: 80,
      rr_average: 0,
      sleep_score: 55,
      rmssd_start_avg: 30,
      rmssd_end_avg: 40,
      core_body_temperature_status: 'usual',
      night_events: '{"1":[0],"2":[600],"3":[10000],"4":[10800]}'
    }
  })
  const later = record(2, '2026-11-22T01:30:00Z', '2026-11-22T06:00:00Z', {
    data: {
      total_timeinbed: 16000,
      total_sleep_time: 15000,
      deepsleepduration: 4000,
      sleep_efficiency: 0.94,
      sleep_latency: 60,
      wakeup_latency: 120,
      wakeupcount: 1,
      hr_average: 55,
      hr_min: 48,
      hr_max: 75,
      rr_average: 14,
      sleep_score: 71,
      rmssd_start_avg: 44,
      rmssd_end_avg: 52,
      core_body_temperature_status: 'elevated',
      night_events: '{"1":[0],"2":[60],"3":[16000],"4":[16200]}'
    }
  })

  it('is one night, whatever the order of its parts, and keeps them', () => {
    const [night, ...more] = nights([later, first]) as [Night]
    more.should.eql([])
    night.should.match({
      kind: 'night',
      id: '1',
      day: '2026-11-22',
      startDate: '2026-11-21T22:00:00.000Z',
      endDate: '2026-11-22T06:00:00.000Z',
      modified: '2026-11-22T09:00:00.000Z',
      asleepDate: '2026-11-21T22:10:00.000Z',
      awakeDate: '2026-11-22T05:56:40.000Z',
      scored: true
    })
    night.parts
      .map(({ id, values }) => [id, values.sleep_score])
      .should.eql([
        ['1', 55],
        ['2', 71]
      ])
    night.events.should.have.length(8)
    night.events.map(({ date }) => date).should.eql(night.events.map(({ date }) => date).sort())
    for (const reading of night.readings)
      reading.should.match({ date: night.endDate, groupId: '1', modified: night.modified })
  })

  it('has sums, weighted means, extremes, and the score of its longest part', () => {
    nights([first, later])[0]!.values.should.eql({
      time_in_bed: 26000,
      sleep_duration: 24000,
      deep_sleep_duration: 7000,
      // 24000 of 26000
      sleep_efficiency: 92,
      sleep_latency: 600,
      wakeup_latency: 120,
      wakeup_count: 3,
      // (60 · 9000 + 55 · 15000) / 24000
      sleep_heart_rate_average: 56.88,
      sleep_heart_rate_min: 48,
      sleep_heart_rate_max: 80,
      sleep_respiratory_rate_average: 14,
      sleep_score: 71,
      sleep_rmssd_start: 30,
      sleep_rmssd_end: 52,
      sleep_core_body_temperature_status: 'elevated'
    })
  })

  it('is not scored before its longest part is, nor while a part is being worked on', () => {
    const scored = (a: object, b: object) =>
      nights([
        { ...first, ...a },
        { ...later, ...b }
      ])[0]!.scored
    scored({ data: {} }, {}).should.be.true()
    scored({}, { data: {} }).should.be.false()
    scored({ completed: false }, {}).should.be.false()
  })

  it('is joined below the gap that the user chose', () => {
    nights([first, later], { joinMinutes: 30 }).should.have.length(2)
    nights([first, later], { joinMinutes: 31 }).should.have.length(1)
    nights([first, later], { joinMinutes: 0 }).should.have.length(2)
    const touching = record(3, '2026-11-22T06:00:00Z', '2026-11-22T07:00:00Z')
    nights([later, touching]).should.have.length(1)
    nights([later, touching], { joinMinutes: 0 }).should.have.length(2)
  })

  it('is of one device, so that two that watched the same night do not count it twice', () => {
    nights([first, { ...later, hash_deviceid: 'watch' }]).should.have.length(2)
    const watch = record(3, '2026-11-21T22:20:00Z', '2026-11-22T05:50:00Z', { hash_deviceid: 'watch' })
    nights([first, watch, later])
      .map(({ deviceId, parts }) => [deviceId, parts.length])
      .should.eql([
        ['watch', 1],
        ['mat', 2]
      ])
  })

  it('leaves rows that overlap apart', () => {
    const twin = record(3, '2026-11-22T00:30:00Z', '2026-11-22T05:00:00Z')
    nights([first, twin]).should.have.length(2)
  })

  it('takes a part whose values are missing for what it is', () => {
    const blank = record(3, '2026-11-22T01:30:00Z', '2026-11-22T06:00:00Z', { data: {} })
    const { values } = nights([first, blank])[0]!
    values.should.match({ sleep_duration: 9000, sleep_heart_rate_average: 60, sleep_latency: 600 })
    values.should.not.have.keys('sleep_score', 'wakeup_latency')
  })
})
