import should from 'should'
import { inSlices } from '../../../../lib/base/slices'
import type { FetchContext } from '../../../../lib/withings/api/client'
import type { Night } from '../../../../lib/withings/sleep/night'
import { isScorePending } from '../../../../lib/withings/sleep/score-retry'
import {
  advancedBy,
  nightsIn,
  readUnscored,
  type SleepOptions,
  syncSleep
} from '../../../../lib/withings/sleep/sync'
import { type Query, queryOf } from '../../../../lib/withings/sync/query'
import { SleepBench } from '../../../support/sleep-bench'
import { watchTurns } from '../../../support/turns'

const fresh: Query = { kind: 'new', days: 30 }
const days = (startDate: string, endDate: string): Query =>
  queryOf({ mode: 'new', days: 30 }, { startDate, endDate }, 0)

describe('a run that reads sleep', () => {
  let desk: SleepBench
  const open = async (...parts: Parameters<typeof SleepBench.open>) =>
    (desk = await SleepBench.open(...parts))
  afterEach(() => desk.close())

  const read = async (plan: Query, changes: Partial<SleepOptions> = {}) =>
    (await desk.run(plan, undefined, changes)).nights.map(({ night }) => night)

  it('follows all pages, oldest night first', async () => {
    await open('Demo', { years: 1, pageSize: 40 })
    const nights = await read({ kind: 'span', from: 0, until: undefined })
    const { sleep } = desk.simulator.people.find(({ name }) => name === 'Demo')!
    sleep.length.should.be.above(2 * 60)
    nights
      .flatMap(({ parts }) => parts.map(({ id }) => Number(id)))
      .sort()
      .should.eql(sleep.map(({ id }) => id).sort())
    const ends = nights.map(({ endDate }) => endDate)
    ends.should.eql([...ends].sort())
    nights.some(({ kind }) => kind === 'nap').should.be.true()
    nights.some(({ parts }) => parts.length === 2).should.be.true()
    desk.calls[0]!.should.have.property('startdateymd', '1970-01-01')
  })

  it('lets other work have its turn while years of records become nights', async () => {
    await open('Demo', { years: 1 })
    const { nights } = await desk.run({ kind: 'span', from: 0, until: undefined })
    const raw = nights.flatMap(({ rows }) => rows).map(row => ({ ...row, raw: { data: row } }))
    const frames = Array.from({ length: 200 }, () => raw).flat()
    const turns = watchTurns()
    await inSlices(nightsIn(frames, desk.userId, desk.options), () => undefined)
    turns().count.should.be.above(1)
  })

  it('gives what changed since the last run, each night whole', async () => {
    await open()
    desk.addNight('2026-11-20T22:00:00Z', '2026-11-21T06:00:00Z')
    const first = desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T02:00:00Z')
    const before = await desk.run(fresh)
    before.nights.should.have.length(2)
    should((await desk.run(fresh, before.cursor)).nights).eql([])

    const other = desk.addNight('2026-11-22T02:30:00Z', '2026-11-22T06:30:00Z')
    const after = await desk.run(fresh, before.cursor)
    after.nights.map(({ night }) => night.parts.map(({ id }) => id)).should.eql([[first, other]])
    should((await desk.run(fresh, after.cursor)).nights).eql([])
  })

  it('finds the other part of an old night that changed', async () => {
    await open()
    const first = desk.addNight('2026-06-01T22:00:00Z', '2026-06-02T02:00:00Z')
    const other = desk.addNight('2026-06-02T02:30:00Z', '2026-06-02T06:30:00Z')
    const { cursor } = await desk.run({ kind: 'new', days: 0 })
    desk.simulator.clock.offset(30 * 86_400_000)
    desk.addNight('2026-12-20T22:00:00Z', '2026-12-21T06:00:00Z')
    const recent = await desk.run(fresh, cursor)
    desk.simulator.clock.offset(30 * 86_400_000)
    desk.simulator.scoreNight(desk.userId, Number(other), 91)
    const { nights } = await desk.run(fresh, recent.cursor)
    nights.map(({ night }) => night.parts.map(({ id }) => id)).should.eql([[first, other]])
  })

  it('gives each night whole, too, while the cursor waits where it began', async () => {
    await open()
    const first = desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T02:00:00Z')
    const { cursor } = await desk.run(fresh)
    const other = desk.addNight('2026-11-22T02:30:00Z', '2026-11-22T06:30:00Z')
    const waiting = { ...cursor!, upTo: 0 }
    const { nights } = await desk.run(fresh, waiting)
    nights.map(({ night }) => night.parts.map(({ id }) => id)).should.eql([[first, other]])
  })

  it('finds a night that a watch handed in days later, dated back', async () => {
    await open()
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')
    const { cursor } = await desk.run(fresh)
    const modified = Date.UTC(2026, 10, 19) / 1000
    desk.addNight('2026-11-18T22:00:00Z', '2026-11-19T06:00:00Z', { created: modified, modified })
    const { nights } = await desk.run(fresh, cursor)
    nights.map(({ night }) => night.day).should.eql(['2026-11-19'])
  })

  it('starts anew for another user', async () => {
    await open()
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z')
    const stored = { userId: 'other', upTo: 1_900_000_000, delivered: [] }
    const { nights, cursor } = await desk.run(fresh, stored)
    nights.should.have.length(1)
    should(cursor?.userId).equal(desk.userId)
  })

  it('takes the days of the message as days of waking up', async () => {
    await open()
    for (const day of [18, 19, 20, 21])
      desk.addNight(`2026-11-${day}T22:00:00Z`, `2026-11-${day + 1}T06:00:00Z`)
    const nights = await read(days('2026-11-20', '2026-11-21'))
    nights.map(({ day }) => day).should.eql(['2026-11-20', '2026-11-21'])
    should((await desk.run(days('2026-11-20', '2026-11-21'))).cursor).be.undefined()
  })

  it('joins parts at the edge of what was asked for', async () => {
    await open()
    // In Paris the first part ends before midnight, so the two wake up on different days.
    desk.addNight('2026-11-20T20:30:00Z', '2026-11-20T22:45:00Z')
    desk.addNight('2026-11-20T23:15:00Z', '2026-11-21T06:00:00Z')
    const nights = await read(days('2026-11-21', '2026-11-21'))
    nights.map(({ parts }) => parts.length).should.eql([2])
  })

  it('gives imperial units, also to the parts', async () => {
    await open()
    const data = { core_body_temperature_avg: 36.5 }
    desk.addNight('2026-11-21T22:00:00Z', '2026-11-22T06:00:00Z', { data })
    const [night] = await read(fresh, { units: 'imperial' })
    const reading = night!.readings.find(({ type }) => type === 'sleep_core_body_temperature_average')
    should(reading).match({ value: 97.7, unit: '°F' })
    should(night!.parts[0]!.values.sleep_core_body_temperature_average).equal(97.7)
  })
})

describe('a night that had no score', () => {
  let desk: SleepBench
  beforeEach(async () => {
    desk = await SleepBench.open()
  })
  afterEach(() => desk.close())

  it('is read again, and given once it changed, whole', async () => {
    const first = desk.addNight('2026-11-21T21:00:00Z', '2026-11-21T22:30:00Z')
    const other = desk.addNight('2026-11-21T23:00:00Z', '2026-11-22T06:30:00Z', { scored: false })
    const { nights, cursor } = await desk.run(fresh)
    const [unscored] = nights.map(({ night }) => night) as [Night]
    isScorePending(unscored, desk.simulator.clock.now()).should.be.true()
    unscored.should.match({ id: first, day: '2026-11-22' })
    should(await readUnscored(desk.context, desk.options, unscored)).eql([])

    desk.simulator.scoreNight(desk.userId, Number(other), 83)
    const found = await readUnscored(desk.context, desk.options, unscored)
    found
      .map(({ night }) => [night.parts.length, night.scored, night.values.sleep_score])
      .should.eql([[2, true, 83]])
    const advanced = advancedBy(cursor, desk.userId, found)
    should((await desk.run(fresh, advanced)).nights).eql([])
    should((await desk.run(fresh, cursor)).nights).have.length(1)
  })

  it('is found on the day that it ends on now', async () => {
    const id = desk.addNight('2026-11-21T20:00:00Z', '2026-11-21T22:30:00Z', { scored: false })
    const { nights } = await desk.run(fresh)
    const [unscored] = nights.map(({ night }) => night) as [Night]
    isScorePending(unscored, desk.simulator.clock.now()).should.be.true()
    desk.simulator.editNight(desk.userId, Number(id), {
      enddate: Date.parse('2026-11-22T05:00:00Z') / 1000,
      date: '2026-11-22'
    })
    const found = await readUnscored(desk.context, desk.options, unscored)
    found.map(({ night }) => [night.day, night.scored]).should.eql([['2026-11-22', false]])
  })
})

describe('the day of a night', () => {
  let desk: SleepBench
  let zone: string | undefined
  beforeEach(() => {
    zone = process.env.TZ
  })
  afterEach(async () => {
    if (zone === undefined) delete process.env.TZ
    else process.env.TZ = zone
    await desk.close()
  })

  const night = async (plan: Query = { kind: 'span', from: 0, until: undefined }) =>
    (await desk.run(plan)).nights.map(each => each.night)

  for (const server of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles']) {
    it(`is that of the zone where somebody woke up, on a server in ${server}`, async () => {
      process.env.TZ = server
      desk = await SleepBench.open()
      desk.addNight('2026-11-19T22:00:00Z', '2026-11-20T06:00:00Z', { timezone: 'Europe/Paris' })
      desk.addNight('2026-11-20T11:00:00Z', '2026-11-20T18:30:00Z', { timezone: 'Pacific/Auckland' })
      desk.addNight('2026-11-21T03:00:00Z', '2026-11-21T11:00:00Z', { timezone: 'America/Guadeloupe' })
      const found = (await night()).map(({ day, kind, startDate }) => [day, kind, startDate])
      found.should.eql([
        ['2026-11-20', 'night', '2026-11-19T22:00:00.000Z'],
        ['2026-11-21', 'night', '2026-11-20T11:00:00.000Z'],
        ['2026-11-21', 'night', '2026-11-21T03:00:00.000Z']
      ])
      const asked = await night(days('2026-11-21', '2026-11-21'))
      asked.map(({ timezone }) => timezone).should.eql(['Pacific/Auckland', 'America/Guadeloupe'])
    })
  }

  it('is worked out from the zone where Withings leaves it out', async () => {
    desk = await SleepBench.open()
    desk.addNight('2026-11-20T11:00:00Z', '2026-11-20T18:30:00Z', { timezone: 'Pacific/Auckland' })
    const { context } = desk
    const stripped: FetchContext = {
      ...context,
      call: async request => {
        const body = await context.call(request)
        const series = (body.series as object[]).map(row => ({ ...row, date: null }))
        return { ...body, series }
      }
    }
    const plan: Query = { kind: 'span', from: 0, until: undefined }
    const { nights } = await syncSleep(stripped, desk.options, { query: plan })
    nights.map(each => each.night.day).should.eql(['2026-11-21'])
  })

  it('takes a night over the change to summer time as long as it was', async () => {
    desk = await SleepBench.open()
    // 23:00 to 07:00 on the clock, seven hours in bed.
    desk.addNight('2026-03-28T22:00:00Z', '2026-03-29T05:00:00Z')
    const [spring] = (await night()) as [Awaited<ReturnType<typeof night>>[number]]
    spring.should.match({ day: '2026-03-29', startDate: '2026-03-28T22:00:00.000Z', kind: 'night' })
    should(spring.values.time_in_bed).be.belowOrEqual(7 * 3600)
    should(spring.readings[0]!.date).equal('2026-03-29T05:00:00.000Z')
    const asked = await night(days('2026-03-29', '2026-03-29'))
    asked.should.have.length(1)
  })

  it('takes a night over the change to winter time as long as it was, and its nap by the new hour', async () => {
    desk = await SleepBench.open()
    // 23:00 to 07:00 on the clock, nine hours in bed.
    desk.addNight('2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z')
    // Its middle is 08:55 by the new hour, 09:55 by the old one.
    desk.addNight('2026-10-25T07:35:00Z', '2026-10-25T08:15:00Z')
    const apart = { rules: { ...desk.options.rules, joinMinutes: 0 } }
    const { nights } = await desk.run(days('2026-10-25', '2026-10-25'), undefined, apart)
    nights.map(each => each.night.kind).should.eql(['night', 'night'])
    nights
      .map(each => Date.parse(each.night.endDate) - Date.parse(each.night.startDate))
      .should.eql([9 * 3_600_000, 40 * 60_000])
    desk.addNight('2026-10-24T07:35:00Z', '2026-10-24T08:15:00Z')
    const earlier = await desk.run(days('2026-10-24', '2026-10-24'), undefined, apart)
    earlier.nights.map(each => each.night.kind).should.eql(['nap'])
  })

  it('does not make 14 hours of an evening and the night after it (home-assistant/core#97943)', async () => {
    desk = await SleepBench.open()
    // In Auckland: a night until 07:00, and the next from 23:00. Noon to noon in UTC would hold both.
    const timezone = 'Pacific/Auckland'
    desk.addNight('2026-11-18T10:00:00Z', '2026-11-18T18:00:00Z', { timezone })
    desk.addNight('2026-11-19T02:00:00Z', '2026-11-19T03:00:00Z', { timezone })
    desk.addNight('2026-11-19T10:00:00Z', '2026-11-19T16:00:00Z', { timezone })
    const found = await night()
    found
      .map(({ kind, day, endDate, startDate }) => [
        kind,
        day,
        (Date.parse(endDate) - Date.parse(startDate)) / 3_600_000
      ])
      .should.eql([
        ['night', '2026-11-19', 8],
        ['nap', '2026-11-19', 1],
        ['night', '2026-11-20', 6]
      ])
    for (const { values, kind } of found)
      if (kind === 'night') should(values.time_in_bed).be.belowOrEqual(8 * 3600)
  })
})
