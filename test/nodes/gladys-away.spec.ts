import helper from 'node-red-node-test-helper'
import { once } from 'node:events'
import type { GladysStandIn } from '../gladys-stand-in'
import type { TestBroker } from '../support/broker'
import { useDeviceStateFlow } from '../support/device-state-flow'
import { useShortPauses } from '../support/short-pauses'

const minute = 60_000
const weight = (value: number, minutesAgo: number): object => ({
  ...{ device: 'mqtt:d', feature: 'mqtt:d:f', value },
  date: new Date(Date.now() - minutesAgo * minute).toISOString()
})

describe('a Gladys of which only the address is known', function () {
  this.timeout(60_000)
  let broker: TestBroker
  let gladys: GladysStandIn

  useShortPauses()
  const flow = useDeviceStateFlow({ create: 'none', person: '' })

  const load = (credentials: object = {}) => flow.load(credentials)
  const send = (...payload: object[]): void => flow.send(...payload)
  const report = (count: number) => flow.report(count)
  const log = (kind: 'error' | 'warn'): unknown[] =>
    (flow.server as unknown as Record<typeof kind, { args: unknown[][] }>)[kind].args.map(([first]) => first)
  async function status(expected: RegExp): Promise<void> {
    const latest = (): string =>
      (flow.state as unknown as { status: { args: [{ text: string }][] } }).status.args.at(-1)?.[0].text ?? ''
    while (!expected.test(latest())) await once(flow.state, 'call:status')
  }
  const values = (): string[] =>
    broker.published.items.map(({ topic, payload }) =>
      topic.endsWith('/state') ? `live ${payload}` : String((JSON.parse(payload) as { state: number }).state)
    )
  const pings = (): number => gladys.requests.filter(({ path }) => path === '/api/v1/ping').length

  beforeEach(() => {
    ;({ broker, gladys } = flow)
  })

  it('is waited for, gets what waited, and again as history what left a moment before', async () => {
    await load()
    log('error').should.eql([])
    send(weight(80, 1))
    await report(1).should.finally.match({ live: 1 })
    await gladys.until(() => pings() > 0, 'a ping')
    await gladys.stopHttp()
    await status(/^Gladys away, 0 waiting$/)
    flow.server.server.status.should.eql({ broker: 'connected', gladys: 'away', waiting: 0 })
    const [problem] = await flow.caught.count(1, 'the error')
    problem!.error.should.match({
      code: 'GLADYS_REFUSED',
      message: /does not answer any more \(ECONNREFUSED\)/
    })
    send(weight(81, 0))
    await report(2).should.finally.match({ live: 0, historical: 0, queued: 1 })
    await status(/^Gladys away, 1 waiting$/)
    values().should.eql(['live 80'])
    await gladys.startHttp()
    await broker.published.count(3, 'the values')
    values().should.eql(['live 80', 'live 81', '80'])
    await status(/^connected$/)
    flow.caught.items.length.should.equal(1)
  })

  it('is still waited for after a restart in the middle', async () => {
    await load()
    send(weight(80, 30))
    await report(1)
    await gladys.until(() => pings() > 0, 'a ping')
    await gladys.stopHttp()
    await status(/^Gladys away/)
    send(weight(81, 29))
    await report(2)
    await helper.unload()
    await load()
    flow.server.server.status.gladys.should.equal('away')
    await gladys.startHttp()
    await broker.published.count(3, 'the values')
    values().sort().should.eql(['80', '80', '81'])
  })

  it('is not waited for when it never answered, which is said once', async () => {
    await gladys.stopHttp()
    await load()
    send(weight(80, 30))
    await report(1).should.finally.match({ historical: 1 })
    while (log('warn').length === 0) await once(flow.server, 'call:warn')
    send(weight(81, 29))
    await report(2).should.finally.match({ historical: 1, queued: 0 })
    log('warn').should.match([/never|has not answered/])
    flow.server.server.status.gladys.should.equal('there')
    flow.caught.items.should.eql([])
  })

  for (const [name, credentials] of [
    ['e-mail', { password: 'x' }],
    ['password', { email: 'ada@example.org' }]
  ] as const)
    it(`is no login without ${name}, which is said, but is waited for`, async () => {
      await load(credentials)
      log('error').should.match([
        { code: 'NOT_CONFIGURED', message: /e-mail or password of Gladys is missing/ }
      ])
      send(weight(80, 30))
      await report(1)
      await gladys.until(() => pings() > 0, 'a ping')
    })

  it('is asked nothing while nothing goes out', async () => {
    await load()
    await status(/^connected$/)
    gladys.requests.should.eql([])
  })
})
