import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SendReport } from '../../lib/gladys/sender'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import type { BrokerSetup, Published } from '../support/broker'
import { type Certificates, hasOpenssl, makeCertificates } from '../support/certificates'
import { Collected } from '../support/events'
import { brokerKinds, type GladysBroker } from '../support/gladys-brokers'
import { useShortPauses } from '../support/short-pauses'

helper.init(require.resolve('node-red'))

interface Out extends NodeMessage {
  gladys: SendReport
}
interface Caught extends NodeMessage {
  error: { code: string; message: string }
}

const FEATURES = ['weight', 'pulse', 'fat']
const COUNT = 300
const credentials = { mqttUsername: 'gladys', mqttPassword: 'right' }
const login = { username: 'gladys', password: 'right' }

/** Readings of long ago, their value counts up. */
const readings = (from = 0, to = COUNT): object[] =>
  Array.from({ length: to - from }, (_, index) => ({
    device: 'd',
    feature: FEATURES[(from + index) % FEATURES.length],
    value: from + index,
    date: 1_700_000_000 + (from + index) * 60
  }))

/** Values by feature in the order in which they came first; what comes again is no fault with QoS 1. */
function valuesOf(published: readonly Published[]): number[][] {
  const values = FEATURES.map(feature =>
    published
      .filter(({ topic }) => topic.split('/')[5] === feature)
      .map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
  )
  return values.map(all => [...new Set(all)])
}

/** They are many: of each feature the newest goes first. */
const everything = FEATURES.map((_, offset) => {
  const all = Array.from({ length: COUNT / FEATURES.length }, (_, index) => index * FEATURES.length + offset)
  return [...all.slice(-1), ...all.slice(0, -1)]
})

const tlsNode = require('@node-red/nodes/core/network/05-tls.js') as typeof serverNode
const catchNode = require('@node-red/nodes/core/common/25-catch.js') as typeof serverNode

for (const kind of brokerKinds())
  describe(`Gladys on ${kind.name}`, () => {
    let broker: GladysBroker
    let userDir: string
    let reports: Collected<SendReport>
    let errors: Collected<Caught['error']>
    let subscribers: MqttClient[]

    async function start(setup: BrokerSetup = {}): Promise<void> {
      broker = kind.make(setup)
      await broker.start()
    }

    async function load(server: object = {}, secrets: object = {}, tls: object = {}): Promise<void> {
      const flow = [
        { id: 'tab', type: 'tab', label: 'tab' },
        {
          id: 'tls',
          type: 'tls-config',
          name: '',
          cert: '',
          key: '',
          ca: '',
          verifyservercert: true,
          ...tls
        },
        { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', rate: 2000, ...server },
        {
          ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
          ...{ liveMinutes: 15, person: '', wires: [['out']] }
        },
        { id: 'out', type: 'helper', z: 'tab', wires: [] },
        { id: 'catcher', type: 'catch', z: 'tab', scope: null, wires: [['caught']] },
        { id: 'caught', type: 'helper', z: 'tab', wires: [] }
      ]
      await helper.load([serverNode, deviceStateNode, tlsNode, catchNode], flow, { server: secrets })
      reports = new Collected()
      errors = new Collected()
      helper.getNode('out').on('input', message => reports.push((message as Out).gladys))
      helper.getNode('caught').on('input', message => errors.push((message as Caught).error))
    }
    const send = (payload: unknown): void => helper.getNode('state').receive({ payload })
    const complete = (published: Collected<Published>): Promise<unknown> =>
      published.until(items => valuesOf(items).flat().length >= COUNT, 'all values')

    /** Not connected yet: a session may begin with what waited for it. */
    function subscriber(options: IClientOptions): { client: MqttClient; got: Collected<Published> } {
      const client = connect(broker.plainUrl, options)
      const got = new Collected<Published>()
      client.on('message', (topic, payload, { retain, qos }) =>
        got.push({ topic, payload: payload.toString(), retain, qos })
      )
      subscribers.push(client)
      return { client, got }
    }

    const connected = (client: MqttClient): Promise<void> =>
      new Promise(resolve => client.once('connect', () => resolve()))

    useShortPauses()
    beforeEach(() => {
      userDir = mkdtempSync(join(tmpdir(), 'gladys-brokers-'))
      helper.settings({ userDir })
      subscribers = []
    })
    afterEach(async () => {
      await helper.unload()
      await Promise.all(subscribers.map(client => client.endAsync(true)))
      await broker.dispose()
      rmSync(userDir, { recursive: true, force: true })
    })

    it('logs in with user and password', async () => {
      await start({ login })
      await load({}, credentials)
      send(readings())
      await reports.count(1, 'the report')
      reports.items[0]?.should.match({ historical: COUNT, queued: 0 })
      await complete(broker.published)
      valuesOf(broker.published.items).should.eql(everything)
      errors.items.should.eql([])
    })

    const withLogin = (user: string, password: string): string =>
      broker.url.replace('://', `://${user}:${password}@`)

    for (const [name, address, secrets] of [
      ['in the address', () => ` ${withLogin('gladys', 'right')} `, {}],
      [
        'in the address before others',
        () => withLogin('gladys', 'right'),
        { mqttUsername: 'a', mqttPassword: 'b' }
      ],
      [
        'with blanks around user and address',
        () => ` ${broker.url}\n`,
        { mqttUsername: ' gladys\t', mqttPassword: 'right' }
      ]
    ] as const)
      it(`logs in with user and password ${name}`, async () => {
        await start({ login })
        await load({ mqttUrl: address() }, secrets)
        send(readings(0, 3))
        await reports.count(1, 'the report')
        reports.items[0]?.should.match({ historical: 3, queued: 0 })
        errors.items.should.eql([])
      })

    it('tells nobody user and password that stand in the address', async () => {
      await start({ login })
      await load({ mqttUrl: withLogin('somebody', 'wrong-secret') })
      send(readings())
      const [error] = await errors.count(1, 'the error')
      error?.code.should.equal('BROKER_UNREACHABLE')
      await helper.unload()
      await load({ mqttUrl: 'mqtt://somebody:wrong-secret@host:port' })
      send(readings())
      await errors.count(1, 'the error of an address that is none')
      const log = (helper.log() as unknown as { args: unknown[][] }).args
      ;[JSON.stringify(errors.items), JSON.stringify(log), error?.message]
        .join()
        .should.not.match(/somebody|wrong-secret/)
    })

    it('says BROKER_UNREACHABLE with a wrong password, and keeps what waits', async () => {
      await start({ login })
      await load({}, { ...credentials, mqttPassword: 'wrong-secret' })
      send(readings())
      const [error] = await errors.count(1, 'the error')
      error?.code.should.equal('BROKER_UNREACHABLE')
      error?.message.should.not.match(/secret/)
      await reports.count(1, 'the report')
      reports.items[0]?.queued.should.equal(COUNT)
      await helper.unload()
      await load({}, credentials)
      await complete(broker.published)
      valuesOf(broker.published.items).should.eql(everything)
    })

    it('goes on after connections that break while it sends', async function () {
      // What was on its way is repeated ten seconds later.
      this.timeout(60_000)
      await start()
      await load()
      send(readings())
      for (const sofar of [40, 120]) {
        await broker.published.count(sofar, 'the first values')
        broker.cut()
        await errors.count(sofar === 40 ? 1 : 2, 'the error')
      }
      await complete(broker.published)
      valuesOf(broker.published.items).should.eql(everything)
      broker.published.items.length.should.be.belowOrEqual(COUNT + 2 * 20)
    })

    it('goes on after a broker that dies while it sends', async () => {
      await start()
      await load({ rate: 500 })
      send(readings())
      await broker.published.count(100, 'the first values')
      await broker.stop()
      await errors.count(1, 'the error')
      await broker.start()
      await complete(broker.published)
      valuesOf(broker.published.items).should.eql(everything)
      broker.published.items.length.should.be.belowOrEqual(COUNT + 20)
    })

    it('does not wait for a subscriber who is slow', async () => {
      await start()
      const held: (() => void)[] = []
      const { client, got } = subscriber({ clientId: 'slow' })
      let slow = true
      client.handleMessage = (_packet, done) => void (slow ? held.push(done) : done())
      await connected(client)
      await client.subscribeAsync('gladys/#', { qos: 1 })
      await load()
      send(readings())
      const [report] = await reports.count(1, 'the report')
      report?.should.match({ historical: COUNT, queued: 0 })
      got.items.length.should.be.below(COUNT)
      slow = false
      held.forEach(done => done())
      await complete(got)
      valuesOf(got.items).should.eql(everything)
    })

    it('reaches a subscriber with a session who was away', async () => {
      await start()
      const session: IClientOptions = { clientId: 'gladys', clean: false }
      const { client } = subscriber(session)
      await connected(client)
      await client.subscribeAsync('gladys/#', { qos: 1 })
      await client.endAsync()
      await load()
      send(readings())
      await reports.count(1, 'the report')
      const { got } = subscriber(session)
      await complete(got)
      valuesOf(got.items).should.eql(everything)
      got.items.every(({ qos }) => qos === 1).should.be.true()
    })

    if (hasOpenssl())
      describe('with TLS', () => {
        let directory: string
        let tls: Certificates

        before(() => {
          directory = mkdtempSync(join(tmpdir(), 'gladys-tls-'))
          tls = makeCertificates(directory)
        })
        after(() => rmSync(directory, { recursive: true, force: true }))

        it('trusts the authority of the tls-config node', async () => {
          await start({ tls, login })
          await load({ tls: 'tls' }, credentials, { ca: tls.ca })
          send(readings(0, 3))
          const [report] = await reports.count(1, 'the report')
          report?.historical.should.equal(3)
          errors.items.should.eql([])
        })

        it('says BROKER_UNREACHABLE with another authority', async () => {
          const other = mkdtempSync(join(directory, 'other-'))
          await start({ tls, login })
          await load({ tls: 'tls' }, credentials, { ca: makeCertificates(other).ca })
          send(readings(0, 3))
          const [error] = await errors.count(1, 'the error')
          error?.code.should.equal('BROKER_UNREACHABLE')
          const [report] = await reports.count(1, 'the report')
          report?.queued.should.equal(3)
          broker.published.items.should.eql([])
        })
      })
  })
