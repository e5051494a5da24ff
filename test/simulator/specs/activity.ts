import should from 'should'
import type { Simulator } from '..'
import { type Answer, login, post, type Session } from '../raw-client'
import type { JsonObject } from '../types'
import { dayIn, midnightIn } from '../zones'
import { ada, ben, day, hour, now, open, pause, statusOf } from './fixture'

const chloe = '8120455'

interface Listed extends JsonObject {
  date: string
  modified: number
  timezone: string
}

describe('Withings simulator: activity', () => {
  let simulator: Simulator
  let session: Session
  beforeEach(async () => {
    simulator = await open({ pageSize: 40 })
    session = await login(simulator, ben)
  })
  afterEach(() => simulator.close())

  const ask = (action: string, form: Record<string, string>, as = session): Promise<Answer> =>
    post(simulator, '/v2/measure', { action, ...form }, as.accessToken)
  const span = { startdateymd: '2026-01-01', enddateymd: '2026-12-31' }

  async function list(action: string, form: Record<string, string>, as = session): Promise<Listed[]> {
    const rows: Listed[] = []
    let offset: Record<string, string> = {}
    for (;;) {
      const { body = {} } = await ask(action, { ...form, ...offset }, as)
      rows.push(...((action === 'getworkouts' ? body.series : body.activities) as Listed[]))
      should(body.more).be.a.Boolean()
      if (body.more !== true) {
        return rows
      }
      offset = { offset: String(body.offset) }
    }
  }

  it('refuses spans that are half, turned round, no days or beside lastupdate', async () => {
    for (const action of ['getactivity', 'getworkouts'])
      for (const form of [
        {},
        { startdateymd: '2026-11-01' },
        { startdateymd: '2026-11-02', enddateymd: '2026-11-01' },
        { startdateymd: '2026-02-30', enddateymd: '2026-11-01' },
        { startdateymd: '2026-13-01', enddateymd: '2026-13-02' },
        { startdateymd: '1', enddateymd: '2' },
        { ...span, lastupdate: '1' },
        { ...span, offset: '40' },
        { ...span, data_fields: 'steps,stepps' },
        { ...span, startdate: '1' }
      ])
        should(await statusOf(ask(action, form))).equal(503, JSON.stringify(form))
    const other = await login(simulator, ben, ['user.info'])
    should(await statusOf(ask('getactivity', span, other))).equal(403)
    should(await statusOf(post(simulator, '/v2/user', { action: 'getgoals' }, session.accessToken))).equal(0)
  })

  it('pages through all days, unsorted, one for each local day up to today', async () => {
    const rows = await list('getactivity', { ...span, data_fields: 'steps' })
    const dates = rows.map(({ date }) => date)
    dates.should.not.deepEqual([...dates].sort())
    dates.should.containEql(dayIn('Europe/Paris', now))
    rows.length.should.be.above(100)
    new Set(rows.map(({ timezone }) => timezone)).should.deepEqual(new Set(['Europe/Paris', 'Asia/Tokyo']))
    rows.every(row => typeof row.steps === 'number' && !('distance' in row)).should.be.true()
  })

  it('gives none of the data that is not named', async () => {
    const [row] = await list('getactivity', span)
    should(row).have.properties('date', 'timezone', 'brand', 'is_tracker', 'modified')
    should(row).not.have.any.keys('steps', 'hr_average')
    const workouts = await list('getworkouts', span)
    workouts.every(({ data }) => Object.keys(data as JsonObject).length === 0).should.be.true()
  })

  it('has the oddities of real days', async () => {
    const as = await login(simulator, ada)
    const rows = await list('getactivity', { ...span, data_fields: 'steps,totalcalories,hr_average' }, as)
    rows.some(({ brand }) => brand === 18).should.be.true()
    rows.some(row => !('hr_average' in row)).should.be.true()
    rows.some(({ hr_average }) => hr_average === 0).should.be.true()
    rows.some(({ modelid, model }) => modelid === -1 && model === null).should.be.true()
    rows.some(({ steps, totalcalories }) => steps === 0 && totalcalories !== 0).should.be.true()
    new Set(rows.map(({ date }) => date)).size.should.equal(rows.length - 1)
    rows.every(({ deviceid }) => deviceid === null).should.be.true()
  })

  it('has a day of another maker beside one of a watch, and a watch under the brand of others', async () => {
    const rows = await list('getactivity', { ...span, data_fields: 'steps,hr_average' })
    const others = rows.filter(({ is_tracker }) => is_tracker === false)
    others.map(({ date }) => rows.filter(row => row.date === date).length).should.deepEqual([2])
    const own = rows.filter(({ brand, is_tracker }) => brand === 18 && is_tracker === true)
    own.map(({ modelid }) => modelid).should.deepEqual([93])
  })

  it('shows a day that changes, and a workout', async () => {
    const today = dayIn('Europe/Paris', now)
    simulator.clock.offset(hour)
    simulator.putDay(ben, { date: today, steps: 12_345 })
    const changed = await list('getactivity', { lastupdate: String(now), data_fields: 'steps' })
    changed.map(({ date, steps }) => [date, steps]).should.deepEqual([[today, 12_345]])
    const id = simulator.addWorkout(ben, { category: 498, data: { steps: 5 } })
    const added = { lastupdate: String(now), data_fields: 'steps' }
    should(await list('getworkouts', added)).match([{ id, category: 498, data: { steps: 5 } }])
    simulator.clock.offset(hour)
    simulator.editWorkout(ben, id, { attrib: 7 })
    should(await list('getworkouts', added)).match([{ id, attrib: 7, modified: now + 7200 }])
  })

  it('cuts samples off after a day without a word', async () => {
    const form = { startdate: String(now - 3 * day), enddate: String(now), data_fields: 'heart_rate' }
    const { body } = await ask('getintradayactivity', form)
    const times = Object.keys(body?.series ?? {}).map(Number)
    times.length.should.be.above(100)
    Math.max(...times).should.be.belowOrEqual(now - 2 * day)
    const first = (body?.series as unknown as Record<string, JsonObject>)[String(times[0])]
    should(Object.keys(first ?? {}))
      .containEql('model_id')
      .and.not.containEql('steps')
    simulator.putSample(ben, now - 30, { heart_rate: 77 })
    const late = { startdate: String(now - 60), enddate: String(now), data_fields: 'heart_rate' }
    should((await ask('getintradayactivity', late)).body?.series).deepEqual({
      [now - 30]: { heart_rate: 77 }
    })
    for (const wrong of [{ startdate: '1' }, { startdate: '2', enddate: '1' }, { ...late, offset: '0' }])
      should(await statusOf(ask('getintradayactivity', wrong))).equal(503)
  })

  it('has goals, or an empty list', async () => {
    const goalsOf = async (userId: string) => {
      const { accessToken } = await login(simulator, userId)
      return (await post(simulator, '/v2/user', { action: 'getgoals' }, accessToken)).body as JsonObject
    }
    should(await goalsOf(ada))
      .have.propertyByPath('goals', 'weight')
      .eql({ value: 78_500, unit: -3 })
    should(await goalsOf(chloe)).deepEqual({ goals: [] })
    pause(simulator)
    simulator.setGoals(chloe, { steps: 6000 })
    should(await goalsOf(chloe)).deepEqual({ goals: { steps: 6000 } })
  })

  it('knows when days begin, also those of 23 and 25 hours', () => {
    const hours = (timezone: string, date: string, next: string) =>
      (midnightIn(timezone, next) - midnightIn(timezone, date)) / 3600
    hours('Europe/Paris', '2026-03-29', '2026-03-30').should.equal(23)
    hours('Europe/Paris', '2026-10-25', '2026-10-26').should.equal(25)
    hours('Asia/Tokyo', '2026-10-25', '2026-10-26').should.equal(24)
    midnightIn('Pacific/Auckland', '2026-11-22').should.equal(Date.UTC(2026, 10, 21, 11) / 1000)
  })
})
