import should from 'should'
import type { JsonObject, NightRow, Simulator } from '..'
import { type Answer, login, post, type Session } from '../raw-client'
import { ada, ben, day, demo, hour, now, open, pause, statusOf } from './fixture'

const chloé = '8120455'

describe('Withings simulator: sleep', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  let session: Session
  beforeEach(async () => {
    simulator = await open({ years: 0.8, pageSize: 40 })
    session = await login(simulator, ada)
  })

  const call = (action: string, form: Record<string, string>, who = session) =>
    post(simulator, '/v2/sleep', { action, ...form }, who.accessToken)
  const summary = (form: Record<string, string>, who = session) => call('getsummary', form, who)
  const rowsOf = ({ body }: Answer) => (body?.series ?? []) as NightRow[]
  const personOf = (userId: string) => simulator.people.find(person => person.userId === userId)!
  const everything = { startdateymd: '1970-01-01', enddateymd: '2026-11-30' }

  async function all(form: Record<string, string>): Promise<NightRow[]> {
    const rows: NightRow[] = []
    for (let offset: Record<string, string> = {}; ;) {
      const answer = await summary({ ...form, ...offset })
      rows.push(...rowsOf(answer))
      should(answer.body?.more).be.a.Boolean()
      if (answer.body?.more !== true) return rows
      offset = { offset: String(answer.body.offset) }
    }
  }

  it('is summed up page by page, in no order, by the day of waking up', async () => {
    const rows = await all(everything)
    rows.map(({ id }) => id).should.eql(personOf(ada).sleep.map(({ id }) => id))
    rows.length.should.be.above(60 * 4)
    const ends = rows.map(({ enddate }) => enddate)
    ends.should.not.eql([...ends].sort())
    pause(simulator)
    const [row] = rows as [NightRow]
    const found = await all({ startdateymd: row.date, enddateymd: row.date })
    found.every(({ date }) => date === row.date).should.be.true()
    found.map(({ id }) => id).should.containEql(row.id)
  })

  it('has only a few values unless data_fields names them', async () => {
    const span = { startdateymd: '2026-11-15', enddateymd: '2026-11-20' }
    const keys = new Set(rowsOf(await summary(span)).flatMap(({ data }) => Object.keys(data)))
    keys.should.not.have.keys('sleep_score', 'hr_average', 'night_events')
    keys.has('deepsleepduration').should.be.true()
    const [named] = rowsOf(await summary({ ...span, data_fields: 'sleep_score,night_events' })) as [NightRow]
    Object.keys(named.data).sort().should.eql(['night_events', 'sleep_score'])
    should(JSON.parse(named.data.night_events as string)).have.properties(['1', '2', '3', '4'])
  })

  it('refuses what makes no sense', async () => {
    const refused = [
      {},
      { startdateymd: '2026-11-01' },
      { startdateymd: '2026-11-02', enddateymd: '2026-11-01' },
      { startdateymd: '1969-12-31', enddateymd: '2026-11-01' },
      { startdateymd: '2026-11-31', enddateymd: '2026-12-01' },
      { ...everything, lastupdate: '1' },
      { lastupdate: '1', data_fields: 'sleep_sore' },
      { lastupdate: '1', offset: '60' }
    ]
    for (const form of refused) should(await statusOf(summary(form))).equal(503)
    const other = await login(simulator, ada, ['user.metrics'])
    should(await statusOf(summary({ lastupdate: '1' }, other))).equal(403)
    const span = (seconds: number) => ({ startdate: String(now - seconds), enddate: String(now) })
    should(await statusOf(call('get', span(day + 1)))).equal(503)
    should(await statusOf(call('get', { startdate: String(now) }))).equal(503)
    should(await statusOf(call('get', span(day)))).equal(0)
  })

  it('finds nothing as an empty list', async () => {
    const { body } = await summary({ startdateymd: '1999-01-01', enddateymd: '1999-01-02' })
    should(body).eql({ series: [], more: false, offset: 0 })
  })

  it('has what real records have', () => {
    const rows = personOf(ada).sleep
    rows.some(({ modified, created }) => modified < created).should.be.true()
    rows.some(({ created, enddate }) => created < enddate).should.be.true()
    new Set(rows.map(({ completed }) => completed)).should.eql(new Set([true, undefined]))
    const mats = rows.filter(({ hash_deviceid }) => hash_deviceid !== null)
    for (const { data, startdate, enddate } of mats) {
      const [sleep, awake] = [Number(data.total_sleep_time), Number(data.wakeupduration)]
      should(data.total_timeinbed).equal(sleep + awake)
      should(sleep + awake).be.belowOrEqual(enddate - startdate)
    }
    mats.some(({ data }) => Number(data.out_of_bed_count) > 0).should.be.true()
    const days = mats.map(({ date }) => date)
    new Set(days).size.should.be.below(days.length)
    mats.some(({ startdate, enddate }) => enddate - startdate < 5400).should.be.true()
    rows.filter(({ hash_deviceid }) => hash_deviceid === null).should.have.length(1)
    const foreign = personOf(chloé).sleep
    foreign
      .every(({ data }) => Number(data.asleepduration) > 0 && data.remsleepduration === null)
      .should.be.true()
    new Set([ada, ben, chloé, demo].map(id => personOf(id).sleep[0]!.timezone)).size.should.equal(3)
  })

  it('says -1 of breathing where somebody slept less than five hours, and once a negative waso', () => {
    const mats = personOf(ada).sleep.filter(({ hash_deviceid }) => hash_deviceid !== null)
    const indices = mats.map(({ data }) => [
      Number(data.total_sleep_time) < 18_000,
      Number(data.apnea_hypopnea_index) === -1,
      Number(data.breathing_disturbances_intensity) === -1
    ])
    new Set(indices.map(each => each.join(' '))).should.eql(new Set(['true true true', 'false false false']))
    mats.filter(({ data }) => Number(data.waso) < 0).should.have.length(1)
  })

  it('has pages with fewer rows than the offset counts', async () => {
    const sizes: number[] = []
    let offset = 0
    for (let more = true; more;) {
      const { body } = await summary({ ...everything, ...(offset > 0 && { offset: String(offset) }) })
      sizes.push((body?.series as unknown[]).length)
      more = body?.more === true
      offset = Number(body?.offset)
    }
    sizes.length.should.be.above(2)
    new Set(sizes.slice(0, -1)).size.should.be.above(1)
  })

  it('says of each minute whether there was snoring', async () => {
    const night = personOf(ada).sleep.find(({ enddate, startdate }) => enddate - startdate > 6 * 3600)!
    const span = { startdate: String(night.startdate), enddate: String(night.enddate) }
    const pieces = (await call('get', { ...span, data_fields: 'snoring' })).body?.series as JsonObject[]
    const minutes = pieces.flatMap(({ snoring }) => Object.values(snoring as JsonObject))
    new Set(minutes).should.eql(new Set([0, 1]))
  })

  it('may name the device of a night by its model only, or by another name of it', async () => {
    const ends = { startdate: now - 8 * 3600, enddate: now - 600 }
    simulator.addNight(ada, { ...ends, hash_deviceid: undefined })
    simulator.addNight(ada, { ...ends, model_id: -1, modelid: 63 })
    const [second, first] = rowsOf(await summary({ lastupdate: String(now) })) as [NightRow, NightRow]
    should(first).not.have.property('hash_deviceid')
    should(second).match({ model_id: -1, modelid: 63 })
  })

  it('tells the stages of a night in pieces that add up to its summary', async () => {
    const night = personOf(ada).sleep.find(
      ({ data, enddate, startdate }) => data.out_of_bed_count === 1 && enddate - startdate > 6 * 3600
    )!
    const span = { startdate: String(night.startdate), enddate: String(night.enddate) }
    const pieces = (await call('get', span)).body?.series as JsonObject[]
    const starts = pieces.map(({ startdate }) => Number(startdate))
    starts.should.not.eql([...starts].sort())
    const seconds = (state: number) =>
      pieces
        .filter(piece => piece.state === state)
        .reduce((sum, { startdate, enddate }) => sum + Number(enddate) - Number(startdate), 0)
    ;[seconds(0), seconds(1), seconds(2), seconds(3)].should.eql([
      night.data.wakeupduration,
      night.data.lightsleepduration,
      night.data.deepsleepduration,
      night.data.remsleepduration
    ])
    const inOrder = [...pieces].sort((a, b) => Number(a.startdate) - Number(b.startdate))
    const neighbours = inOrder.slice(1).map((piece, index) => [inOrder[index]!, piece] as const)
    inOrder.every(({ startdate, enddate }) => Number(enddate) - Number(startdate) <= 600).should.be.true()
    neighbours.some(([a, b]) => a.state === b.state && a.enddate === b.startdate).should.be.true()
    neighbours.filter(([a, b]) => Number(b.startdate) > Number(a.enddate)).should.have.length(1)
    Object.keys(pieces[0]!).should.not.containEql('hr')
    const rich = (await call('get', { ...span, data_fields: 'hr,sdnn_1,withings_index' })).body?.series
    const [first] = rich as JsonObject[]
    Object.keys(first!).should.containDeep(['hr', 'sdnn_1']).and.not.containEql('withings_index')
    Math.min(...starts).should.equal(night.startdate)
  })

  it('takes new nights, which get their score later', async () => {
    const id = simulator.addNight(ben, { startdate: now - 8 * 3600, enddate: now - 600, scored: false })
    const who = await login(simulator, ben)
    const changed = async () =>
      rowsOf(await summary({ lastupdate: String(now), data_fields: 'sleep_score' }, who))
    ;(await changed()).should.match([{ id, completed: false, data: { sleep_score: null } }])
    simulator.clock.offset(hour)
    simulator.scoreNight(ben, id, 77)
    const [scored] = await changed()
    should(scored).match({ id, completed: true, data: { sleep_score: 77 }, modified: now + 3600 })
  })
})
