import { measureType } from '../../lib/withings/measures/types'
import type { Reading } from '../../lib/withings/readings/reading'
import { type ExpectedReading, type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { measuresFlow } from '../support/flows'
import { logIn } from '../support/log-in'
import { NodeRed } from '../support/node-red'

describe('measures in a real Node-RED', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let ada: string

  beforeEach(async () => {
    simulator = await startSimulator({ years: 2, pageSize: 100 })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    ada = (simulator.people.find(person => person.name === 'Ada') as { userId: string }).userId
    ;(await logIn(nodeRed, simulator, 'account', { userId: ada })).status.should.equal(200)
  })

  afterEach(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })

  const deploy = async (properties: Record<string, unknown>) => {
    await nodeRed.deploy(
      measuresFlow(broker, simulator, { account: 'account', schedule: 0, ...properties }),
      {
        account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
      }
    )
    await broker.observed()
  }

  it('delivers the whole history, exact to the digit, once each, oldest first', async () => {
    await deploy({ mode: 'all', ambiguous: 'include' })
    const expected = simulator.expectedReadings(ada)
    await nodeRed.inject('inject')
    await broker.published.until(() => broker.on('test/complete').length > 0, 'the end of the run', 60_000)
    const readings = broker.on('test/readings').map(({ payload }) => JSON.parse(payload) as Reading)
    const pages = simulator.requests.filter(({ action }) => action === 'getmeas').length
    pages.should.be.aboveOrEqual(3)
    readings.map(asExpected).sort().should.deepEqual(expected.map(describeExpected).sort())
    readings.map(({ date }) => date).should.deepEqual(readings.map(({ date }) => date).sort())
  })

  it('sends after a SIGKILL only what came since, and an edited group as a whole', async () => {
    await deploy({ mode: 'new', days: 0, ambiguous: 'include' })
    await nodeRed.inject('inject')
    await broker.published.until(() => broker.on('test/complete').length > 0, 'the first run', 60_000)
    await nodeRed.kill('SIGKILL')
    const before = broker.on('test/readings').length
    before.should.equal(simulator.expectedReadings(ada).length)
    simulator.addGroup(ada, { measures: [{ type: 1, value: 81_930, unit: -3 }] })
    await nodeRed.start()
    await broker.observed(2)
    await nodeRed.inject('inject')
    await broker.published.until(() => broker.on('test/complete').length === 2, 'the second run', 60_000)
    const since = broker.on('test/readings').slice(before)
    since.map(({ payload }) => (JSON.parse(payload) as Reading).value).should.deepEqual([81.93])
  })
})

/** The digits as JSON carries them, against the text that the simulator shifted from the mantissa. */
function asExpected({ type, value, source, date, groupId, deviceId }: Reading): string {
  return [type, String(value), source === 'ambiguous', Date.parse(date) / 1000, groupId, deviceId].join(' ')
}

function describeExpected({ meastype, value, attrib, date, grpid, deviceId }: ExpectedReading): string {
  return [measureType(meastype).name, value, attrib === 1, date, grpid, deviceId].join(' ')
}
