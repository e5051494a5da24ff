import { axiosSend, TIME_LIMIT } from '../../../../lib/base/http'
import type { Fault } from '../../../simulator'
import { LyingWithings } from '../../../support/lying-withings'

type Untargeted = Fault
const data = { path: '/measure' }

describe('the client before a Withings that lies', () => {
  let withings: LyingWithings

  beforeEach(async () => {
    withings = await LyingWithings.open({ seed: 3, pageSize: 12, years: 0.03 })
  })
  afterEach(async () => {
    repeated().should.eql([])
    await withings.close()
  })

  const add = (fault: Untargeted) => withings.add({ ...fault, ...data })
  /** Requests that followed an equal one within 10 s. */
  const repeated = () =>
    withings.sent.filter(({ at, params }, index) =>
      withings.sent.slice(0, index).some(before => before.params === params && at - before.at < 10_000)
    )
  /** `grpid@modified` of all that Withings has, goals aside. */
  const whole = () =>
    withings.ada.groups
      .filter(({ category }) => category === 1)
      .map(({ grpid, modified }) => `${grpid}@${modified}`)
      .sort()
  const run = async () => {
    const { rows: groups, problems } = await withings.run()
    return { states: groups.map(({ id, modified }) => `${id}@${modified}`).sort(), problems }
  }
  /** A later run brings exactly what is new, so nothing was passed over and nothing comes twice. */
  const goesOn = async (missing: string[] = []) => {
    withings.simulator.faults.clear()
    await withings.clock.sleep(60_000)
    withings.simulator.addGroup(withings.ada.userId, { measures: [{ type: 1, value: 80, unit: 0 }] })
    const added = whole().at(-1) as string
    const { states, problems } = await run()
    states.should.eql([...missing, added].sort())
    problems.should.eql([])
  }

  const failing: [string, Untargeted, string][] = [
    ['HTML with HTTP 502', { kind: 'html' }, 'WITHINGS_UNAVAILABLE'],
    ['HTML with HTTP 200', { kind: 'html-200' }, 'WITHINGS_UNAVAILABLE'],
    ['half of the JSON', { kind: 'truncated' }, 'WITHINGS_UNAVAILABLE'],
    ['no answer', { kind: 'hang' }, 'WITHINGS_UNAVAILABLE'],
    ['a reset before', { kind: 'reset', when: 'before' }, 'WITHINGS_UNAVAILABLE'],
    ['a reset after', { kind: 'reset', when: 'after' }, 'WITHINGS_UNAVAILABLE'],
    ['HTTP 500', { kind: 'http', code: 500 }, 'WITHINGS_UNAVAILABLE'],
    ['HTTP 429', { kind: 'http', code: 429 }, 'RATE_LIMITED'],
    ...[522, 524, 602, 2555].map((status): [string, Untargeted, string] => [
      `status ${status}`,
      { kind: 'status', status },
      'WITHINGS_UNAVAILABLE'
    ]),
    ['status 601', { kind: 'status', status: 601 }, 'RATE_LIMITED']
  ]
  for (const [name, fault, code] of failing) {
    it(`delivers everything after ${name} twice`, async () => {
      const handle = add({ ...fault, times: 2 })
      ;(await run()).should.eql({ states: whole(), problems: [] })
      handle.hits.should.equal(2)
      await goesOn()
    })

    it(`gives up after three times ${name} with ${code}, and delivers everything later`, async () => {
      const all = whole()
      const handle = add(fault)
      await run().should.be.rejectedWith({ code })
      handle.hits.should.be.within(2, 3)
      withings.sent.length.should.equal(handle.hits)
      await goesOn(all)
    })
  }

  const refused: [number, string][] = [
    [503, 'WITHINGS_REFUSED'],
    [403, 'SCOPE_MISSING']
  ]
  for (const [status, code] of refused)
    it(`asks once when the status is ${status}, and delivers everything later`, async () => {
      const all = whole()
      const handle = add({ kind: 'status', status })
      await run().should.be.rejectedWith({ code, details: { status } })
      handle.hits.should.equal(1)
      await goesOn(all)
    })

  it('renews the token once after status 401, and asks no more until the next login when that does not help', async () => {
    const all = whole()
    const handle = add({ kind: 'status', status: 401 })
    for (let poll = 0; poll < 3; poll += 1) {
      await run().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
      await withings.clock.sleep(900_000)
    }
    handle.hits.should.equal(2)
    withings.simulator.tokens.issued(withings.ada.userId).should.have.length(2)
    withings.tokens.status('account').should.equal('login-needed')
    withings.restart()
    await run().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
    handle.hits.should.equal(2)
    withings.simulator.faults.clear()
    await withings.logIn()
    await goesOn(all)
  })

  it('lets six callers share the tries of a refresh that fails', async () => {
    withings.simulator.tokens.expireAccess(withings.ada.userId)
    withings.simulator.faults.add({ kind: 'html', path: '/v2/oauth2' })
    const calls = Array.from({ length: 6 }, (_, index) => {
      const params = { action: 'getmeas', lastupdate: String(index) }
      return withings.client.call({ path: '/measure', params, scope: '' }, { priority: 'poll' })
    })
    for (const call of calls) await call.should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    const refreshes = withings.simulator.requests.filter(
      ({ params }) => params.grant_type === 'refresh_token'
    )
    refreshes.length.should.be.within(2, 3)
  })

  const harmless: [string, Untargeted][] = [
    ['false where numbers belong', { kind: 'false-numbers', fields: ['more', 'created'] }],
    ['no `more`', { kind: 'missing-more' }],
    ['numbers as text', { kind: 'text-numbers' }],
    ['unknown fields', { kind: 'unknown-fields' }],
    ['slow answers', { kind: 'slow', ms: 20 }],
    ['goals among the measures', { kind: 'mixed-categories' }]
  ]
  for (const [name, fault] of harmless)
    it(`delivers everything in spite of ${name}`, async () => {
      const handle = add(fault)
      const { states, problems } = await run()
      states.should.eql(whole())
      problems.should.eql([])
      handle.hits.should.be.above(1)
      await goesOn()
    })

  it('takes the date for the time of a change that is told as false', async () => {
    add({ kind: 'false-numbers', fields: ['modified', 'created'] })
    const { rows: groups, problems } = await withings.run()
    problems.should.eql([])
    groups.should.have.length(whole().length)
    groups.every(group => group.modified * 1000 === Date.parse(group.readings[0]!.date)).should.be.true()
  })

  it('says that a body is an array, and delivers everything later', async () => {
    const all = whole()
    add({ kind: 'array-body' })
    ;(await run()).should.eql({ states: [], problems: [{ place: 'measuregrps' }] })
    await goesOn(all)
  })

  it('says that the offset is stuck, delivers what came, and the rest later', async () => {
    const all = whole()
    add({ kind: 'stuck-offset' })
    const { states, problems } = await run()
    problems.should.eql([{ place: 'offset' }])
    states.length.should.be.within(1, all.length - 1)
    await goesOn(all.filter(state => !states.includes(state)))
  })

  for (const change of ['insert', 'remove'] as const)
    it(`delivers everything although Withings does ${change} between the pages`, async () => {
      const before = whole()
      add({ kind: 'page-change', change, times: 2 })
      const { states, problems } = await run()
      problems.should.eql([])
      const after = whole()
      new Set(states).size.should.equal(states.length)
      before.filter(state => after.includes(state) && !states.includes(state)).should.eql([])
      await goesOn(after.filter(state => !states.includes(state)))
    })

  it('gives Withings ten seconds where nothing else is said, and not more than is said', async () => {
    TIME_LIMIT.should.equal(10_000)
    withings.simulator.faults.add({ kind: 'hang' })
    const { signal } = new AbortController()
    const url = `${withings.simulator.url}/measure`
    const asked = axiosSend(undefined, { timeLimit: 50 })({ method: 'POST', url, headers: {} }, signal)
    await asked.should.be.rejectedWith({ code: 'ERR_CANCELED' })
  })
})
