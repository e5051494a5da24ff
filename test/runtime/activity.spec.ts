import type { Day } from '../../lib/withings/activity/days'
import type { Intraday } from '../../lib/withings/activity/intraday'
import { type Person, type Simulator, startSimulator } from '../simulator'
import { dayIn } from '../simulator/zones'
import { TestBroker } from '../support/broker'
import { dataFlow } from '../support/flows'
import { logIn } from '../support/log-in'
import { NodeRed } from '../support/node-red'

const secondsNow = () => Math.floor(Date.now() / 1000)

describe('activity in a real Node-RED', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let ben: Person

  beforeEach(async () => {
    simulator = await startSimulator({ years: 0.3, pageSize: 25 })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    ben = simulator.people.find(person => person.name === 'Ben') as Person
    ;(await logIn(nodeRed, simulator, 'account', { userId: ben.userId })).status.should.equal(200)
  })

  afterEach(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })

  const deploy = async (properties: Record<string, unknown>) => {
    const node = { id: 'activity', type: 'withings-activity', account: 'account', schedule: 0, ...properties }
    await nodeRed.deploy(dataFlow(broker, simulator, node), {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    await broker.observed()
  }
  /** Presses the button and waits for the end of that run; gives what was sent in all. */
  const run = async <T>(runs: number): Promise<T[]> => {
    await nodeRed.inject('inject')
    await broker.published.until(
      all => all.filter(({ topic }) => topic === 'test/complete').length === runs || undefined,
      `the end of run ${runs}`,
      60_000
    )
    return broker.on('test/readings').map(({ payload }) => JSON.parse(payload) as T)
  }

  it('sends after a SIGKILL only the days that changed since', async () => {
    await deploy({ what: 'daily', mode: 'new', days: 0 })
    const first = await run<Day>(1)
    const expected = ben.activity.days.map(({ date, steps }) => [date, steps]).sort()
    first
      .map(({ day, values }) => [day, values.steps])
      .sort()
      .should.deepEqual(expected)
    await nodeRed.kill('SIGKILL')
    const today = dayIn('Europe/Paris', secondsNow())
    simulator.putDay(ben.userId, { date: today, steps: 4711 })
    await nodeRed.start()
    await broker.observed(2)
    const since = (await run<Day>(2)).slice(first.length)
    since
      .map(({ day, isToday, values }) => [day, isToday, values.steps])
      .should.deepEqual([[today, true, 4711]])
  })

  it('sends after a SIGKILL only the minutes that came since, late ones too', async () => {
    await deploy({ what: 'intraday', mode: 'new', days: 2 })
    const first = await run<Intraday>(1)
    first.should.have.length(2)
    await nodeRed.kill('SIGKILL')
    const newest = Math.max(...ben.activity.samples.keys())
    const [late, fresh] = [newest - 7200 + 60, secondsNow() - 2]
    simulator.putSample(ben.userId, late, { steps: 17 })
    simulator.putSample(ben.userId, fresh, { steps: 18 })
    await nodeRed.start()
    await broker.observed(2)
    const since = (await run<Intraday>(2)).slice(first.length)
    since
      .flatMap(({ series }) => series.intraday_steps)
      .should.deepEqual([
        { x: late * 1000, y: 17 },
        { x: fresh * 1000, y: 18 }
      ])
  })
})
