import type { ImportState } from '../../lib/gladys/import/state'
import { measureType } from '../../lib/withings/measures/types'
import { bodyPosition } from '../../lib/withings/readings/body-positions'
import { importInNodeRed } from '../../scripts/bench/node-red'
import { type ExpectedReading, type Simulator, type SimulatorOptions, startSimulator } from '../simulator'
import { OBSERVER, type Published, TestBroker } from '../support/broker'
import { accountNode, observer, tab } from '../support/flows'
import { logIn, loginBody } from '../support/log-in'
import { type FlowNode, NodeRed, READER } from '../support/node-red'

/** What may be on its way at once, and so still arrives after a pause. */
const IN_FLIGHT = 10
/** Ada's readings of so many years are more than 100,000. */
const YEARS = 36
const PAGE = 500

/** Counts the body measures that arrive for Gladys, and wakes who waits for a number of it. */
class Arrivals {
  /** How often each came. */
  readonly historical = new Map<string, number>()
  /** Milliseconds between two arrivals of the same, at least. */
  shortestGap = Infinity
  private readonly arrivedAt = new Map<string, number>()
  count = 0
  live: { payload: string; after: number }[] = []
  /** So many were newer than the one before of their feature. */
  rising = 0
  private readonly dates = new Map<string, string>()
  private readonly waiting = new Set<() => void>()

  constructor(broker: TestBroker) {
    broker.published.listen(message => this.take(message))
  }

  get keys(): string[] {
    return [...this.historical.keys()].sort()
  }

  reached(count: number): Promise<void> {
    return this.until(() => this.count >= count)
  }

  until(isSo: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const check = () => {
        if (!isSo()) return
        this.waiting.delete(check)
        resolve()
      }
      this.waiting.add(check)
      check()
    })
  }

  private take({ topic, payload }: Published): void {
    const [root, , , , , feature = '', kind] = topic.split('/')
    if (root !== 'gladys' || /:(ecg|stethoscope)_/.test(feature)) return
    if (kind === 'state') this.live.push({ payload, after: this.count })
    else {
      const { state, created_at: date } = JSON.parse(payload) as { state: number; created_at: string }
      const key = `${feature} ${date} ${state}`
      this.count += 1
      const before = this.dates.get(feature)
      if (before !== undefined && before < date && !this.historical.has(key)) this.rising += 1
      this.dates.set(feature, date)
      this.historical.set(key, (this.historical.get(key) ?? 0) + 1)
      const now = performance.now()
      this.shortestGap = Math.min(this.shortestGap, now - (this.arrivedAt.get(key) ?? -Infinity))
      this.arrivedAt.set(key, now)
    }
    for (const check of this.waiting) check()
  }
}

describe('history import in a real Node-RED', function () {
  this.timeout(600_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let arrivals: Arrivals
  let ada: string

  async function set(options: SimulatorOptions, rate: number): Promise<void> {
    simulator = await startSimulator({
      people: ['Ada'],
      requestsPerMinute: 10_000,
      pageSize: PAGE,
      ...options
    })
    broker = await new TestBroker().start()
    arrivals = new Arrivals(broker)
    nodeRed = await (await NodeRed.prepare()).start()
    ada = simulator.people.find(person => person.name === 'Ada')?.userId as string
    // Without the days and nights, which would be several times as many.
    const body = { ...loginBody(simulator, nodeRed), scopes: ['user.info', 'user.metrics'] }
    await logIn(nodeRed, simulator, 'account', { userId: ada }, body)
    const flow: FlowNode[] = [
      tab,
      accountNode(simulator),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate },
      { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['state']] },
      {
        id: 'state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create: 'none',
        wires: [[], ['progress-wrap']]
      },
      ...observer(broker, 'progress', 'test/import')
    ]
    await nodeRed.deploy(flow, {
      account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    await broker.observed()
  }

  afterEach(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })

  const post = async (path: string, body: object = {}): Promise<ImportState> => {
    const answer = await nodeRed.admin(`withings/imports${path}`, {
      method: 'POST',
      body: JSON.stringify(body)
    })
    answer.status.should.be.oneOf(200, 201)
    return (await answer.json()) as ImportState
  }
  const begin = () => post('', { node: 'state', account: 'account' })
  const told = (id: string, state: string) =>
    broker.published.until(
      all => {
        // The whole list is long: what a message says does not change.
        const last = all.at(-1)
        if (last?.topic !== 'test/import') return undefined
        const { payload } = JSON.parse(last.payload) as { payload: ImportState & { import: string } }
        return payload.import === id && payload.state === state ? payload : undefined
      },
      `the state ${state}`,
      120_000
    )
  const expected = () =>
    simulator
      .expectedReadings(ada)
      .filter(({ attrib }) => attrib !== 1)
      .map(keyOf)
  const liveReading = (value: number) => ({
    type: 'weight',
    value,
    unit: 'kg',
    date: new Date().toISOString(),
    userId: ada,
    deviceId: 'newcomer',
    model: 'Body'
  })

  it('brings 100,000 readings, each with its date, through kills of Node-RED and an outage of the broker @load', async () => {
    await set({ years: YEARS }, 100_000)
    const wanted = expected()
    wanted.length.should.be.above(100_000)
    const { id } = await begin()
    const done = told(id, 'done')
    const restart = async () => {
      const observers = broker.connections.items.filter(client => client === OBSERVER).length
      await nodeRed.kill('SIGKILL')
      // Time passes, so that the page it was on may be asked for again.
      simulator.clock.offset(60_000)
      await nodeRed.start()
      await broker.observed(observers + 1)
    }
    await arrivals.reached(20_000)
    await restart()
    await arrivals.reached(45_000)
    await broker.stop()
    await nodeRed.log.until(
      lines => lines.some(line => line.includes('gladys-server') && line.includes('cannot be reached')),
      'the outage',
      60_000
    )
    await broker.start()
    await arrivals.reached(75_000)
    await restart()
    await done
    wanted.filter(key => !arrivals.historical.has(key)).should.deepEqual([])
    arrivals.keys.length.should.equal(new Set(wanted).size)
    // Two kills: each repeats at most what the record did not know of, and not at once.
    const again = [...arrivals.historical].filter(([, times]) => times > 1)
    again.length.should.be.within(1, 2 * (500 + IN_FLIGHT))
    Math.max(...again.map(([, times]) => times)).should.equal(2)
    arrivals.shortestGap.should.be.aboveOrEqual(9_900)
    arrivals.rising.should.equal(0)
    // Each page is asked for once, but those of the two years that a kill was in.
    const asked = simulator.requests
      .filter(({ action }) => action === 'getmeas')
      .map(({ params }) => JSON.stringify(params))
    ;(asked.length - new Set(asked).size).should.be.within(1, 2 * Math.ceil(wanted.length / YEARS / PAGE))
  })

  it('lets live readings overtake, can be paused and cancelled', async () => {
    await set({ years: 10 }, 2_000)
    const { id } = await begin()
    await arrivals.reached(100)
    const before = arrivals.count
    await nodeRed.inject('inject', { payload: liveReading(82.05) })
    await arrivals.until(() => arrivals.live.length === 1)
    arrivals.live[0]!.payload.should.equal('82.05')
    // What arrived while the message was handed in, of more than 30,000.
    arrivals.live[0]!.after.should.be.below(before + 3_000)

    ;(await post(`/${id}/pause`)).state.should.equal('paused')
    const paused = arrivals.count
    for (const [index, value] of [81.5, 81.6, 81.7].entries()) {
      await nodeRed.inject('inject', { payload: liveReading(value) })
      await arrivals.until(() => arrivals.live.length === 2 + index)
    }
    arrivals.count.should.be.within(paused, paused + IN_FLIGHT)
    ;(await post(`/${id}/resume`)).state.should.equal('running')
    await arrivals.reached(paused + 100)

    ;(await post(`/${id}/cancel`)).state.should.equal('cancelled')
    const cancelled = arrivals.count
    await nodeRed.kill('SIGTERM')
    await nodeRed.start()
    await broker.observed(2)
    await nodeRed.inject('inject', { payload: liveReading(81) })
    await arrivals.until(() => arrivals.live.length === 5)
    arrivals.count.should.be.within(cancelled, cancelled + IN_FLIGHT)
    const answer = await nodeRed.admin('withings/imports')
    ;((await answer.json()) as unknown[]).should.be.empty()
  })

  it('is for those only who may change accounts, before any flow', async () => {
    simulator = await startSimulator()
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare({ adminAuth: true })).start()
    const reader = await nodeRed.tokenOf(READER)
    const statusOf = async (path: string, method: string, bearer?: string) => {
      const headers = {
        ...(bearer && { Authorization: `Bearer ${bearer}` }),
        'Content-Type': 'application/json'
      }
      const init = { method, headers, ...(method === 'POST' && { body: '{}' }) }
      return (await fetch(`${nodeRed.root}withings/imports${path}`, init)).status
    }
    ;(await statusOf('', 'GET')).should.equal(401)
    ;(await statusOf('', 'GET', reader)).should.equal(200)
    for (const path of [
      '',
      '/0123456789abcdef/pause',
      '/0123456789abcdef/resume',
      '/0123456789abcdef/cancel'
    ]) {
      ;(await statusOf(path, 'POST')).should.equal(401)
      ;(await statusOf(path, 'POST', reader)).should.equal(401)
      const answer = await nodeRed.admin(`withings/imports${path}`, { method: 'POST', body: '{}' })
      answer.status.should.equal(path === '' ? 400 : 404)
    }
  })

  it('changes nothing when it is done again', async () => {
    await set({ years: 0.5 }, 100_000)
    await told((await begin()).id, 'done')
    const first = arrivals.keys
    const count = arrivals.count
    first.should.deepEqual([...new Set(expected())].sort())
    simulator.clock.offset(60_000)
    await told((await begin()).id, 'done')
    arrivals.count.should.equal(2 * count)
    arrivals.keys.should.deepEqual(first)
  })

  function keyOf({ meastype, value, position, date, deviceId }: ExpectedReading): string {
    const where = position === null ? undefined : bodyPosition(position)
    const device = `mqtt:withings:${ada}:${deviceId ?? 'manual'}`
    const feature = [device, measureType(meastype).name, ...(where === undefined ? [] : [where])].join(':')
    return `${feature} ${new Date(date * 1000).toISOString()} ${value}`
  }
})

// Only Linux tells what a process takes without another program.
if (process.platform === 'linux')
  describe('the memory of a history import in a real Node-RED', function () {
    this.timeout(900_000)

    it('stays below 90 MB for 36 years of everything at full speed @load', async () => {
      const { done, rss, node } = await importInNodeRed(36, 1_000)
      done.should.be.above(400_000)
      const major = Number(/v(\d+)\./.exec(node)?.[1])
      major.should.be.above(17)
      // Node.js 24 lets the space of young objects of any busy process grow, by so many megabytes in all
      // (docs/decisions/0016-garbage.md).
      const more = major < 22 ? 0 : 128
      const megabytes = rss / 1024 / 1024
      megabytes.should.be.within(1, 90 + more)
    })
  })
