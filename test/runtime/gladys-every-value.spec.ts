import { setTimeout as pause } from 'node:timers/promises'
import type { ImportState } from '../../lib/gladys/import/state'
import { measureType } from '../../lib/withings/measures/types'
import { bodyPosition } from '../../lib/withings/readings/body-positions'
import { type GladysStandIn, startGladys } from '../gladys-stand-in'
import { type ExpectedReading, type Simulator, startSimulator } from '../simulator'
import { OBSERVER, TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn, loginBody } from '../support/log-in'
import { type FlowNode, NodeRed } from '../support/node-red'

const LOGIN = { email: 'ada@example.org', password: 'right-secret-password' }
/** Ada's body measures of so many years are more than 20,000. */
const YEARS = 6
const SAVED = 'mqtt:garden'
const LONGEST = 600_000

describe('an import into a Gladys that is used meanwhile', function () {
  this.timeout(2 * LONGEST)
  let simulator: Simulator
  let broker: TestBroker
  let gladys: GladysStandIn
  let nodeRed: NodeRed
  let ada: string
  /** What a test has started, however far it came. */
  const closers: (() => Promise<void>)[] = []

  async function start(): Promise<void> {
    simulator = await startSimulator({ people: ['Ada'], years: YEARS, requestsPerMinute: 10_000 })
    closers.push(() => simulator.close())
    broker = await new TestBroker().start()
    closers.push(() => broker.stop())
    // A little slower than what is sent: it trails, and loses what it has not stored when it stops.
    gladys = await startGladys({ mqttUrl: broker.url, ...LOGIN, storesPerSecond: 280 })
    closers.push(() => gladys.close())
    nodeRed = await (await NodeRed.prepare()).start()
    closers.push(() => nodeRed.dispose())
    ada = simulator.people.find(({ name }) => name === 'Ada')!.userId
    // Without the days and nights, which would be several times as many.
    const body = { ...loginBody(simulator, nodeRed), scopes: ['user.info', 'user.metrics'] }
    await logIn(nodeRed, simulator, 'account', { userId: ada }, body)
    const server = { mqttUrl: broker.url, tls: '', httpUrl: gladys.url, rate: 300 }
    const flow: FlowNode[] = [
      tab,
      accountNode(simulator),
      { id: 'server', type: 'gladys-server', ...server },
      { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['state']] },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create: 'http',
        liveMinutes: 15,
        person: 'Ada',
        wires: [[], ['progress-wrap']]
      },
      ...observer(broker, 'progress', 'test/import')
    ]
    await nodeRed.deploy(flow, {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret },
      server: LOGIN
    })
    await broker.observed()
  }
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  /** Somebody steps on the scale, and a flow tells it at once. */
  async function weighIn(): Promise<{ feature: string; date: string; value: number }> {
    const value = 81.437
    simulator.addGroup(ada, { measures: [{ type: 1, value: value * 1000, unit: -3 }] })
    const reading = simulator.expectedReadings(ada).find(each => Number(each.value) === value)!
    const feature = featureOf(reading)
    const date = new Date(reading.date * 1000).toISOString()
    const { deviceId } = reading
    const payload = { type: 'weight', value, unit: 'kg', date, userId: ada, deviceId, model: 'Body Cardio' }
    await nodeRed.inject('inject', { payload })
    await gladys.until(() => gladys.states(feature).length === 1, 'the live value')
    return { feature, date, value }
  }

  async function begin(): Promise<string> {
    const body = JSON.stringify({ node: 'state', account: 'account' })
    const answer = await nodeRed.admin('withings/imports', { method: 'POST', body })
    answer.status.should.be.oneOf(200, 201)
    return ((await answer.json()) as ImportState).id
  }
  /** Says from now on whether the import has ended. */
  function watch(id: string): () => boolean {
    let isDone = false
    broker.published.listen(({ topic, payload: text }) => {
      if (topic !== 'test/import') return
      const { payload } = JSON.parse(text) as { payload: ImportState & { import: string } }
      if (payload.import === id && payload.state === 'done') isDone = true
    })
    return () => isDone
  }
  async function killNodeRed(): Promise<void> {
    const observers = broker.connections.items.filter(client => client === OBSERVER).length
    await nodeRed.kill('SIGKILL')
    // Time passes, so that the page it was on may be asked for again.
    simulator.clock.offset(60_000)
    await nodeRed.start()
    await broker.observed(observers + 1)
  }
  /** Nothing is acknowledged or passed on any more, and all sessions are gone. */
  async function killBroker(): Promise<void> {
    await broker.stop()
    await broker.start()
  }
  function featureOf({ meastype, position, deviceId }: ExpectedReading): string {
    const where = position === null ? undefined : bodyPosition(position)
    const device = `mqtt:withings:${ada}:${deviceId ?? 'manual'}`
    return [device, measureType(meastype).name, ...(where === undefined ? [] : [where])].join(':')
  }
  /** By feature and date; where Withings has several values for one, any of them. */
  function wantedValues(): Map<string, Map<string, number[]>> {
    const wanted = new Map<string, Map<string, number[]>>()
    for (const reading of simulator.expectedReadings(ada)) {
      const feature = featureOf(reading)
      if (reading.attrib === 1 || /:(ecg|stethoscope)_/.test(feature)) continue
      const dates = wanted.get(feature) ?? new Map<string, number[]>()
      wanted.set(feature, dates)
      const date = new Date(reading.date * 1000).toISOString()
      dates.set(date, [...(dates.get(date) ?? []), Number(reading.value)])
    }
    return wanted
  }

  it('brings every value once, through saves, restarts of Gladys and kills @load', async () => {
    await start()
    const live = await weighIn()
    const wanted = wantedValues()
    // Gladys has it already, at the moment when it arrived.
    wanted.get(live.feature)!.delete(live.date).should.be.true()
    const count = [...wanted.values()].reduce((sum, dates) => sum + dates.size, 0)
    count.should.be.above(20_000)
    const stored = (): number =>
      [...wanted.keys()].reduce((sum, feature) => sum + gladys.states(feature).length, 0)
    const reached = async (number: number): Promise<void> => {
      await gladys.until(() => gladys.hangs || stored() >= number, `${number} values`, LONGEST)
      gladys.hangs.should.equal(false)
    }
    const light = { category: 'light', type: 'binary', min: 0, max: 1, read_only: false }
    const features = [{ name: 'Lamp', external_id: 'mqtt:garden:lamp', ...light }]
    await gladys.addDevice({ external_id: SAVED, name: 'Garden', features })

    const over = new AbortController()
    closers.push(() => Promise.resolve(over.abort()))
    let [answered, interrupted] = [0, 0]
    const saves = (async () => {
      for (;;) {
        await pause(3_000, undefined, { signal: over.signal })
        if (!gladys.isRunning) continue
        const room_id = `room ${answered}`
        await gladys.saveDevice(SAVED, { room_id }).then(
          () => (answered += 1),
          () => (interrupted += 1)
        )
      }
    })().catch(() => undefined)

    const isDone = watch(await begin())
    await reached(4_000)
    await killNodeRed()
    await reached(10_000)
    await killBroker()
    // The weigh-in is more than a minute ago by now: what left later goes again, live or not (design.md §4.3).
    await reached(16_000)
    await gladys.restart({ awayFor: 10_000 })
    await reached(18_000)
    await gladys.restart({ awayFor: 10_000 })
    await gladys.until(() => gladys.hangs || isDone(), 'the end', LONGEST)
    gladys.hangs.should.equal(false)
    over.abort()
    await saves
    await gladys.until(() => gladys.notStored === 0, 'the last values')

    // Only a save that a restart cut off was not answered.
    answered.should.be.above(10)
    interrupted.should.be.belowOrEqual(2)
    const wrong = [...wanted].flatMap(([feature, dates]) => {
      const values = new Map<string, number[]>()
      for (const { created_at, value } of gladys.states(feature))
        values.set(created_at, [...(values.get(created_at) ?? []), value])
      return [...dates]
        .filter(([date, all]) => values.get(date)?.length !== 1 || !all.includes(values.get(date)![0]!))
        .map(([date, all]) => ({ feature, date, all, stored: values.get(date) ?? [] }))
    })
    const missing = wrong.filter(each => each.stored.length === 0).length
    wrong.should.eql([], `${missing} of ${count} are missing, ${wrong.length - missing} are doubled or wrong`)
    const lives = gladys.states(live.feature).filter(({ value }) => value === live.value)
    lives.should.have.length(1)
    stored().should.equal(count + 1)
  })
})
