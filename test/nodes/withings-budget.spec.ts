import helper from 'node-red-node-test-helper'
import { accountRegistry } from '../../lib/red/accounts/account-registry'
import { type Bench, useBench } from '../support/withings-bench'

const polls = 200

describe('the budget of requests', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  /** Hundreds of nodes poll at once, each for a span of its own. */
  async function startPolling(): Promise<void> {
    await bench.load({ type: 'withings-devices' })
    await bench.logIn()
    await helper.unload()
    const common = { type: 'withings-measures', account: bench.account, mode: 'period', output: 'batch' }
    bench.beside = Array.from({ length: polls }, (_, index) => ({
      ...common,
      ...{ id: `poll-${index}`, schedule: 15, days: index + 1, wires: [['out']] }
    }))
    await bench.load({ type: 'withings-devices', output: 'batch' })
    await bench.out.count(5, 'the first polls')
  }
  const getmeas = () => bench.requestsOf('getmeas').length

  it('lets no message wait for more than 3 s beside 200 polls and an import', async () => {
    await startPolling()
    const { client } = accountRegistry(bench.RED).client(bench.account)
    for (let page = 0; page < 100; page += 1) {
      const params = { action: 'getmeas', startdate: '0', enddate: String(page + 1) }
      const request = { path: '/measure', params, scope: 'user.metrics' } as const
      client.call(request, { priority: 'import' }).catch(() => undefined)
    }
    const before = Date.now()
    bench.send()
    await bench.completed.count(1, 'the end of the run')
    ;(Date.now() - before).should.be.below(3_000)
    getmeas().should.be.below(polls / 2)
  })

  it('takes the poll forward that somebody waits for', async () => {
    await startPolling()
    const before = Date.now()
    helper.getNode(`poll-${polls - 1}`).receive({ mine: 'clicked' })
    await bench.out.until(items => items.some(({ mine }) => mine === 'clicked'), 'the answer of the click')
    ;(Date.now() - before).should.be.below(3_000)
    getmeas().should.be.below(polls / 2)
  })

  const types = ['measures', 'activity', 'sleep', 'heart', 'devices'] as const
  for (const type of types)
    for (const [stored, minutes] of [
      [1, 10],
      [9, 10],
      [0.5, 10],
      [10, 10],
      [45, 45],
      [0, undefined]
    ] as const)
      it(`is asked by withings-${type} ${minutes ? `every ${minutes} minutes` : 'never'} with ${stored}`, async () => {
        const { setInterval } = globalThis
        const pauses: (number | undefined)[] = []
        globalThis.setInterval = ((run: () => void, ms?: number) => {
          pauses.push(ms)
          return setInterval(run, ms)
        }) as typeof setInterval
        try {
          await bench.load({ type: `withings-${type}`, schedule: stored })
        } finally {
          globalThis.setInterval = setInterval
        }
        pauses.should.eql(minutes === undefined ? [] : [minutes * 60_000])
        const warned = (bench.node as unknown as { warn: Spy }).warn.getCalls()
        const own = warned.filter(({ thisValue }) => thisValue === bench.node).map(({ args }) => args[0])
        own.should.eql(stored > 0 && stored < 10 ? ['schedule.raised'] : [])
      })
})

interface Spy {
  getCalls(): { thisValue: unknown; args: unknown[] }[]
}
