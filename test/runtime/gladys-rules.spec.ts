import type { ImportState } from '../../lib/gladys/import/state'
import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn, loginBody } from '../support/log-in'
import { type FlowNode, NodeRed } from '../support/node-red'

describe('the rules of a history import in a real Node-RED', function () {
  this.timeout(240_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let ada: string
  let servers = 0

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], requestsPerMinute: 10_000, years: 0.1 })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    ada = simulator.people.find(person => person.name === 'Ada')?.userId as string
    const body = { ...loginBody(simulator, nodeRed), scopes: ['user.info', 'user.metrics'] }
    await logIn(nodeRed, simulator, 'account', { userId: ada }, body)
  })
  after(async () => {
    await nodeRed?.dispose()
    await broker?.stop()
    await simulator?.close()
  })

  const measures = (id: string, units: string, more: object = {}): FlowNode => ({
    ...{ id, type: 'withings-measures', z: 'tab', x: 100, y: 100, account: 'account', units },
    ...{ schedule: 0, wires: [[]], ...more }
  })
  const imperial = (more: object = {}) => measures('lb', 'imperial', more)
  const metric = (more: object = {}) => measures('kg', 'metric', { wires: [['function']], ...more })
  const intoGladys = { wires: [['function']] }

  /** A new server each time: a feature keeps the unit that it was made with. */
  const gladys = (): FlowNode[] => [
    accountNode(simulator),
    ...observer(broker, 'progress', 'test/import'),
    {
      ...{ id: `server${(servers += 1)}`, type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '' },
      rate: 100_000
    },
    {
      ...{ id: 'function', type: 'function', z: 'tab', x: 200, y: 100, func: 'return msg', outputs: 1 },
      wires: [['state']]
    },
    {
      ...{ id: 'state', type: 'gladys-device-state', z: 'tab', x: 300, y: 100, server: `server${servers}` },
      ...{ create: 'none', wires: [[], ['progress-wrap']] }
    }
  ]

  async function imported(flow: FlowNode[]): Promise<number[]> {
    const { client } = simulator
    await nodeRed.deploy([tab, ...flow], { account: { clientId: client.id, clientSecret: client.secret } })
    await broker.observed()
    const { length } = broker.published.items
    const answer = await nodeRed.admin('withings/imports', {
      method: 'POST',
      body: JSON.stringify({ node: 'state', account: 'account' })
    })
    answer.status.should.equal(201)
    const { id } = (await answer.json()) as ImportState
    await broker.published.until(
      all =>
        all.slice(length).find(({ topic, payload }) => {
          if (topic !== 'test/import') return false
          const told = (JSON.parse(payload) as { payload: { import: string; state: string } }).payload
          return told.import === id && told.state === 'done'
        }),
      'the end of the import',
      60_000
    )
    return broker.published.items
      .slice(length)
      .filter(({ topic }) => topic.includes(':weight/'))
      .map(({ payload }) => JSON.parse(payload) as { state: number; created_at: string })
      .sort((a, b) => a.created_at.localeCompare(b.created_at))
      .map(({ state }) => state)
  }
  const kilograms = () =>
    simulator
      .expectedReadings(ada)
      .filter(({ meastype, attrib }) => meastype === 1 && attrib !== 1)
      .sort((a, b) => a.date - b.date)
      .map(({ value }) => Number(value))

  const off: FlowNode = { id: 'off', type: 'tab', disabled: true }
  const subflow: FlowNode = { id: 'sub', type: 'subflow', name: 'Unused', in: [], out: [], env: [] }
  for (const [where, flow] of [
    ['wired to a chart and first', () => [imperial(), metric(), ...gladys()]],
    ['wired to a chart and last', () => [...gladys(), metric(), imperial()]],
    ['disabled', () => [imperial({ d: true, ...intoGladys }), metric(), ...gladys()]],
    ['on a disabled tab', () => [off, imperial({ z: 'off', ...intoGladys }), metric(), ...gladys()]],
    ['in a subflow that nobody uses', () => [subflow, imperial({ z: 'sub' }), metric(), ...gladys()]]
  ] as const)
    it(`are metric where an imperial node is ${where}`, async () => {
      kilograms().length.should.be.above(3)
      ;(await imported(flow())).should.eql(kilograms())
    })

  it('are those of an imperial node that is wired to Gladys by links and a subflow', async () => {
    const at = { z: 'tab', x: 50, y: 50 }
    const inside = { z: 'sub', x: 50, y: 50 }
    const flow = [
      { ...subflow, in: [{ wires: [{ id: 'inner' }] }], out: [{ wires: [{ id: 'inner', port: 0 }] }] },
      { id: 'inner', type: 'junction', ...inside, wires: [[]] },
      { id: 'instance', type: 'subflow:sub', ...at, wires: [['out']] },
      { id: 'out', type: 'link out', ...at, mode: 'link', links: ['in'], wires: [] },
      { id: 'in', type: 'link in', ...at, links: ['out'], wires: [['function']] },
      ...[imperial({ wires: [['instance']] }), metric({ wires: [[]] }), ...gladys()]
    ]
    const pounds = kilograms().map(value => Math.round((value / 0.45359237) * 1e4) / 1e4)
    ;(await imported(flow)).should.eql(pounds)
  })
})
