import type { Node, NodeMessage } from 'node-red'
import helper, { type TestFlowsItem } from 'node-red-node-test-helper'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SendReport } from '../../lib/gladys/sender'
import { rememberAccountName } from '../../lib/red/accounts/account-node'
import type { ServerNode } from '../../lib/red/gladys/server-node'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { Inbox } from '../support/inbox'
import { PubackBroker } from '../support/puback-broker'
import { useShortPauses } from '../support/short-pauses'

interface Out extends NodeMessage {
  gladys: SendReport
  mine?: string
}
interface Caught extends NodeMessage {
  error: { message: string; code: string; cause: { code: string }; source: { id: string } }
}

helper.init(require.resolve('node-red'))

const minute = 60_000
const weight = (value: number, minutesAgo = 1): object => ({
  type: 'weight',
  value,
  unit: 'kg',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date: new Date(Date.now() - minutesAgo * minute).toISOString()
})

describe('gladys-server and gladys-device-state', () => {
  let broker: PubackBroker
  let userDir: string
  let out: Inbox<Out>
  let caught: Inbox<Caught>
  let complete: Inbox<NodeMessage>

  async function load(
    state: object = {},
    server: object = {},
    credentials: object = {},
    more: TestFlowsItem[] = []
  ): Promise<void> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'tab' },
      {
        id: 'server',
        type: 'gladys-server',
        name: '',
        mqttUrl: broker.url,
        tls: '',
        httpUrl: '',
        rate: 100,
        ...server
      },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create: 'none',
        liveMinutes: 15,
        person: '',
        wires: [['out']],
        ...state
      },
      ...more,
      { id: 'out', type: 'helper', z: 'tab', wires: [] },
      { id: 'catcher', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', type: 'helper', z: 'tab', wires: [] },
      { id: 'completer', type: 'complete', z: 'tab', scope: ['state'], wires: [['completed']] },
      { id: 'completed', type: 'helper', z: 'tab', wires: [] }
    ]
    const core = ['catch', 'complete'].map(
      name =>
        require(
          `@node-red/nodes/core/common/${name === 'catch' ? '25-catch' : '24-complete'}.js`
        ) as typeof serverNode
    )
    await helper.load([serverNode, deviceStateNode, ...core], flow, { server: credentials })
    out = new Inbox(helper.getNode('out'))
    caught = new Inbox(helper.getNode('caught'))
    complete = new Inbox(helper.getNode('completed'))
  }
  const state = (): Node => helper.getNode('state')
  const send = (payload: unknown, more: object = {}): void => state().receive({ payload, ...more })

  /** Texts of the statuses so far; without a catalogue they are the fallbacks. */
  function statuses(): string[] {
    const { args } = (state() as unknown as { status: { args: [{ text: string }][] } }).status
    return args.map(([status]) => status.text)
  }
  async function status(expected: RegExp): Promise<void> {
    while (!expected.test(statuses().at(-1) ?? '')) await once(state(), 'call:status')
  }

  useShortPauses()

  beforeEach(async () => {
    broker = await new PubackBroker().start()
    userDir = mkdtempSync(join(tmpdir(), 'gladys-node-'))
    helper.settings({ userDir })
  })
  afterEach(async () => {
    await helper.unload()
    await broker.stop()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('sends readings, passes the message on and completes', async () => {
    await load()
    send([weight(80), weight(82.05, 60)], { topic: 'mine', mine: 'kept' })
    const [message] = await out.take(1)
    message!.gladys.should.eql({ live: 1, historical: 1, queued: 0, created: [], skipped: [] })
    message!.should.match({ topic: 'mine', mine: 'kept' })
    await complete.take(1)
    broker.seen
      .map(({ topic, payload }) => [topic.split('/').at(-1), payload])
      .should.match([
        ['historical', /^{"state":82.05,/],
        ['state', '80']
      ])
    broker.seen[1]!.should.match({
      topic: 'gladys/master/device/mqtt:withings:12:abc/feature/mqtt:withings:12:abc:weight/state',
      retain: false,
      qos: 1
    })
    statuses().at(-1)!.should.equal('1 live, 1 historical')
    caught.messages.should.eql([])
  })

  it('announces with discovery, named after the linked account or the person', async () => {
    rememberAccountName('account', '12', 'Ada')
    await load({ create: 'discovery' })
    send(weight(80))
    const [message] = await out.take(1)
    message!.gladys.created.should.eql([
      'homeassistant:withings-12-abc',
      'homeassistant:withings-12-abc:sensor:withings-12-abc:weight'
    ])
    broker.seen[0]!.should.match({ topic: 'homeassistant/device/withings-12-abc/config', retain: true })
    broker.seen[0]!.payload.should.match(/"name":"Body Scan \(Ada\)"/)
    broker.seen[1]!.should.match({ topic: 'withings/12/abc/weight', payload: '80' })
    await helper.unload()
    await load({ create: 'discovery', person: ' Grace ' })
    send(weight(81))
    await out.take(1)
    broker.seen[2]!.payload.should.match(/"name":"Body Scan \(Grace\)"/)
    await helper.unload()
    rememberAccountName('account', '12', '')
    await load({ create: 'discovery' })
    send(weight(82, 0))
    await out.take(1)
    broker.seen[4]!.payload.should.match(/"name":"Body Scan"/)
  })

  it('handles two quick messages in order, and sends nothing twice', async () => {
    await load()
    const same = weight(80)
    send(same)
    send([same, weight(81, 0)])
    const [first, second] = await out.take(2)
    first!.gladys.should.match({ live: 1, skipped: { length: 0 } })
    second!.gladys.should.match({ live: 1, skipped: [{ reason: 'already_queued' }] })
    broker.seen.map(({ payload }) => payload).should.eql(['80', '81'])
    await complete.take(2)
  })

  it('remembers over a restart what was sent and announced', async () => {
    const same = weight(80)
    await load({ create: 'discovery' })
    send(same)
    await out.take(1)
    readdirSync(join(userDir, 'withings-gladys', 'server')).length.should.equal(4)
    await helper.unload()
    await load({ create: 'discovery' })
    send(same)
    const [message] = await out.take(1)
    message!.gladys.should.match({ live: 0, created: { length: 0 }, skipped: [{ reason: 'already_sent' }] })
  })

  it('waits for the acknowledgement of the broker', async () => {
    broker.acknowledging = false
    await load()
    send(weight(80))
    await broker.published(1)
    out.messages.should.eql([])
    await broker.stop()
    const [message] = await out.take(1)
    message!.gladys.should.match({ live: 0, queued: 1 })
  })

  it('has every message on disk while the broker still owes the acknowledgement of the first', async function () {
    this.timeout(60_000)
    broker.acknowledging = false
    await load()
    const waiting = () => (helper.getNode('server') as unknown as ServerNode).server.status.waiting
    send(weight(80))
    await broker.published(1)
    for (let minutes = 2; minutes <= 300; minutes++) send(weight(80, minutes))
    while (waiting() < 300) await nextTurn()
    out.messages.should.eql([])
    await helper.unload()
    broker.acknowledging = true
    await load()
    await status(/^connected$/)
    new Set(broker.seen.map(({ payload }) => payload)).size.should.equal(300)
  })

  it('queues while the broker is away, says so once, and sends in order when it is back', async () => {
    await broker.stop()
    await load()
    send([weight(80, 2), weight(81, 60)])
    send(weight(82, 1))
    const messages = await out.take(2)
    messages.map(({ gladys }) => gladys.queued).should.eql([2, 1])
    await complete.take(2)
    await status(/3 waiting/)
    const [problem] = await caught.take(1)
    problem!.error.should.match({
      code: 'BROKER_UNREACHABLE',
      cause: { code: 'BROKER_UNREACHABLE' },
      source: { id: 'server' }
    })
    await broker.start()
    await broker.published(3)
    broker.seen.map(({ payload }) => payload).should.match([/"state":81/, '80', '82'])
    await status(/^connected$/)
    caught.messages.length.should.equal(1)
  })

  it('sends after a restart what waited, without a new message, and shows how much it is', async () => {
    await broker.stop()
    await load({ create: 'discovery' })
    send([weight(80, 2), weight(81, 60)])
    await out.take(1)
    await helper.unload()
    await load({ create: 'discovery' })
    await status(/3 waiting/)
    await broker.start()
    await broker.published(3)
    broker.seen
      .map(({ topic, payload }) => [topic.split('/')[0], payload])
      .should.match([['homeassistant'], ['gladys', /"state":81/], ['withings', '80']])
    await status(/^connected$/)
    await helper.unload()
    await load({ create: 'discovery' })
    send([weight(82, 0)])
    await out.take(1)
    broker.seen
      .slice(3)
      .map(({ topic }) => topic.split('/')[0])
      .should.eql(['homeassistant', 'withings'])
  })

  it('announces again what a broker may have lost that was away', async () => {
    await load({ create: 'discovery' })
    send([weight(80), { ...weight(81), deviceId: 'def' }])
    await out.take(1)
    await broker.stop()
    await status(/waiting/)
    await broker.start()
    await broker.published(6)
    const devices = ['abc', 'def'].map(device => `homeassistant/device/withings-12-${device}/config`)
    broker.seen.slice(4).should.match(devices.map(topic => ({ topic, retain: true })))
    broker.seen[4]!.payload.should.equal(broker.seen[0]!.payload)
    send(weight(82, 0))
    await broker.published(7)
    broker.seen[6]!.topic.should.equal('withings/12/abc/weight')
  })

  it('sends what waited also when no node uses the server any more', async () => {
    await broker.stop()
    await load()
    send(weight(80))
    await out.take(1)
    await helper.unload()
    await load({ server: '' })
    await broker.start()
    await broker.published(1)
  })

  it('says it once to each tab, however many nodes of that use the server', async () => {
    await broker.stop()
    const another = (id: string, z: string) => ({
      ...{ id, z, type: 'gladys-device-state', server: 'server', create: 'none' },
      ...{ liveMinutes: 15, person: '', wires: [[]] }
    })
    const tab2: TestFlowsItem = { id: 'tab2', type: 'tab' }
    await load({}, {}, {}, [another('same tab', 'tab'), tab2, another('other tab', 'tab2')])
    await caught.take(1)
    send('nonsense')
    const [, next] = await caught.take(2)
    next!.error.code.should.equal('BAD_INPUT')
    const { users } = helper.getNode('server') as Node & { users: Record<string, Node> }
    Object.values(users)
      .map(({ z }) => z)
      .should.eql(['tab', 'tab2'])
  })

  it('says it again for the next outage', async () => {
    await load()
    await status(/^connected$/)
    for (let outage = 1; outage <= 2; outage++) {
      await broker.stop()
      await caught.take(outage)
      await status(/0 waiting/)
      await broker.start()
      await status(/^connected$/)
    }
    caught.messages.map(({ error }) => error.code).should.eql(['BROKER_UNREACHABLE', 'BROKER_UNREACHABLE'])
  })

  it('tells Catch what is wrong with the input, and goes on', async () => {
    await load()
    send({ ...weight(80), deviceId: 'a/b' })
    send('nonsense')
    send(weight(80))
    const problems = await caught.take(2)
    problems.map(({ error }) => error.code).should.eql(['BAD_INPUT', 'BAD_INPUT'])
    problems[0]!.error.should.match({
      cause: { code: 'BAD_INPUT' },
      message: /deviceId/,
      source: { id: 'state' }
    })
    await out.take(1)
    out.messages.length.should.equal(1)
  })

  it('refuses a message that does not fit, as a whole', async () => {
    // In memory less may wait than on disk.
    helper.settings({})
    await broker.stop()
    await load()
    const many = Array.from({ length: 10_001 }, (_, index) => ({
      device: 'd',
      feature: 'f',
      value: 1,
      date: index
    }))
    const [outage] = await caught.take(1)
    outage!.error.code.should.equal('BROKER_UNREACHABLE')
    send(many)
    const [, refusal] = await caught.take(2)
    refusal!.error.code.should.equal('OUTBOX_FULL')
    send(many.slice(1))
    const [message] = await out.take(1)
    message!.gladys.queued.should.equal(10_000)
  })

  it('passes an empty list on', async () => {
    await load()
    send([])
    const [message] = await out.take(1)
    message!.gladys.should.eql({ live: 0, historical: 0, queued: 0, created: [], skipped: [] })
  })

  it('uses user and password', async () => {
    await broker.stop()
    broker = await new PubackBroker({ username: 'gladys', password: 'right' }).start()
    await load({}, {}, { mqttUsername: 'gladys', mqttPassword: 'right' })
    send(weight(80))
    const [message] = await out.take(1)
    message!.gladys.live.should.equal(1)
  })

  it('keeps the password out of what it says', async () => {
    await broker.stop()
    broker = await new PubackBroker({ username: 'gladys', password: 'right' }).start()
    await load({}, {}, { mqttUsername: 'gladys', mqttPassword: 'wrong-secret' })
    const [problem] = await caught.take(1)
    problem!.error.code.should.equal('BROKER_UNREACHABLE')
    JSON.stringify([problem!.error.message, statuses()]).should.not.match(/secret/)
  })

  const unusable: [string, object, object, RegExp][] = [
    ['no server', { server: '' }, {}, /no Gladys server/],
    ['a server that does not exist', { server: 'nobody' }, {}, /no Gladys server/],
    ['another node as server', { server: 'out' }, {}, /no Gladys server/],
    ['a server without an address', {}, { mqttUrl: '' }, /no usable MQTT address/],
    ['a server with a wrong address', {}, { mqttUrl: 'http://host' }, /no usable MQTT address/],
    ['a TLS configuration and an address in the clear', {}, { tls: 'tls' }, /no usable MQTT address/],
    ['devices to be created without a login', { create: 'http' }, {}, /address, e-mail and password/],
    ['an unknown way of creation', { create: 'magic' }, {}, /discovery, http or none/]
  ]
  for (const [name, stateConfig, serverConfig, message] of unusable)
    it(`says NOT_CONFIGURED with ${name}`, async () => {
      await load(stateConfig, serverConfig)
      statuses().should.eql(['not configured'])
      send(weight(80))
      const [problem] = await caught.take(1)
      problem!.error.should.match({ code: 'NOT_CONFIGURED', cause: { code: 'NOT_CONFIGURED' }, message })
      out.messages.should.eql([])
      broker.seen.should.eql([])
    })

  it('works without a directory, and says that it will forget', async () => {
    helper.settings({})
    await load()
    const { args } = (helper.getNode('server') as unknown as { warn: { args: [string][] } }).warn
    args.length.should.equal(1)
    args[0]![0].should.match(/forgotten at a restart/)
    send(weight(80))
    await out.take(1)
  })

  it('keeps its memory inside its directory whatever the id', async () => {
    await load({ server: '../../x' }, { id: '../../x' })
    send(weight(80))
    await out.take(1)
    readdirSync(join(userDir, 'withings-gladys')).should.eql(['______x'])
  })

  it('leaves the broker when it is closed, also with states on their way', async () => {
    broker.acknowledging = false
    await load()
    send(weight(80))
    await broker.published(1)
    const gone = once(broker, 'gone')
    await helper.unload()
    await gone
    broker.clients.should.equal(0)
  })
})
