import type { SendReport } from '../../lib/gladys/sender'
import { TestBroker } from '../support/broker'
import { observer, tab } from '../support/flows'
import { brokerKinds, type GladysBroker } from '../support/gladys-brokers'
import { type FlowNode, NodeRed } from '../support/node-red'

const COUNT = 300
/** Readings of three features, long ago; their values count up from `msg.from`. */
const MAKE_READINGS = `
const make = index => ({ device: 'd', feature: 'f' + index % 3, value: index, date: 1700000000 + index * 60 })
msg.payload = Array.from({ length: msg.count }, (_, index) => make(msg.from + index))
return msg`

for (const kind of brokerKinds())
  describe(`what waits for ${kind.name} in a real Node-RED`, function () {
    this.timeout(120_000)
    let gladys: GladysBroker
    let watch: TestBroker
    let nodeRed: NodeRed

    beforeEach(async () => {
      gladys = await kind.make().start()
      watch = await new TestBroker().start()
      nodeRed = await (await NodeRed.prepare()).start()
    })
    afterEach(async () => {
      await nodeRed.dispose()
      await watch.stop()
      await gladys.dispose()
    })

    const flow = (rate: number): FlowNode[] => [
      tab,
      { id: 'server', type: 'gladys-server', mqttUrl: gladys.url, tls: '', httpUrl: '', rate },
      { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['make']] },
      { id: 'make', type: 'function', z: 'tab', func: MAKE_READINGS, outputs: 1, wires: [['state']] },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
        ...{ liveMinutes: 15, person: '', wires: [['report-wrap']] }
      },
      ...observer(watch, 'report', 'test/report')
    ]
    const report = async (number: number): Promise<SendReport> => {
      const all = await watch.published.count(number, `report ${number}`, 30_000)
      return (JSON.parse(all.at(-1)?.payload ?? '') as { gladys: SendReport }).gladys
    }
    const values = (): number[] =>
      gladys.published.items.map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
    const arrived = (count: number): Promise<unknown> =>
      gladys.published.until(items => items.length >= count, `${count} values`, 30_000)
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
    /** Many of three features: the newest of each goes first. */
    const newestFirst = (from: number, end: number): number[] => {
      const all = upTo(end).slice(from)
      return [...all.slice(-3), ...all.slice(0, -3)]
    }

    it('comes over a deploy and a SIGKILL, all of it, in order and once', async () => {
      await nodeRed.deploy(flow(1000))
      await watch.observed()
      await nodeRed.inject('inject', { from: 0, count: 1 })
      ;(await report(1)).historical.should.equal(1)
      await gladys.stop()
      await nodeRed.inject('inject', { from: 1, count: COUNT })
      ;(await report(2)).queued.should.equal(COUNT)
      await nodeRed.deploy(flow(500))
      await watch.observed(2)
      await nodeRed.kill('SIGKILL')
      await gladys.start()
      await nodeRed.start()
      await arrived(1 + COUNT)
      await watch.observed(3)
      await nodeRed.inject('inject', { from: 0, count: COUNT + 2 })
      ;(await report(3)).should.match({ historical: 1, queued: 0 })
      await arrived(COUNT + 2)
      values().should.deepEqual([0, ...newestFirst(1, COUNT + 1), COUNT + 1])
    })

    it('goes on after a SIGKILL in the middle of sending', async () => {
      await nodeRed.deploy(flow(200))
      await watch.observed()
      await nodeRed.inject('inject', { from: 0, count: COUNT })
      await gladys.published.count(100, 'the first values', 30_000)
      await nodeRed.kill('SIGKILL')
      await nodeRed.start()
      await watch.observed(2)
      await nodeRed.inject('inject', { from: 0, count: COUNT + 1 })
      ;(await report(1)).queued.should.equal(0)
      // It is the newest of many, so that it came before the others.
      await gladys.published.until(() => new Set(values()).size > COUNT, 'all values', 30_000)
      const first = [...new Set(values())]
      first.slice(0, 100).should.deepEqual(newestFirst(0, COUNT).slice(0, 100))
      // Many still waited after the restart: the newest of those went first.
      first.sort((a, b) => a - b).should.deepEqual(upTo(COUNT + 1))
      values().length.should.be.belowOrEqual(COUNT + 1 + 20)
    })
  })
