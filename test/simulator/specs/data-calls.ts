import should from 'should'
import type { Simulator } from '..'
import { allGroups, getDevice, getMeas, login, post, type Session } from '../raw-client'
import { ada, ben, day, groupsOf, hour, now, open, pause, start, statusOf } from './fixture'

describe('Withings simulator: data calls', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  let session: Session
  const newest = now - 240
  beforeEach(async () => {
    simulator = await open({ pageSize: 50 })
    session = await login(simulator, ada)
  })

  it('refuses what is not allowed, always as HTTP 200', async () => {
    const metrics = await login(simulator, ada, ['user.metrics'])
    should(await statusOf(getDevice(simulator, metrics))).equal(403)
    should(await statusOf(post(simulator, '/measure', { action: 'getmeas' }))).equal(401)
    should(await statusOf(post(simulator, '/measure', { action: 'getall' }, session.accessToken))).equal(2554)
    should(await statusOf(getMeas(simulator, session, { startDate: '1' }))).equal(503)
    should(await statusOf(getMeas(simulator, session, { lastupdate: '1', startdate: '1' }))).equal(503)
    should(await statusOf(getMeas(simulator, session, { offset: '50' }))).equal(503)
    const { accessToken } = session
    should(await statusOf(post(simulator, '/measure?a=1', { action: 'getmeas' }, accessToken))).equal(503)
    const twice = new URLSearchParams([
      ['action', 'getmeas'],
      ['action', 'getmeas']
    ])
    should(await statusOf(post(simulator, '/measure', twice, accessToken))).equal(503)
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const got = await fetch(`${simulator.url}/measure?action=getmeas`, { headers })
    got.status.should.equal(200)
    should(await got.json()).have.property('status', 503)
  })

  it('lets body and error of a failure come and go', async () => {
    const shapes = new Set<string>()
    for (let count = 0; count < 5; count++) {
      const { body, error } = await post(simulator, '/measure', { action: `a${count}` }, session.accessToken)
      shapes.add(`${JSON.stringify(body)} ${typeof error}`)
    }
    const seen = ['{} string', '[] undefined', 'undefined string', 'undefined undefined', '{} undefined']
    ;[...shapes].sort().should.deepEqual(seen.sort())
  })

  it('pages through every group once, in an order of its own', async () => {
    const groups = await allGroups(simulator, session)
    const real = groupsOf(simulator, ada).filter(group => group.category === 1)
    groups.should.deepEqual(real)
    new Set(groups.map(group => group.grpid)).size.should.equal(groups.length)
    groups.length.should.be.above(150)
    const dates = groups.map(group => group.date)
    const ascents = dates.filter((date, index) => date >= (dates[index - 1] ?? date)).length
    should(ascents / dates.length).be.within(0.3, 0.7)
    const pages = simulator.requests.filter(request => request.action === 'getmeas')
    const offsets = pages.map(request => Number(request.params.offset ?? 0))
    offsets.should.deepEqual([...offsets].sort((a, b) => a - b))
    pages.should.have.length(Math.ceil(groups.length / 50))
  })

  it('gives more and offset on several pages, neither on a single one', async () => {
    const single = await getMeas(simulator, session, { startdate: String(newest) })
    should(single.body).not.have.properties('more', 'offset')
    should(single.body?.updatetime).equal(now)
    should(single.body?.timezone).equal('Europe/Paris')
    let { body } = await getMeas(simulator, session)
    should(body?.more).equal(1)
    const foreign = { meastypes: '1,5', offset: String(body?.offset) }
    should(await statusOf(getMeas(simulator, session, foreign))).equal(503)
    while (body?.more === 1) {
      body = (await getMeas(simulator, session, { offset: String(body.offset) })).body
    }
    should(body?.more).equal(0)
    should(body?.offset).be.above(0)
  })

  it('filters by type, date, change and category', async () => {
    const weights = await allGroups(simulator, session, { meastypes: '1,11' })
    new Set(weights.flatMap(group => group.measures.map(({ type }) => type))).should.deepEqual(
      new Set([1, 11])
    )
    const week = { startdate: String(newest - 7 * day), enddate: String(newest - 1) }
    const recent = await allGroups(simulator, session, week)
    recent.should.deepEqual(
      groupsOf(simulator, ada).filter(
        ({ date, category }) => category === 1 && date >= newest - 7 * day && date < newest
      )
    )
    const late = await allGroups(simulator, session, { lastupdate: String(newest - 2 * day) })
    late.some(({ date }) => date < newest - 50 * day).should.be.true()
    const goals = await allGroups(simulator, session, { category: '2' })
    goals.map(group => group.category).should.deepEqual([2, 2])
  })

  it('shows what is added, edited and removed', async () => {
    const known = groupsOf(simulator, ada).find(
      group => group.category === 1 && group.date < newest - 30 * day
    )
    const grpid = known?.grpid ?? 0
    simulator.clock.offset(hour)
    simulator.addGroup(ada, { measures: [{ type: 1, value: 81_900, unit: -3 }] })
    simulator.editGroup(ada, grpid, { attrib: 3 })
    const lastupdate = String(now + 1)
    const changed = await allGroups(simulator, session, { lastupdate })
    changed.map(group => group.attrib).should.containDeep([0, 3])
    changed.should.have.length(2)
    simulator.removeGroup(ada, grpid)
    pause(simulator)
    should(await allGroups(simulator, session, { lastupdate })).have.length(1)
  })

  it('lists devices with their oddities', async () => {
    const devices = (await getDevice(simulator, session)).body?.devices ?? []
    const ids = devices.map(device => device.deviceid)
    new Set(ids).size.should.be.below(ids.length)
    devices.some(device => device.battery === 'unknown').should.be.true()
    devices.some(device => device.model === '' && device.model_id === 13).should.be.true()
    devices.some(device => device.last_session_date === null).should.be.true()
    devices.some(device => device.model_id === 4242 && device.type === 'Health Mirror').should.be.true()
    const shared = (await getDevice(simulator, await login(simulator, ben))).body?.devices ?? []
    should(shared[0]?.deviceid).equal(ids[0])
  })

  it('logs the requests with what was sent and answered', async () => {
    await getDevice(simulator, session)
    const [exchanged, listed] = simulator.requests
    should(exchanged?.params).have.property('client_secret', simulator.client.secret)
    should(listed).deepEqual({
      at: start,
      method: 'POST',
      path: '/v2/user',
      action: 'getdevice',
      params: { action: 'getdevice' },
      userId: ada,
      answerStatus: 0
    })
  })
})
