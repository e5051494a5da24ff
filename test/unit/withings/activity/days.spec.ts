import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { type Day, dayFormat, type DayRow } from '../../../../lib/withings/activity/days'
import { daysSource } from '../../../../lib/withings/activity/sync'
import { readPages } from '../../../../lib/withings/sync/sync'
import { contextOf } from '../../../support/context'
import { type Decoded, decodedRows } from '../../../support/decoded'

const at = (iso: string): number => Date.parse(iso) / 1000

function row(changes: JsonObject = {}): JsonObject {
  return {
    ...{ date: '2026-11-21', timezone: 'Europe/Paris', deviceid: 'watch', hash_deviceid: 'watch', brand: 1 },
    ...{ is_tracker: true, modelid: 93, model: 'ScanWatch', modified: at('2026-11-22T06:00:00Z') },
    ...{ steps: 8123, distance: 5938.21, elevation: 7, soft: 9000, moderate: 1800, intense: 600 },
    ...{ active: 2400, calories: 300.55, totalcalories: 1990.551, hr_average: 71, hr_min: 52, hr_max: 131 },
    ...{ hr_zone_0: 40_000, hr_zone_1: 900, hr_zone_2: 60, hr_zone_3: 0 },
    ...changes
  }
}

const read = (raws: unknown, now = at('2026-11-22T12:00:00Z')): Decoded<DayRow> =>
  decodedRows({ activities: raws, more: false, offset: 200 }, dayFormat('12', now))
const day = (changes: JsonObject = {}, now?: number): Day => read([row(changes)], now).rows[0]!.item

describe('a day', () => {
  it('carries its totals as readings and as values, exact to the digit', () => {
    const { readings, values, ...rest } = day()
    rest.should.eql({
      kind: 'day',
      day: '2026-11-21',
      timezone: 'Europe/Paris',
      isToday: false,
      date: '2026-11-21T22:59:59.000Z',
      userId: '12',
      deviceId: 'watch',
      model: 'ScanWatch',
      modified: '2026-11-22T06:00:00.000Z',
      brand: 'withings',
      isTracker: true
    })
    readings[1]!.should.eql({
      type: 'distance',
      value: 5938.21,
      unit: 'm',
      date: '2026-11-21T22:59:59.000Z',
      userId: '12',
      deviceId: 'watch',
      model: 'ScanWatch',
      source: 'device',
      groupId: '2026-11-21',
      modified: '2026-11-22T06:00:00.000Z'
    })
    values.should.match({ steps: 8123, total_calories: 1990.551, heart_rate_zone_maximal_duration: 0 })
    Object.keys(values).should.eql(readings.map(({ type }) => type))
    readings.should.have.length(16)
  })

  it('without any movement has zeros, but no heart rate', () => {
    const { values } = day({
      steps: 0,
      distance: 0,
      totalcalories: 1784.49,
      hr_average: 0,
      hr_min: 0,
      hr_max: 0
    })
    values.should.match({ steps: 0, distance: 0, total_calories: 1784.49 })
    values.should.not.have.properties('heart_rate_average', 'heart_rate_min', 'heart_rate_max')
  })

  it('without a heart rate has no heart zones, and with one also zeros', () => {
    const zones = ['light', 'moderate', 'intense', 'maximal'].map(zone => `heart_rate_zone_${zone}_duration`)
    const none = { hr_zone_0: 0, hr_zone_1: 0, hr_zone_2: 0, hr_zone_3: 0 }
    for (const rate of [0, null, undefined]) {
      const { values } = day({ ...none, hr_average: rate, hr_min: rate, hr_max: 0 })
      values.should.not.have.properties(...zones)
      values.should.have.property('active_duration', 2400)
    }
    for (const key of ['hr_average', 'hr_min', 'hr_max']) {
      const { values } = day({ ...none, hr_average: 0, hr_min: 0, hr_max: 0, [key]: 61 })
      zones.map(zone => values[zone]).should.eql([0, 0, 0, 0])
    }
  })

  it('may lack fields, a device, a model and a time of its change', () => {
    const bare = day({
      ...{ deviceid: null, hash_deviceid: null, modelid: -1, model: null, modified: false, timezone: null },
      ...{ hr_average: undefined, hr_zone_0: null, is_tracker: false }
    })
    bare.should.match({ deviceId: null, model: null, isTracker: false, timezone: 'UTC' })
    bare.modified.should.equal(bare.date)
    bare.values.should.not.have.properties('heart_rate_average', 'heart_rate_zone_light_duration')
  })

  it('tells who counted', () => {
    day({ brand: 18, is_tracker: false })
      .should.match({ brand: 'external' })
      .and.have.propertyByPath('readings', '0', 'source')
      .eql('external')
    day({ brand: 7 })
      .should.match({ brand: 'brand_7' })
      .and.have.propertyByPath('readings', '0', 'source')
      .eql('brand_7')
    day({ brand: undefined }).brand.should.equal('withings')
    day({ brand: undefined, modelid: 1056, model: null }).should.match({
      brand: 'external',
      model: 'Samsung Health tracker'
    })
    day({ brand: 1, modelid: 1053, model: null }).brand.should.equal('withings')
  })

  it('of two brands is two rows, so that neither hides the other', () => {
    const { rows } = read([row(), row({ brand: 18, is_tracker: false, deviceid: null, hash_deviceid: null })])
    new Set(rows.map(({ id }) => id)).size.should.equal(2)
  })

  it('is a problem only where the day itself is unreadable; a single row needs no list around it', () => {
    const { rows, problems } = read([row({ date: '2026-02-30' }), null, row({ date: 20_261_121 }), row()])
    rows.should.have.length(1)
    problems.should.eql([
      { place: 'activities[0]', id: '2026-02-30' },
      { place: 'activities[1]' },
      { place: 'activities[2]' }
    ])
    read(row()).rows.should.have.length(1)
    read(undefined).problems.should.eql([{ place: 'activities' }])
    read({}).problems.should.eql([])
    read([]).should.match({ rows: { length: 0 }, problems: { length: 0 }, next: undefined })
  })

  it('dates the answer by its newest change, for Withings tells no server time', async () => {
    const [early, late] = [at('2026-11-22T06:00:00Z'), at('2026-11-22T07:00:00Z')]
    const readAll = (body: JsonObject) => {
      const context = contextOf({ call: () => Promise.resolve(body) }, { now: () => late * 1000 })
      const plan = { kind: 'new', days: 0 } as const
      return readPages(context, daysSource(context), { query: plan, filter: {} })
    }
    const updatetime = async (activities: unknown[]) => (await readAll({ activities })).updatetime
    should(await updatetime([row({ modified: late }), row({ modified: early })])).equal(late)
    should(await updatetime([])).be.undefined()
  })
})

/** Instants around midnight in zones far apart, and what day the calendar on the wall shows. */
const walls = [
  ['Europe/Paris', '2026-11-21T22:59:59Z', '2026-11-21'],
  ['Europe/Paris', '2026-11-21T23:00:00Z', '2026-11-22'],
  ['America/Los_Angeles', '2026-11-22T07:59:59Z', '2026-11-21'],
  ['America/Los_Angeles', '2026-11-22T08:00:00Z', '2026-11-22'],
  ['Pacific/Auckland', '2026-11-21T10:59:59Z', '2026-11-21'],
  ['Pacific/Auckland', '2026-11-21T11:00:00Z', '2026-11-22'],
  ['Asia/Kolkata', '2026-11-21T18:29:59Z', '2026-11-21'],
  ['Asia/Kolkata', '2026-11-21T18:30:00Z', '2026-11-22']
] as const

describe('today', () => {
  const own = process.env.TZ
  afterEach(() => {
    if (own === undefined) delete process.env.TZ
    else process.env.TZ = own
  })

  for (const server of ['UTC', 'Pacific/Kiritimati', 'America/Anchorage', 'Europe/Paris'])
    it(`is the day of the user's zone, though the server lives in ${server}`, () => {
      process.env.TZ = server
      for (const [timezone, instant, today] of walls) {
        const rows = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'].map(date =>
          row({ date, timezone, modified: at(instant) - 60 })
        )
        const days = read(rows, at(instant)).rows.map(({ item }) => item)
        days
          .filter(({ isToday }) => isToday)
          .map(({ day }) => day)
          .should.eql([today], `${timezone} ${instant}`)
      }
    })

  it('is dated by its last change until it is over, then by its last second', () => {
    const modified = at('2026-11-21T15:00:00Z')
    day({ modified }, at('2026-11-21T15:10:00Z')).date.should.equal('2026-11-21T15:00:00.000Z')
    day({ modified }, at('2026-11-21T22:59:59Z')).date.should.equal('2026-11-21T15:00:00.000Z')
    day({ modified }, at('2026-11-21T23:00:00Z')).date.should.equal('2026-11-21T22:59:59.000Z')
  })

  it('is never dated outside itself', () => {
    const now = at('2026-11-21T15:00:00Z')
    day({ modified: at('2026-11-20T08:00:00Z') }, now).date.should.equal('2026-11-20T23:00:00.000Z')
    day({ modified: at('2026-11-22T08:00:00Z') }, now).date.should.equal('2026-11-21T22:59:59.000Z')
    day({ modified: 0 }, now).date.should.equal('2026-11-21T15:00:00.000Z')
  })

  it('has 23 or 25 hours when clocks change', () => {
    const last = (date: string, timezone: string) => day({ date, timezone }, at('2027-01-01T00:00:00Z')).date
    last('2026-03-29', 'Europe/Paris').should.equal('2026-03-29T21:59:59.000Z')
    last('2026-10-25', 'Europe/Paris').should.equal('2026-10-25T22:59:59.000Z')
    last('2026-11-01', 'America/Los_Angeles').should.equal('2026-11-02T07:59:59.000Z')
    last('2026-09-27', 'Pacific/Auckland').should.equal('2026-09-27T10:59:59.000Z')
    const spring = { date: '2026-03-29', timezone: 'Europe/Paris', modified: at('2026-03-29T21:00:00Z') }
    day(spring, at('2026-03-28T22:59:59Z')).isToday.should.be.false()
    day(spring, at('2026-03-28T23:00:00Z')).isToday.should.be.true()
    day(spring, at('2026-03-29T21:59:59Z')).isToday.should.be.true()
    day(spring, at('2026-03-29T22:00:00Z')).isToday.should.be.false()
  })
})
