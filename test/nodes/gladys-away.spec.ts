import type { Node, NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SendReport } from '../../lib/gladys/sender'
import type { ServerNode } from '../../lib/red/gladys/server-node'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { type GladysStandIn, startGladys } from '../gladys-stand-in'
import { TestBroker } from '../support/broker'
import { Collected } from '../support/events'
import { useHurriedServer } from '../support/hurried-server'

interface Out extends NodeMessage {
  gladys: SendReport
}
interface Caught extends NodeMessage {
  error: { message: string; code: string }
}

helper.init(require.resolve('node-red'))

const LOGIN = { email: 'ada@example.org', password: 'right-password' }
const minute = 60_000
const weight = (value: number, minutesAgo: number): object => ({
  ...{ device: 'mqtt:d', feature: 'mqtt:d:f', value },
  date: new Date(Date.now() - minutesAgo * minute).toISOString()
})

describe('a Gladys of which only the address is known', function () {
  this.timeout(60_000)
  let broker: TestBroker
  let gladys: GladysStandIn
  let userDir: string
  let out: Collected<Out>
  let caught: Collected<Caught>

  async function load(credentials: object = {}, server: object = {}): Promise<void> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: gladys.url, ...server },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
        ...{ liveMinutes: 15, person: '', wires: [['out']] }
      },
      { id: 'out', type: 'helper', z: 'tab', wires: [] },
      { id: 'catcher', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', type: 'helper', z: 'tab', wires: [] }
    ]
    const catchNode = require('@node-red/nodes/core/common/25-catch.js') as typeof serverNode
    await helper.load([serverNode, deviceStateNode, catchNode], flow, { server: credentials })
    out = new Collected()
    caught = new Collected()
    helper.getNode('out').on('input', message => out.push(message as Out))
    helper.getNode('caught').on('input', message => caught.push(message as unknown as Caught))
  }
  const send = (...payload: object[]): void => helper.getNode('state').receive({ payload })
  const report = async (count: number): Promise<SendReport> =>
    (await out.count(count, `message ${count}`)).at(-1)!.gladys
  const state = (): Node => helper.getNode('state')
  const server = (): ServerNode => helper.getNode('server') as unknown as ServerNode
  const log = (kind: 'error' | 'warn'): unknown[] =>
    (server() as unknown as Record<typeof kind, { args: unknown[][] }>)[kind].args.map(([first]) => first)
  async function status(expected: RegExp): Promise<void> {
    const latest = (): string =>
      (state() as unknown as { status: { args: [{ text: string }][] } }).status.args.at(-1)?.[0].text ?? ''
    while (!expected.test(latest())) await once(state(), 'call:status')
  }
  const values = (): string[] =>
    broker.published.items.map(({ topic, payload }) =>
      topic.endsWith('/state') ? `live ${payload}` : String((JSON.parse(payload) as { state: number }).state)
    )
  const pings = (): number => gladys.requests.filter(({ path }) => path === '/api/v1/ping').length

  useHurriedServer()
  beforeEach(async () => {
    broker = await new TestBroker().start()
    gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN })
    userDir = mkdtempSync(join(tmpdir(), 'gladys-away-'))
    helper.settings({ userDir })
  })
  afterEach(async () => {
    await helper.unload()
    await gladys.close()
    await broker.stop()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('is waited for, gets what waited, and again as history what left a moment before', async () => {
    await load()
    log('error').should.eql([])
    send(weight(80, 1))
    await report(1).should.finally.match({ live: 1 })
    await gladys.until(() => pings() > 0, 'a ping')
    await gladys.stopHttp()
    await status(/^Gladys away, 0 waiting$/)
    server().server.status.should.eql({ broker: 'connected', gladys: 'away', waiting: 0 })
    const [problem] = await caught.count(1, 'the error')
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
    caught.items.length.should.equal(1)
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
    server().server.status.gladys.should.equal('away')
    await gladys.startHttp()
    await broker.published.count(3, 'the values')
    values().sort().should.eql(['80', '80', '81'])
  })

  it('is not waited for when it never answered, which is said once', async () => {
    await gladys.stopHttp()
    await load()
    send(weight(80, 30))
    await report(1).should.finally.match({ historical: 1 })
    while (log('warn').length === 0) await once(server(), 'call:warn')
    send(weight(81, 29))
    await report(2).should.finally.match({ historical: 1, queued: 0 })
    log('warn').should.match([/never|has not answered/])
    server().server.status.gladys.should.equal('there')
    caught.items.should.eql([])
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
