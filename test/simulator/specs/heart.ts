import should from 'should'
import type { Simulator } from '..'
import { type Answer, login, post, type Session } from '../raw-client'
import { ada, ben, day, hour, now, open, pause, statusOf } from './fixture'

const chloé = '8120455'

describe('Withings simulator: recordings', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  let session: Session
  beforeEach(async () => {
    simulator = await open({ pageSize: 20 })
    session = await login(simulator, ada)
  })

  const call = (path: string, action: string, form: Record<string, string> = {}, who = session) =>
    post(simulator, path, { action, ...form }, who.accessToken)
  const list = (form: Record<string, string> = {}, who = session) => call('/v2/heart', 'list', form, who)
  const get = (signalid: number | string, form: Record<string, string> = {}, who = session) =>
    call('/v2/heart', 'get', { signalid: String(signalid), ...form }, who)
  const rowsOf = ({ body }: Answer) => body?.series ?? []
  const personOf = (userId: string) => simulator.people.find(person => person.userId === userId)!

  async function all(path: string): Promise<unknown[]> {
    const rows: unknown[] = []
    for (let form: Record<string, string> = {}; ;) {
      const answer = await call(path, 'list', form)
      rows.push(...rowsOf(answer))
      should(answer.body?.offset).be.above(0)
      if (answer.body?.more !== true) return rows
      form = { offset: String(answer.body.offset) }
    }
  }

  it('are listed page by page, more being a boolean, in an order of their own', async () => {
    const { heart, stetho } = personOf(ada).recordings
    heart.length.should.be.above(20)
    should(await all('/v2/heart')).deepEqual(heart)
    should(await all('/v2/stetho')).deepEqual(stetho)
    const dates = heart.map(({ timestamp }) => timestamp)
    dates.should.not.deepEqual([...dates].sort((a, b) => a - b))
  })

  it('are found by when they were recorded only', async () => {
    const span = { startdate: String(now - 7 * day), enddate: String(now) }
    const expected = personOf(ada).recordings.heart.filter(({ timestamp }) => timestamp >= now - 7 * day)
    const { body } = await list(span)
    should(body?.series).deepEqual(expected)
    should(body?.more).equal(false)
    should(await statusOf(list({ lastupdate: '1' }))).equal(503)
    should(await statusOf(list({ startdate: '9', enddate: '1' }))).equal(503)
    should(await statusOf(list({ offset: '20' }))).equal(503)
    should(await statusOf(list({}, await login(simulator, ada, ['user.info'])))).equal(403)
    const nobody = await login(simulator, chloé)
    should((await list({}, nobody)).body).have.properties({ series: [], more: false })
  })

  it('leave out parts, and have both forms of the heart rate', () => {
    const rows = personOf(ada).recordings.heart
    for (const part of ['ecg', 'bloodpressure', 'stetho', 'heart_rate', 'timezone'] as const)
      new Set(rows.map(row => row[part] === undefined)).size.should.equal(2)
    new Set(rows.map(({ heart_rate }) => typeof heart_rate)).should.deepEqual(
      new Set(['number', 'object', 'undefined'])
    )
    new Set(rows.map(({ ecg }) => ecg?.afib)).should.deepEqual(new Set([0, 1, 2, 8, 13, undefined]))
    new Set(rows.map(({ timezone }) => timezone)).size.should.equal(4)
    rows.some(({ modified, timestamp }) => modified < timestamp).should.be.true()
  })

  it('have a signal of 20 s at 500 Hz or 30 s at 300 Hz, the same each time, with a beat for each beat', async () => {
    const { heart } = personOf(ada).recordings
    const core = heart.find(({ model, ecg }) => model === 44 && ecg?.afib === 0)!
    const { body } = await get(core.ecg!.signalid)
    should(body?.sampling_frequency).equal(500)
    should(body?.signal).have.length(10_000)
    should(body).not.have.properties('signal_filtered', 'intervals')
    pause(simulator)
    should((await get(core.ecg!.signalid)).body).deepEqual(body)

    const watch = await login(simulator, ben)
    const row = personOf(ben).recordings.heart.find(({ ecg }) => ecg?.afib === 0)!
    const asked = await get(row.ecg!.signalid, { with_filtered: 'true', with_intervals: '1' }, watch)
    should(asked.body).have.properties({ sampling_frequency: 300, wearposition: 1, model: 93 })
    const clean = asked.body?.signal_filtered ?? []
    clean.should.have.length(9000)
    should(asked.body?.signal).have.length(9000)
    const beats = clean.filter((sample, index) => sample > 600 && (clean[index - 1] ?? 0) <= 600).length
    const { value: rate } = asked.body?.heart_rate as unknown as { value: number }
    beats.should.be.within(rate / 2 - 3, rate / 2 + 3)
    should(await statusOf(get(row.ecg!.signalid, { with_filtered: 'yes' }, watch))).equal(503)
    should(await statusOf(get(row.ecg!.signalid))).equal(503)
  })

  it('have no samples until the device has sent them', async () => {
    simulator.clock.offset(hour)
    const signalid = simulator.addEcg(ada, { synced: false, heart_rate: 58, afib: 1 })
    const [added] = rowsOf(await list({ startdate: String(now + 1) })) as object[]
    should(added).match({
      ecg: { signalid, afib: 1 },
      heart_rate: 58,
      model: 93,
      timestamp: now + hour / 1000
    })
    const early = await get(signalid)
    early.status.should.equal(0)
    should(early.body?.signal).deepEqual([])
    simulator.syncSignal(ada, signalid)
    pause(simulator)
    should((await get(signalid)).body?.signal).have.length(9000)
  })

  it('may be added to those of the stethoscope', async () => {
    simulator.clock.offset(hour)
    const signalid = simulator.addStetho(ada, { vhd: 2 })
    const rows = rowsOf(await call('/v2/stetho', 'list', { startdate: String(now + 1) }))
    rows.should.match([{ signalid, vhd: 2 }])
    should(await statusOf(get(signalid))).equal(503)
  })
})
