import type { SendReport } from '../../lib/gladys/sender'
import { TestBroker } from '../support/broker'
import { observer, tab } from '../support/flows'
import { type FlowNode, NodeRed } from '../support/node-red'
import { Relay } from '../support/relay'

const PINGREQ = 0xc0
const SECOND_CONNACK = Buffer.from([0x20, 2, 0, 0])

describe('a broker that vanishes from a real Node-RED with values on their way', function () {
  this.timeout(180_000)
  let gladys: TestBroker
  let relay: Relay
  let watch: TestBroker
  let nodeRed: NodeRed

  beforeEach(async () => {
    gladys = await new TestBroker().start()
    relay = await Relay.start(gladys.portNumber)
    watch = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare()).start()
    await nodeRed.deploy(flow(`mqtt://127.0.0.1:${relay.port}`))
    await watch.observed()
  })
  afterEach(async () => {
    await nodeRed.dispose()
    await relay.stop()
    await watch.stop()
    await gladys.dispose()
  })

  const flow = (mqttUrl: string): FlowNode[] => [
    tab,
    { id: 'server', type: 'gladys-server', mqttUrl, tls: '', httpUrl: '', rate: 1000 },
    { id: 'inject', type: 'inject', z: 'tab', props: [], repeat: '', once: false, wires: [['make']] },
    {
      ...{ id: 'make', type: 'function', z: 'tab', outputs: 1, wires: [['state']] },
      func: `
msg.payload = msg.values.map(value => ({ device: 'd', feature: 'f', value, date: 1700000000 + value * 60 }))
return msg`
    },
    {
      ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
      ...{ liveMinutes: 15, person: '', wires: [['report-wrap']] }
    },
    ...observer(watch, 'report', 'test/report')
  ]
  const report = async (number: number): Promise<SendReport> => {
    const all = await watch.published.count(number, `report ${number}`, 60_000)
    return (JSON.parse(all.at(-1)?.payload ?? '') as { gladys: SendReport }).gladys
  }
  const values = (): number[] =>
    gladys.published.items.map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
  const sendAll = async (): Promise<void> => {
    await nodeRed.inject('inject', { values: [1, 2, 3, 4, 5] })
    await relay.unheard.until(items => items.join('').includes('created_at'), 'the values', 30_000)
  }
  const expectAllOnce = async (): Promise<void> => {
    ;(await report(2)).should.match({ queued: 5 })
    relay.plugIn()
    await gladys.published.count(6, 'the values', 30_000)
    await nodeRed.inject('inject', { values: [6] })
    ;(await report(3)).should.match({ historical: 1, queued: 0 })
    values().should.eql([0, 1, 2, 3, 4, 5, 6])
    nodeRed.isRunning.should.be.true()
  }

  beforeEach(async () => {
    await nodeRed.inject('inject', { values: [0] })
    ;(await report(1)).should.match({ historical: 1 })
    relay.pull()
  })

  it('stays when the plug is pulled until MQTT.js gives up, and delivers everything once', async () => {
    await relay.unheard.until(items => items.some(([first]) => first === PINGREQ), 'a ping', 60_000)
    await sendAll()
    await expectAllOnce()
  })

  it('stays when the broker confirms the connection a second time, and delivers everything once', async () => {
    await sendAll()
    relay.say(SECOND_CONNACK)
    await expectAllOnce()
  })
})
