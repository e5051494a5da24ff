import should from 'should'
import {
  asDay,
  dayFilter,
  dayOf,
  daysLater,
  endOfDay,
  startOfDay,
  utcOffset,
  withinDays
} from '../../../../lib/withings/sync/local-days'
import type { Query } from '../../../../lib/withings/sync/query'

const at = (iso: string) => Date.parse(iso) / 1000

describe('a local day', () => {
  const days: [zone: string, day: string, start: string, end: string, hours: number][] = [
    ['Europe/Paris', '2026-01-15', '2026-01-14T23:00:00Z', '2026-01-15T23:00:00Z', 24],
    ['Europe/Paris', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 23],
    ['Europe/Paris', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z', 25],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z', 23],
    ['Pacific/Auckland', '2026-07-01', '2026-06-30T12:00:00Z', '2026-07-01T12:00:00Z', 24],
    ['Asia/Kathmandu', '2026-07-01', '2026-06-30T18:15:00Z', '2026-07-01T18:15:00Z', 24],
    // Chile's clocks go forward at midnight: 6 September begins at one o'clock.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z', 23],
    ['Nowhere/Atall', '2026-07-01', '2026-07-01T00:00:00Z', '2026-07-02T00:00:00Z', 24]
  ]
  for (const [zone, day, start, end, hours] of days) {
    it(`${day} in ${zone} has ${hours} hours, and both its ends belong to the right day`, () => {
      startOfDay(day, zone).should.equal(at(start))
      endOfDay(day, zone).should.equal(at(end))
      should((endOfDay(day, zone) - startOfDay(day, zone)) / 3600).equal(hours)
      dayOf(at(start), zone).should.equal(day)
      dayOf(at(start) - 1, zone).should.equal(daysLater(day, -1))
      dayOf(at(end) - 1, zone).should.equal(day)
      dayOf(at(end), zone).should.equal(daysLater(day, 1))
    })
  }

  it('is told from what is none', () => {
    asDay('2026-02-28')!.should.equal('2026-02-28')
    const none = [
      '2026-02-30',
      '2026-13-01',
      '2026-2-3',
      '',
      20260228,
      null,
      '2026-02-28T00:00:00Z',
      '9999-12-31',
      '0000-01-01'
    ]
    none.map(asDay).should.eql(none.map(() => undefined))
  })

  it('is ahead of UTC by half hours too, and behind it', () => {
    utcOffset(at('2026-01-01T00:00:00Z'), 'Asia/Kolkata').should.equal(5.5 * 3600)
    utcOffset(at('2026-01-01T00:00:00Z'), 'America/St_Johns').should.equal(-3.5 * 3600)
  })

  it('is as far from UTC as its zone says at each moment around a change of the clocks', () => {
    const changes: [zone: string, before: number, change: string, after: number][] = [
      ['Europe/Paris', 1, '2026-03-29T01:00:00Z', 2],
      ['Europe/Paris', 2, '2026-10-25T01:00:00Z', 1],
      ['America/New_York', -4, '2026-11-01T06:00:00Z', -5],
      ['Australia/Lord_Howe', 11, '2026-04-04T15:00:00Z', 10.5],
      ['Atlantic/Azores', -1, '2009-03-29T01:00:00Z', 0],
      ['Asia/Pyongyang', 9, '2015-08-14T15:00:00Z', 8.5],
      // No 30 December 2011.
      ['Pacific/Apia', -10, '2011-12-30T10:00:00Z', 14]
    ]
    for (const [zone, before, change, after] of changes)
      for (let minute = -3 * 1440; minute < 3 * 1440; minute += 15) {
        const instant = at(change) + minute * 60
        utcOffset(instant, zone).should.equal((minute < 0 ? before : after) * 3600)
      }
  })
})

describe('a span of days', () => {
  const span = (changes: Partial<Extract<Query, { kind: 'span' }>>): Query => ({
    kind: 'span',
    from: 0,
    until: undefined,
    ...changes
  })

  it('is asked for a day wider on both sides, for nobody knows the zone beforehand', () => {
    dayFilter(at('2026-11-22T10:00:00Z'), at('2026-11-23T10:00:00Z')).should.eql({
      startdateymd: '2026-11-21',
      enddateymd: '2026-11-24'
    })
    dayFilter(0, 0).should.eql({ startdateymd: '1970-01-01', enddateymd: '1970-01-02' })
  })

  it('holds the days that it touches in their own zone', () => {
    const plan = span({ from: at('2026-11-22T12:00:00Z'), until: at('2026-11-22T13:00:00Z') })
    withinDays(plan, '2026-11-22', 'Europe/Paris').should.be.true()
    withinDays(plan, '2026-11-23', 'Europe/Paris').should.be.false()
    withinDays(plan, '2026-11-23', 'Pacific/Auckland').should.be.true()
    withinDays(plan, '2026-11-22', 'Pacific/Auckland').should.be.false()
    withinDays(plan, '2026-11-22', 'Pacific/Honolulu').should.be.true()
  })

  it('that names days means those of the calendar, wherever they were', () => {
    const plan = span({ from: at('2026-11-22T00:00:00Z'), firstDay: '2026-11-22', lastDay: '2026-11-22' })
    for (const zone of ['Europe/Paris', 'America/New_York', 'Pacific/Auckland']) {
      withinDays(plan, '2026-11-22', zone).should.be.true()
      withinDays(plan, '2026-11-21', zone).should.be.false()
      withinDays(plan, '2026-11-23', zone).should.be.false()
    }
  })

  it('without an end holds everything since, and of changes all', () => {
    withinDays(span({ from: at('2026-11-22T00:00:00Z') }), '2030-01-01', 'UTC').should.be.true()
    withinDays({ kind: 'new', days: 1 }, '1999-01-01', 'UTC').should.be.true()
  })
})
