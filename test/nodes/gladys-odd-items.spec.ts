import type { Node, NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SendReport } from '../../lib/gladys/sender'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { Inbox } from '../support/inbox'
import { PubackBroker } from '../support/puback-broker'

interface Out extends NodeMessage {
  gladys: SendReport
}

helper.init(require.resolve('node-red'))

const weight = (value: number, minutesAgo: number): object => ({
  type: 'weight',
  value,
  unit: 'kg',
  userId: '12',
  deviceId: 'abc',
  model: 'Body Scan',
  date: Date.now() - minutesAgo * 60_000
})

describe('gladys-device-state and a message with odd items', () => {
  let broker: PubackBroker
  let userDir: string
  let out: Inbox<Out>

  const state = (): Node => helper.getNode('state')
  const warnings = (): string[] =>
    (state() as unknown as { warn: { args: [string][] } }).warn.args.map(([warning]) => warning)

  before(() => new Promise<void>(resolve => void helper.startServer(resolve)))
  after(() => new Promise<void>(resolve => void helper.stopServer(resolve)))

  beforeEach(async () => {
    broker = await new PubackBroker().start()
    userDir = mkdtempSync(join(tmpdir(), 'gladys-odd-'))
    helper.settings({ userDir })
    const flow = [
      { id: 'tab', type: 'tab' },
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100 },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
        ...{ liveMinutes: 15, person: '', wires: [['out']] }
      },
      { id: 'out', type: 'helper', z: 'tab', wires: [] }
    ]
    await helper.load([serverNode, deviceStateNode], flow)
    out = new Inbox(helper.getNode('out'))
  })
  afterEach(async () => {
    await helper.unload()
    await broker.stop()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('sends nine readings although a tenth is dated 2107, and says once what it skips', async () => {
    const nine = Array.from({ length: 9 }, (_, index) => weight(80 + index, 9 - index))
    const odd = { ...weight(99, 0), date: '2107-01-01T00:00:00Z' }
    state().receive({ payload: [...nine.slice(0, 3), odd, ...nine.slice(3), null] })
    const [message] = await out.take(1)
    message!.gladys.should.match({ live: 9, historical: 0, skipped: { length: 2 } })
    message!.gladys.skipped[0]!.should.match({
      reason: 'unusable',
      place: 'msg.payload[3].date',
      problem: /1900 and 2100/
    })
    broker.seen.map(({ payload }) => payload).should.eql(nine.map((_, index) => String(80 + index)))
    warnings().length.should.equal(1)
    warnings()[0]!.should.match(/2\. .*msg\.payload\[3\]\.date/)
  })
})
