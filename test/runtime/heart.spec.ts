import should from 'should'
import type { HeartRecording } from '../../lib/withings/heart/ecg'
import type { HeartSignal } from '../../lib/withings/heart/signal'
import { type Person, type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { dataFlow } from '../support/flows'
import { logIn } from '../support/log-in'
import { NodeRed } from '../support/node-red'

describe('ECGs in a real Node-RED', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let ada: Person

  beforeEach(async () => {
    simulator = await startSimulator({ years: 1, pageSize: 40 })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    ada = simulator.people.find(person => person.name === 'Ada')!
    ;(await logIn(nodeRed, simulator, 'account', { userId: ada.userId })).status.should.equal(200)
  })

  afterEach(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })

  const deploy = async (properties: Record<string, unknown>) => {
    const heart = { id: 'heart', type: 'withings-heart', account: 'account', schedule: 0, ...properties }
    await nodeRed.deploy(dataFlow(broker, simulator, heart), {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    await broker.observed()
  }
  const run = async (count: number, msg: Record<string, unknown> = {}) => {
    await nodeRed.inject('inject', msg)
    await broker.published.until(
      all => all.filter(({ topic }) => topic === 'test/complete').length === count || undefined,
      `the end of run ${count}`,
      60_000
    )
    broker.on('test/errors').should.eql([])
  }
  const recordings = () =>
    broker.on('test/readings').map(({ payload }) => JSON.parse(payload) as HeartRecording)

  it('sends all recordings over several pages, and after a SIGKILL only what came since', async () => {
    await deploy({ what: 'recordings', mode: 'new', days: 0, output: 'each' })
    await run(1)
    const known = ada.recordings.heart
    simulator.requests.filter(({ action }) => action === 'list').length.should.be.aboveOrEqual(3)
    const expected = known.map(({ timestamp, ecg }) => [
      new Date(timestamp * 1000).toISOString(),
      ecg ? String(ecg.signalid) : null,
      ecg?.afib
    ])
    recordings()
      .map(({ date, signalId, values }) => [date, signalId, values.ecg_afib])
      .should.eql(expected.sort(byDate))

    await nodeRed.kill('SIGKILL')
    const before = recordings().length
    const added = simulator.addEcg(ada.userId, { afib: 1, heart_rate: 91, timezone: 'Asia/Tokyo' })
    await nodeRed.start()
    await broker.observed(2)
    await run(2)
    const since = recordings().slice(before)
    since.should.have.length(1)
    since.should.match([
      { signalId: String(added), afib: 'positive', heartRate: 91, timezone: 'Asia/Tokyo', model: 'ScanWatch' }
    ])
    should(since[0]?.readings).match([
      { type: 'ecg_heart_rate', value: 91, unit: 'bpm', date: since[0]?.date },
      { type: 'ecg_afib', value: 1, unit: null, date: since[0]?.date }
    ])
  })

  it('sends a signal on demand, as it was recorded', async () => {
    await deploy({ what: 'signal' })
    const { heart, unsynced } = ada.recordings
    const row = heart.find(
      ({ model, ecg }) => model === 44 && ecg?.afib === 0 && !unsynced.has(ecg.signalid)
    )!
    await run(1, { signalId: row.ecg!.signalid })
    const [message] = broker.on('test/readings')
    const signal = JSON.parse(message!.payload) as HeartSignal
    signal.should.match({ signalId: String(row.ecg!.signalid), frequency: 500, duration: 20, synced: true })
    signal.series.should.have.length(10_000)
    Math.max(...signal.samples).should.be.within(900, 1300)
    simulator.requests.filter(({ path }) => path === '/v2/heart').should.have.length(1)
  })
})

function byDate([a = '', first]: unknown[], [b = '', second]: unknown[]): number {
  if (a !== b) return String(a) < String(b) ? -1 : 1
  return String(first) < String(second) ? -1 : 1
}
