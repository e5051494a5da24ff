import should from 'should'
import type { JsonObject } from '../../../../lib/base/json'
import { syncGoals } from '../../../../lib/withings/activity/activity'
import { daysSource, fetchZoneOfDay, workoutsSource } from '../../../../lib/withings/activity/sync'
import type { ApiRequest, FetchContext } from '../../../../lib/withings/api/client'
import type { Cursor } from '../../../../lib/withings/sync/cursor'
import { type Query, queryOf } from '../../../../lib/withings/sync/query'
import { sync } from '../../../../lib/withings/sync/sync'
import { contextOf } from '../../../support/context'
import { FakeClock } from '../../../support/fake-clock'

const clock = new FakeClock(Date.parse('2026-11-22T07:00:00Z'))
const now = clock.now() / 1000
const hour = 3600
const fresh: Query = { kind: 'new', days: 30 }
const spanOf = (message: object) => queryOf({ mode: 'new', days: 30 }, message, clock.now())

/** Answers one call after the other with the next body. */
function scripted(...bodies: JsonObject[]): { context: FetchContext; asked: ApiRequest[] } {
  const asked: ApiRequest[] = []
  const call = (request: ApiRequest) => {
    asked.push(request)
    const body = bodies[asked.length - 1]
    return body ? Promise.resolve(body) : Promise.reject(new Error('asked too often'))
  }
  return { context: contextOf({ call }, clock), asked }
}

const day = (date: string, timezone = 'Europe/Paris', modified = now - hour): JsonObject => ({
  ...{ date, timezone, modified, brand: 1, deviceid: null, steps: 100 }
})
const workout = (id: number, start: string, minutes = 30, timezone = 'Europe/Paris'): JsonObject => {
  const startdate = Date.parse(start) / 1000
  return {
    id,
    category: 1,
    timezone,
    startdate,
    enddate: startdate + 60 * minutes,
    modified: now - hour,
    data: {}
  }
}
const days = (...activities: JsonObject[]): JsonObject => ({ activities, more: false, offset: 0 })
const workouts = (...series: JsonObject[]): JsonObject => ({ series, more: false, offset: 0 })

const daysIn = (context: FetchContext, plan: Query, stored?: Cursor) =>
  sync(context, daysSource(context), { query: plan, stored })
const workoutsIn = (context: FetchContext, plan: Query, stored?: Cursor) =>
  sync(context, workoutsSource(context), { query: plan, stored })

async function daysOf(plan: Query, ...rows: JsonObject[]): Promise<string[]> {
  const { context } = scripted(days(...rows))
  return (await daysIn(context, plan)).rows.map(({ item }) => item.day)
}

describe('a run for days', () => {
  it('asks with all fields, follows the pages and sorts by day', async () => {
    const { context, asked } = scripted(
      { activities: [day('2026-11-22'), day('2026-11-20')], more: true, offset: 77 },
      { activities: [day('2026-11-21'), day('2026-11-20')], more: false, offset: 80 }
    )
    const { rows, cursor } = await daysIn(context, spanOf({ startDate: '2026-11-01' }))
    rows.map(({ item }) => item.day).should.eql(['2026-11-20', '2026-11-21', '2026-11-22'])
    should(cursor).be.undefined()
    asked.map(({ params }) => params.offset).should.eql([undefined, '77'])
    asked[0]!.should.match({
      path: '/v2/measure',
      scope: 'user.activity',
      params: { action: 'getactivity', startdateymd: '2026-10-31', enddateymd: '2026-11-24' }
    })
    asked[0]!.params.data_fields!.should.startWith('steps,distance,elevation,soft,moderate')
  })

  it('takes what changed since the newest change, and nothing twice', async () => {
    const first = scripted(days(day('2026-11-21', 'Europe/Paris', now - 9 * hour), day('2026-11-22')))
    const before = await daysIn(first.context, fresh)
    before.rows.should.have.length(2)
    before.cursor!.upTo.should.equal(now - hour)
    first.asked[0]!.params.startdateymd!.should.equal('2026-10-22')
    const second = scripted(
      days(day('2026-11-22', 'Europe/Paris', now), day('2026-11-20', 'Europe/Paris', now))
    )
    const after = await daysIn(second.context, fresh, before.cursor)
    after.rows.map(({ item }) => item.day).should.eql(['2026-11-20', '2026-11-22'])
    second.asked[0]!.params.should.have.property('lastupdate', String(now - 2 * hour))
    second.asked[0]!.params.should.not.have.properties('startdateymd', 'enddateymd')
    const third = scripted(days(day('2026-11-22', 'Europe/Paris', now)))
    ;(await daysIn(third.context, fresh, after.cursor)).rows.should.eql([])
  })

  it('keeps its cursor where a row cannot be read, and where nothing came', async () => {
    const cursor: Cursor = { userId: '12', upTo: now - 5 * hour, delivered: [] }
    const bad = scripted(days(day('2026-11-22'), { date: 'today' }))
    const result = await daysIn(bad.context, fresh, cursor)
    result.problems.should.eql([{ place: 'activities[1]', id: 'today' }])
    result.rows.should.have.length(1)
    result.cursor!.upTo.should.equal(cursor.upTo)
    const none = await daysIn(scripted(days()).context, fresh, cursor)
    none.cursor!.upTo.should.equal(cursor.upTo)
  })

  it('takes a day without a date of change once when it is over, and at any time while it runs', async () => {
    const rows = ['2026-11-20', '2026-11-22'].map(date => ({ ...day(date), modified: null }))
    const cursor: Cursor = { userId: '12', upTo: now - hour, delivered: [] }
    const first = await daysIn(scripted(days(...rows)).context, fresh, cursor)
    first.rows.should.have.length(2)
    const later = { now: () => (now + 60) * 1000 }
    const second = scripted(days(...rows))
    const again = await daysIn({ ...second.context, ...later }, fresh, first.cursor)
    again.rows.map(({ item }) => item.day).should.eql(['2026-11-22'])
  })

  it('takes the days that a message names in each zone, whatever day it is elsewhere', async () => {
    const rows = ['2026-11-20', '2026-11-21', '2026-11-22'].map(date => day(date, 'Pacific/Auckland'))
    const plan = spanOf({ startDate: '2026-11-21', endDate: '2026-11-21' })
    ;(await daysOf(plan, ...rows)).should.eql(['2026-11-21'])
    ;(await daysOf(plan, day('2026-11-21', 'America/Los_Angeles'))).should.eql(['2026-11-21'])
  })

  it('takes the days that an instant belongs to, in three zones', async () => {
    const instant = '2026-11-21T10:30:00Z'
    const plan = spanOf({ startDate: instant, endDate: instant })
    const all = ['2026-11-20', '2026-11-21', '2026-11-22']
    const dayAt = (timezone: string) => daysOf(plan, ...all.map(date => day(date, timezone)))
    ;(await dayAt('Pacific/Kiritimati')).should.eql(['2026-11-22'])
    ;(await dayAt('Europe/Paris')).should.eql(['2026-11-21'])
    ;(await dayAt('Pacific/Pago_Pago')).should.eql(['2026-11-20'])
  })

  it('asks for nothing before 1970', async () => {
    const { context, asked } = scripted(days())
    await daysIn(context, spanOf({ mode: 'all' }))
    asked[0]!.params.startdateymd!.should.equal('1970-01-01')
  })
})

describe('a run for workouts', () => {
  it('takes those that touch the span, oldest first', async () => {
    const { context, asked } = scripted(
      workouts(
        workout(4, '2026-11-21T12:00:01Z'),
        workout(3, '2026-11-21T11:59:00Z'),
        workout(2, '2026-11-21T09:45:00Z'),
        workout(1, '2026-11-21T09:29:59Z')
      )
    )
    const plan = spanOf({ startDate: '2026-11-21T10:00:00Z', endDate: '2026-11-21T12:00:00Z' })
    const { rows } = await workoutsIn(context, plan)
    rows.map(({ id }) => id).should.eql(['2', '3'])
    asked[0]!.params.should.match({
      action: 'getworkouts',
      startdateymd: '2026-11-20',
      enddateymd: '2026-11-22'
    })
  })

  it('takes one without a date of change once', async () => {
    const cursor: Cursor = { userId: '12', upTo: now - hour, delivered: [] }
    const answer = workouts({ ...workout(1, '2026-11-01T10:00:00Z'), modified: null })
    const first = await workoutsIn(scripted(answer).context, fresh, cursor)
    first.rows.should.have.length(1)
    ;(await workoutsIn(scripted(answer).context, fresh, first.cursor)).rows.should.eql([])
  })

  it('takes the local days that a message names', async () => {
    const evening = workout(1, '2026-11-21T10:30:00Z', 30, 'Pacific/Auckland')
    const morning = workout(2, '2026-11-21T11:30:00Z', 30, 'Pacific/Auckland')
    const run = async (date: string) => {
      const { context } = scripted(workouts(morning, evening))
      const plan = spanOf({ startDate: date, endDate: date })
      return (await workoutsIn(context, plan)).rows.map(({ id }) => id)
    }
    ;(await run('2026-11-21')).should.eql(['1'])
    ;(await run('2026-11-22')).should.eql(['2'])
  })
})

describe('the zone of a day', () => {
  it('is where the user was, else UTC', async () => {
    const rows = [day('2026-10-25', 'Asia/Tokyo'), day('2026-10-24'), day('2026-10-26')]
    ;(await fetchZoneOfDay(scripted(days(...rows)).context, '2026-10-25')).should.equal('Asia/Tokyo')
    ;(await fetchZoneOfDay(scripted(days()).context, '2026-10-25')).should.equal('UTC')
  })
})

describe('a run for goals', () => {
  const set = { goals: { steps: 8000 } }

  it('gives them when they changed, also when they were taken away', async () => {
    const first = scripted(set)
    const { goals, cursor } = await syncGoals(first.context, { query: fresh })
    goals!.values.should.eql({ step_goal: 8000 })
    first.asked[0]!.should.eql({ path: '/v2/user', params: { action: 'getgoals' }, scope: 'user.info' })
    const same = await syncGoals(scripted(set).context, { query: fresh, stored: cursor })
    same.should.eql({ goals: undefined, cursor: undefined })
    const gone = await syncGoals(scripted({ goals: [] }).context, { query: fresh, stored: cursor })
    gone.goals!.readings.should.eql([])
    const back = await syncGoals(scripted(set).context, { query: fresh, stored: gone.cursor })
    back.goals!.values.should.eql({ step_goal: 8000 })
  })

  it('gives them anyway to another user, and to a span', async () => {
    const { cursor } = await syncGoals(scripted(set).context, { query: fresh })
    const other = { ...cursor!, userId: '13' }
    ;(await syncGoals(scripted(set).context, { query: fresh, stored: other })).goals!.values.should.eql({
      step_goal: 8000
    })
    const { goals, cursor: kept } = await syncGoals(scripted(set).context, {
      query: spanOf({ mode: 'all' }),
      stored: cursor
    })
    goals!.date.should.equal('2026-11-22T07:00:00.000Z')
    should(kept).be.undefined()
  })

  it('says BAD_ANSWER where they cannot be read', async () => {
    await syncGoals(scripted({}).context, { query: fresh }).should.be.rejectedWith({ code: 'BAD_ANSWER' })
  })
})
