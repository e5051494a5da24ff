import { ERROR_CODES } from '../../lib/base/errors'
import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn } from '../support/log-in'
import { type FlowNode, NodeRed } from '../support/node-red'

interface Caught {
  error: { message: string; cause?: { code?: string }; source: { id: string } }
}

describe('bad input in a real Node-RED', function () {
  this.timeout(180_000)
  let simulator: Simulator
  let observers: TestBroker
  let nodeRed: NodeRed

  before(async () => {
    simulator = await startSimulator({ years: 1, people: ['Ada'] })
    observers = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    await logIn(nodeRed, simulator, 'account', { userId: simulator.people[0]?.userId as string })
    await logIn(nodeRed, simulator, 'wrong-secret', { userId: simulator.people[0]?.userId as string })
    simulator.tokens.expireAccess(simulator.people[0]?.userId as string)
    await nodeRed.deploy(flow(), {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret },
      'wrong-secret': { clientId: simulator.client.id, clientSecret: '0'.repeat(64) },
      unlinked: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    await observers.observed()
  })

  after(async () => {
    await nodeRed.dispose()
    await observers.stop()
    await simulator.close()
  })

  const trigger = (id: string, target: string): FlowNode => ({
    id,
    type: 'inject',
    z: 'tab',
    props: [],
    repeat: '',
    once: false,
    wires: [[target]]
  })
  const measures = (id: string, properties: object): FlowNode[] => [
    trigger(`inject-${id}`, id),
    { id, type: 'withings-measures', z: 'tab', schedule: 0, wires: [[]], ...properties }
  ]
  const gladys = (id: string, properties: object): FlowNode[] => [
    trigger(`inject-${id}`, id),
    { id, type: 'gladys-device-state', z: 'tab', create: 'none', wires: [[]], ...properties }
  ]
  const flow = (): FlowNode[] => [
    tab,
    accountNode(simulator),
    accountNode(simulator, { id: 'wrong-secret', name: 'Wrong secret' }),
    accountNode(simulator, { id: 'unlinked', name: 'Unlinked' }),
    accountNode(simulator, { id: 'empty', name: 'Without client id' }),
    { id: 'server', type: 'gladys-server', mqttUrl: observers.url, tls: '', httpUrl: '', rate: 100 },
    { id: 'nonsense', type: 'gladys-server', mqttUrl: 'gopher://nowhere', tls: '', httpUrl: '', rate: 100 },
    ...measures('linked', { account: 'account' }),
    ...measures('no-account', { account: '' }),
    ...measures('gone-account', { account: 'deleted' }),
    ...measures('no-client', { account: 'empty' }),
    ...measures('not-linked', { account: 'unlinked' }),
    ...measures('refused', { account: 'wrong-secret' }),
    ...gladys('state', { server: 'server' }),
    ...gladys('no-server', { server: '' }),
    ...gladys('bad-server', { server: 'nonsense' }),
    { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors-wrap']] },
    ...observer(observers, 'errors', 'test/errors')
  ]

  const caught = () => observers.on('test/errors').map(({ payload }) => (JSON.parse(payload) as Caught).error)

  const expectCode = async (node: string, msg: Record<string, unknown>, code: string) => {
    const before = caught().length
    await nodeRed.inject(`inject-${node}`, msg)
    const error = await observers.published.until(
      () =>
        caught()
          .slice(before)
          .find(({ source }) => source.id === node),
      `an error of ${node}`,
      40_000
    )
    ERROR_CODES.should.containEql(code)
    ;(error.cause?.code ?? '').should.equal(code, `${node} ${JSON.stringify(msg)}: ${error.message}`)
    error.message.should.match(/[A-Z].{25,}/)
    error.message.should.not.match(/__\w+__|undefined|\[object/)
  }

  const garbage: unknown[] = [
    'weight',
    42,
    null,
    { type: 'weight' },
    { type: 'weight', value: 'heavy', userId: '1', date: 'yesterday' },
    [1, 2, 3],
    { device: 'a/b', feature: 'c', value: 1 },
    { device: 'mqtt:x', feature: 'mqtt:x:+', value: 1 },
    { latest: { type: 'weight' } },
    [[[[[[[[]]]]]]]]
  ]
  for (const payload of garbage) {
    it(`answers ${JSON.stringify(payload)} to Gladys with BAD_INPUT`, () =>
      expectCode('state', { payload }, 'BAD_INPUT'))
  }

  const overrides: Record<string, unknown>[] = [
    { types: ['weigth'] },
    { mode: 'everything' },
    { startDate: '2026-02-01', endDate: '2026-01-01' },
    { startDate: 'yesterday' },
    { types: [{}] }
  ]
  for (const override of overrides) {
    it(`answers ${JSON.stringify(override)} to measures with BAD_INPUT`, () =>
      expectCode('linked', override, 'BAD_INPUT'))
  }

  const setups: [string, string][] = [
    ['no-account', 'NOT_CONFIGURED'],
    ['gone-account', 'NOT_CONFIGURED'],
    ['no-client', 'NOT_CONFIGURED'],
    ['not-linked', 'LOGIN_NEEDED'],
    ['refused', 'NOT_CONFIGURED'],
    ['no-server', 'NOT_CONFIGURED'],
    ['bad-server', 'NOT_CONFIGURED']
  ]
  for (const [node, code] of setups) {
    it(`answers a message to ${node} with ${code}`, () => expectCode(node, { payload: [] }, code))
  }

  it('asks Withings once with keys that it refuses', async () => {
    const asked = () =>
      simulator.requests.filter(({ params }) => params.client_secret === '0'.repeat(64)).length
    const before = asked()
    await expectCode('refused', {}, 'NOT_CONFIGURED')
    asked().should.equal(before)
  })

  it('has survived all that', () => {
    nodeRed.isRunning.should.be.true()
  })
})
