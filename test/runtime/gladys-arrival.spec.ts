import { discoveredFeatureId, identifierOf } from '../../lib/gladys/model/external-ids'
import { measureType } from '../../lib/withings/measures/types'
import { startGladys } from '../gladys-stand-in'
import { startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn } from '../support/log-in'
import { type FlowNode, NodeRed } from '../support/node-red'

const LOGIN = { email: 'ada@example.org', password: 'right-secret-password' }
const WEIGHT = 1

describe('a device that the user adds to Gladys', function () {
  this.timeout(180_000)
  /** What a test has started, however far it came. */
  const closers: (() => Promise<void>)[] = []

  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })

  it('gets its history by itself, although it was added while Node-RED was stopped', async () => {
    const simulator = await startSimulator({ people: ['Ada'], years: 0.5, requestsPerMinute: 10_000 })
    closers.push(() => simulator.close())
    const broker = await new TestBroker().start()
    closers.push(() => broker.stop())
    const gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN })
    closers.push(() => gladys.close())
    const nodeRed = await (await NodeRed.prepare()).start()
    closers.push(() => nodeRed.dispose())

    const ada = simulator.people.find(({ name }) => name === 'Ada')!.userId
    const all = simulator.expectedReadings(ada)
    const { deviceId } = all.find(({ meastype, attrib }) => meastype === WEIGHT && attrib === 0)!
    const wanted = all.filter(
      reading => reading.meastype === WEIGHT && reading.attrib !== 1 && reading.deviceId === deviceId
    )
    wanted.length.should.be.above(10)
    const identifier = identifierOf(ada, deviceId)
    const { name: type } = measureType(WEIGHT)
    const feature = discoveredFeatureId(identifier, { type })

    await logIn(nodeRed, simulator, 'account', { userId: ada })
    const flow: FlowNode[] = [
      tab,
      accountNode(simulator),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: gladys.url, rate: 5000 },
      { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['state']] },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create: 'discovery',
        liveMinutes: 15,
        wires: [['reports-wrap'], ['progress-wrap']]
      },
      ...observer(broker, 'reports', 'test/reports'),
      ...observer(broker, 'progress', 'test/import').slice(1)
    ]
    await nodeRed.deploy(flow, {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret },
      server: LOGIN
    })
    await broker.observed()
    const date = '2020-01-01T07:00:00.000Z'
    const reading = { type, value: 80, unit: 'kg', userId: ada, deviceId, model: 'Body Scan', date }
    await nodeRed.inject('inject', { payload: reading })
    await gladys.until(() => gladys.discovered().some(({ objectId }) => objectId === identifier), 'discovery')
    await broker.published.until(() => broker.on('test/reports').length > 0, 'the report')

    await nodeRed.kill('SIGTERM')
    await gladys.addDiscovered(identifier)
    await nodeRed.start()
    const ended = () =>
      broker.on('test/import').some(({ payload }) => {
        const told = JSON.parse(payload) as { payload: { state: string } }
        return told.payload.state === 'done'
      })
    await broker.published.until(ended, 'the end of the import', 90_000)
    const stored = () => new Set(gladys.states(feature).map(state => `${state.created_at} ${state.value}`))
    const missing = () => {
      const there = stored()
      return wanted.filter(({ date, value }) => !there.has(`${new Date(date * 1000).toISOString()} ${value}`))
    }
    await gladys.until(() => missing().length === 0, 'the history')
  })
})
