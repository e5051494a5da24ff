import should from 'should'
import type { Fault, Simulator } from '..'
import { allGroups, getDevice, getMeas, login, refresh, send, type Session } from '../raw-client'
import { ada, ben, groupsOf, now, open, pause, statusOf } from './fixture'

describe('Withings simulator: faults', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  let session: Session
  beforeEach(async () => {
    simulator = await open({ pageSize: 50 })
    session = await login(simulator, ada)
  })

  const measures = { path: '/measure', action: 'getmeas', times: 1 }
  const ask = () => send(simulator, '/measure', { action: 'getmeas' }, session.accessToken)
  const text = async () => (await ask()).text()
  const body = async () => (await getMeas(simulator, session)).body

  /** What shows that the fault is on; it has to be gone with the next request. */
  const signs: [Fault, () => Promise<boolean>][] = [
    [{ kind: 'html', ...measures }, async () => (await ask()).status === 502],
    [{ kind: 'html-200', ...measures }, async () => /^<html>/.test(await text())],
    [{ kind: 'http', code: 418, ...measures }, async () => (await ask()).status === 418],
    [
      { kind: 'status', status: 522, ...measures },
      async () => (await getMeas(simulator, session)).status === 522
    ],
    [{ kind: 'truncated', ...measures }, async () => !(await text()).endsWith('}')],
    [
      { kind: 'reset', ...measures },
      () =>
        ask().then(
          () => false,
          () => true
        )
    ],
    [
      { kind: 'reset', when: 'after', ...measures },
      () =>
        ask().then(
          () => false,
          () => true
        )
    ],
    [{ kind: 'array-body', ...measures }, async () => Array.isArray(await body())],
    [{ kind: 'false-numbers', ...measures }, async () => /"modified":false/.test(await text())],
    [{ kind: 'text-numbers', ...measures }, async () => /"value":"\d+"/.test(await text())],
    [
      { kind: 'unknown-fields', ...measures },
      async () => /^\{"introduced_later".*\[\{"intr/.test(await text())
    ],
    [{ kind: 'missing-more', ...measures }, async () => /^(?!.*"more").*"offset"/.test(await text())],
    [{ kind: 'mixed-categories', ...measures }, async () => (await mixedGroups()).includes(2)]
  ]
  async function mixedGroups(): Promise<number[]> {
    const answer = await getMeas(simulator, session, {
      meastypes: '1',
      startdate: String(now - 201 * 3600)
    })
    return (answer.body?.measuregrps ?? []).map(group => group.category)
  }

  for (const [fault, isOn] of signs) {
    it(`${fault.kind}${'when' in fault ? ` ${fault.when}` : ''}, as often as asked`, async () => {
      const handle = simulator.faults.add(fault)
      should(await isOn()).be.true()
      pause(simulator)
      should(await isOn()).be.false()
      handle.hits.should.equal(1)
    })
  }

  it('processes the request before a reset that comes after it', async () => {
    simulator.faults.add({
      kind: 'reset',
      when: 'after',
      path: '/v2/oauth2',
      params: { grant_type: 'refresh_token' }
    })
    await refresh(simulator, session.refreshToken).should.be.rejected()
    simulator.tokens.issued(ada).should.have.length(2)
    simulator.faults.clear()
    simulator.faults.add({ kind: 'reset', path: '/v2/oauth2' })
    await refresh(simulator, session.refreshToken).should.be.rejected()
    simulator.tokens.issued(ada).should.have.length(2)
  })

  it('hangs until the simulator closes, for the user that is meant', async () => {
    simulator.faults.add({ kind: 'hang', userId: ada })
    const other = await login(simulator, ben)
    const hanging = ask().then(
      () => 'answered',
      () => 'gone'
    )
    should(await statusOf(getDevice(simulator, other))).equal(0)
    should(simulator.requests.at(-1)?.answerStatus).equal(0)
    await simulator.close()
    should(await hanging).equal('gone')
  })

  it('leaves requests alone that do not match', async () => {
    const others = [
      { path: '/measure' },
      { action: 'getmeas' },
      { params: { action: 'getmeas' } },
      { userId: ben }
    ]
    const handles = others.map(target => simulator.faults.add({ kind: 'http', code: 500, ...target }))
    should(await statusOf(getDevice(simulator, session))).equal(0)
    should(handles.map(({ hits }) => hits)).deepEqual([0, 0, 0, 0])
  })

  it('never takes the news of another page away by a false number', async () => {
    simulator.faults.add({ kind: 'false-numbers' })
    const [first, single] = [await body(), await getMeas(simulator, session, { startdate: String(now) })]
    should(first).have.property('more', 1)
    should(first?.measuregrps?.[0]).have.properties({ created: false, modified: false })
    should(single.body).not.have.property('more')
  })

  it('answers late', async () => {
    simulator.faults.add({ kind: 'slow', ms: 60 })
    const before = Date.now()
    should(await statusOf(getDevice(simulator, session))).equal(0)
    should(Date.now() - before).be.aboveOrEqual(55)
  })

  it('calls back before it processes', async () => {
    const fault = simulator.faults.add({
      kind: 'before',
      before: ({ path, userId }) => {
        should([path, userId]).deepEqual(['/v2/user', ada])
        simulator.tokens.expireAccess(ada)
      }
    })
    should(await statusOf(getDevice(simulator, session))).equal(401)
    fault.off()
    should(await statusOf(refresh(simulator, session.refreshToken))).equal(0)
  })

  it('never lets the offset grow', async () => {
    simulator.faults.add({ kind: 'stuck-offset' })
    const first = (await body())?.offset
    should(first).be.above(0)
    const second = await getMeas(simulator, session, { offset: String(first) })
    should(second.body).have.properties({ more: 1, offset: first })
  })

  it('puts a group in or takes one away between the pages', async () => {
    const ids = async () => (await allGroups(simulator, session)).map(group => group.grpid)
    const before = await ids()
    pause(simulator)
    simulator.faults.add({ kind: 'page-change', change: 'insert', times: 1 })
    const inserted = await ids()
    should(inserted).have.length(before.length + 1)
    should(inserted[50]).equal(inserted[49])
    pause(simulator)
    simulator.faults.add({ kind: 'page-change', change: 'remove', times: 1 })
    const removed = await ids()
    const left = groupsOf(simulator, ada).map(group => group.grpid)
    should(left).not.containEql(removed[0])
    should(removed).not.containEql(before[49])
    should(left).containEql(before[49])
  })

  it('comes after limits and authorization, and is not used up by them', async () => {
    should(await statusOf(getMeas(simulator, session))).equal(0)
    const fault = simulator.faults.add({ kind: 'status', status: 524, error: 'Bad state' })
    should(await statusOf(getMeas(simulator, session))).equal(601)
    fault.hits.should.equal(0)
    should(await statusOf(refresh(simulator, session.refreshToken))).equal(524)
    fault.off()
    should(await statusOf(refresh(simulator, session.refreshToken))).equal(0)
  })
})
