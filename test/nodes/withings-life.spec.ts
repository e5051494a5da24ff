import helper from 'node-red-node-test-helper'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Bench, type Message, useBench } from '../support/withings-bench'

const actions = {
  'withings-measures': 'getmeas',
  'withings-devices': 'getdevice',
  'withings-heart': 'list'
} as const
const types = Object.keys(actions) as (keyof typeof actions)[]

for (const type of types)
  describe(`${type}: its life`, () => {
    const action = actions[type]
    let bench: Bench
    useBench(opened => (bench = opened))

    const load = (properties: object = {}, account: object = {}) =>
      bench.load({ type, output: 'batch', ...properties }, account)
    async function failure(): Promise<NonNullable<Message['error']>> {
      bench.send()
      const errors = await bench.caught.until(items => items.length > 0 && items, 'the error')
      return errors[0]!.error!
    }

    for (const [name, account] of [
      ['no account', ''],
      ['an account that does not exist', 'nobody'],
      ['another node as account', 'out']
    ])
      it(`says NOT_CONFIGURED with ${name}`, async () => {
        await load({ account })
        await bench.shows('status.notConfigured')
        ;(await failure()).should.match({
          code: 'NOT_CONFIGURED',
          cause: { code: 'NOT_CONFIGURED' },
          message: /no Withings account/,
          source: { id: bench.id }
        })
        bench.out.items.should.eql([])
        bench.completed.items.should.eql([])
      })

    it('says LOGIN_NEEDED while nobody is linked, and works after the login', async () => {
      await load()
      await bench.shows('status.loginNeeded')
      ;(await failure()).should.match({ code: 'LOGIN_NEEDED', source: { id: bench.id } })
      await bench.shows('status.loginNeeded')
      bench.simulator.requests.should.eql([])
      await bench.logIn()
      await bench.shows('status.volatile')
      bench.send()
      await bench.completed.count(1, 'the end of the run')
      bench.out.items.should.have.length(1)
    })

    it('says LOGIN_NEEDED again after unlink', async () => {
      await load()
      await bench.logIn()
      await bench.admin('/unlink', {})
      await bench.shows('status.loginNeeded')
      ;(await failure()).code.should.equal('LOGIN_NEEDED')
      bench.requestsOf(action).should.eql([])
    })

    it('shows that a login is needed when Withings says so, and asks no more until there is one', async () => {
      await load()
      await bench.logIn()
      const handle = bench.simulator.faults.add({ kind: 'status', status: 2553, action })
      ;(await failure()).code.should.equal('LOGIN_NEEDED')
      bench.send()
      await bench.caught.count(2, 'the second error')
      await bench.shows('status.loginNeeded')
      handle.hits.should.equal(1)
      ;(await bench.admin('')).body!.should.match({ linked: true, status: 'login-needed' })
      bench.simulator.faults.clear()
      await bench.logIn()
      ;(await bench.admin('')).body!.should.match({ status: 'volatile' })
    })

    it('shows that it fetches, then what came of it', async () => {
      await load()
      await bench.logIn()
      bench.send()
      await bench.statuses.until(
        texts =>
          texts.at(-2) === 'status.fetching' && /^status\.(readings|devices|recordings)/.test(texts.at(-1)!),
        'the result'
      )
    })

    it('hangs up and ends quickly when it is closed in the middle of a request that hangs', async () => {
      await load()
      await bench.logIn()
      await helper.unload()
      const silent = createServer().listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo
      await load({}, { apiUrl: `http://127.0.0.1:${port}` })
      const arrived = once(silent, 'request') as Promise<[IncomingMessage, ServerResponse]>
      bench.send()
      bench.send()
      const [, response] = await arrived
      const hungUp = once(response, 'close')
      const before = Date.now()
      await helper.unload()
      await hungUp
      ;(Date.now() - before).should.be.below(3_000)
      silent.close()
      bench.caught.items.should.eql([])
      bench.out.items.should.eql([])
    })

    it('polls soon after the start', async () => {
      await load()
      await bench.logIn()
      await helper.unload()
      await load({ schedule: 30 })
      await bench.completed.count(1, 'the first poll')
      bench.out.items.should.have.length(1)
      bench.requestsOf(action).length.should.be.aboveOrEqual(1)
    })

    it('says once that a login is needed, and polls as soon as somebody logged in', async () => {
      await load({ schedule: 30 })
      const [problem] = await bench.caught.count(1, 'the error of the first poll')
      problem!.error!.code.should.equal('LOGIN_NEEDED')
      await bench.logIn()
      await bench.completed.count(1, 'the poll')
      bench.out.items.should.have.length(1)
      bench.caught.items.should.have.length(1)
    })

    it('does not poll after a login without a schedule', async () => {
      await load({ schedule: 0 })
      await bench.logIn()
      bench.send({ mine: 'the only one' })
      await bench.completed.count(1, 'the end of the run')
      bench.completed.items.map(({ mine }) => mine).should.eql(['the only one'])
    })

    it('asks Withings once for two equal messages', async () => {
      await load()
      await bench.logIn()
      const message = { startDate: 1, endDate: 2_000_000_000 }
      bench.send({ ...message })
      bench.send({ ...message })
      await bench.completed.count(2, 'the ends of the runs')
      const [first, second] = bench.out.items
      first!.payload!.should.eql(second!.payload)
      const asked = bench.requestsOf(action).map(({ params }) => JSON.stringify(params))
      asked.should.eql([...new Set(asked)])
    })
  })
