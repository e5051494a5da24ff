import type { Reading } from '../../lib/withings/readings/reading'
import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn } from '../support/log-in'
import { type FlowNode, NodeRed } from '../support/node-red'

interface Historical {
  state: number
  created_at: string
}

describe('measures to Gladys in a real Node-RED', function () {
  this.timeout(180_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let ada: string

  beforeEach(async () => {
    simulator = await startSimulator({ years: 1, pageSize: 60, people: ['Ada'] })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    ada = simulator.people.find(person => person.name === 'Ada')?.userId as string
    await logIn(nodeRed, simulator, 'account', { userId: ada })
  })

  afterEach(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })

  const deploy = async (create: string, measures: object = {}) => {
    const flow: FlowNode[] = [
      tab,
      accountNode(simulator),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 5000 },
      {
        id: 'inject',
        type: 'inject',
        z: 'tab',
        props: [],
        repeat: '',
        once: false,
        wires: [['measures', 'devices']]
      },
      {
        id: 'measures',
        type: 'withings-measures',
        z: 'tab',
        account: 'account',
        mode: 'all',
        schedule: 0,
        output: 'batch',
        ambiguous: 'include',
        wires: [['state', 'readings-wrap']],
        ...measures
      },
      {
        id: 'devices',
        type: 'withings-devices',
        z: 'tab',
        account: 'account',
        schedule: 0,
        wires: [['state']]
      },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create,
        wires: [['report-wrap']]
      },
      ...observer(broker, 'readings', 'test/readings'),
      ...observer(broker, 'report', 'test/report').slice(1)
    ]
    await nodeRed.deploy(flow, {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    await broker.observed()
  }

  const reports = () =>
    broker
      .on('test/report')
      .map(({ payload }) => (JSON.parse(payload) as { gladys: Record<string, unknown> }).gladys)

  it('gives Gladys each value that the simulator holds, dated, once, also after a SIGKILL', async () => {
    await deploy('none')
    await nodeRed.inject('inject')
    await broker.published.until(() => reports().length === 2 || undefined, 'both reports', 60_000)
    const [message] = broker.on('test/readings')
    const readings = JSON.parse(message?.payload ?? '[]') as Reading[]
    simulator.requests.filter(({ action }) => action === 'getmeas').length.should.be.aboveOrEqual(3)
    readings.length.should.equal(simulator.expectedReadings(ada).length)

    const states = broker.on('gladys/master/device/')
    const wanted = new Set(readings.map(reading => `${featureOf(reading)} ${reading.date} ${reading.value}`))
    const historical = states.filter(({ topic }) => topic.endsWith('/historical'))
    const live = states.filter(({ topic }) => topic.endsWith('/state'))
    for (const { topic, payload, qos, retain } of historical) {
      qos.should.equal(1)
      retain.should.be.false()
      const { state, created_at: date } = JSON.parse(payload) as Historical
      const feature = topic.split('/')[5] as string
      if (!feature.endsWith(':battery'))
        wanted.delete(`${feature} ${date} ${state}`).should.be.true(topic + payload)
    }
    live.some(({ topic, payload }) => topic.endsWith(':weight/state') && payload === '82.05').should.be.true()
    for (const { topic, payload } of live) {
      const feature = topic.split('/')[5] as string
      const match = [...wanted].find(key => key.startsWith(`${feature} `) && key.endsWith(` ${payload}`))
      if (match !== undefined) wanted.delete(match)
    }
    ;[...wanted].should.deepEqual([])

    const sent = states.length
    await nodeRed.kill('SIGKILL')
    await nodeRed.start()
    await broker.observed(2)
    await nodeRed.inject('inject')
    await broker.published.until(
      () => reports().length === 4 || undefined,
      'the reports after the restart',
      60_000
    )
    const again = broker.on('gladys/master/device/').slice(sent)
    again.filter(({ topic }) => !topic.includes(':battery')).should.be.empty()
  })

  it('announces devices for discovery, retained, before the first state', async () => {
    await deploy('discovery', { mode: 'period', days: 3 })
    await nodeRed.inject('inject')
    await broker.published.until(() => reports().length === 2 || undefined, 'both reports', 60_000)
    const announced = broker.on('homeassistant/device/')
    announced.length.should.be.above(0)
    announced.every(({ retain }) => retain).should.be.true()
    const first = (prefix: string) =>
      broker.published.items.findIndex(({ topic }) => topic.startsWith(prefix))
    first('homeassistant/device/').should.be.below(first(`withings/${ada}/`))
    const weight = broker.on(`withings/${ada}/`).find(({ topic }) => topic.endsWith('/weight'))
    weight?.should.containEql({ payload: '82.05', retain: false, qos: 1 })
  })

  it('keeps what it cannot send while the broker is away, tells it once, and sends it when it is back', async () => {
    await deploy('none', { mode: 'period', days: 3 })
    await nodeRed.inject('inject')
    await broker.published.until(() => reports().length === 2 || undefined, 'both reports', 60_000)
    await broker.stop()
    await nodeRed.log.until(
      lines => lines.some(line => line.includes('gladys-server') && line.includes('cannot be reached')),
      'the error',
      30_000
    )
    const before = broker.on('gladys/master/device/').length
    simulator.addGroup(ada, { measures: [{ type: 1, value: 81_440, unit: -3 }] })
    // Another request than the first: the same one would be answered from it for 10 s.
    await nodeRed.inject('inject', { mode: 'all' })
    await broker.start()
    let known = before
    const arrived = () => {
      const waited = broker.on('gladys/master/device/').slice(known)
      known += waited.length
      return waited.some(({ payload }) => payload === '81.44')
    }
    await broker.published.until(arrived, 'what waited', 60_000)
    nodeRed.log.items
      .filter(line => line.includes('[gladys-server:') && line.includes('[error]'))
      .length.should.equal(1)
  })
})

function featureOf({ userId, deviceId, type, position }: Reading): string {
  const device = `mqtt:withings:${userId}:${deviceId ?? 'manual'}`
  return [device, type, ...(position === undefined ? [] : [position])].join(':')
}
