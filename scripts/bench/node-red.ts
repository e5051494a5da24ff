// An import in a real Node-RED, with the package installed as users get it.
import type { ImportState } from '../../lib/gladys/import/state'
import { startSimulator } from '../../test/simulator'
import { TestBroker } from '../../test/support/broker'
import { accountNode, observer, tab } from '../../test/support/flows'
import { logIn } from '../../test/support/log-in'
import { NodeRed } from '../../test/support/node-red'

const SAMPLES_EVERY = 100
/**
 * As on a small board. With more, V8 does not look for garbage before the heap has grown to several times what it was
 * after the start (docs/decisions/0012-history-thread.md): that says nothing of what an import needs.
 */
const SMALL_HEAP = { NODE_OPTIONS: '--max-old-space-size=100' }

/** States of a history of so many years at full speed, and the most bytes above those of the idle process; on Linux. */
export async function importInNodeRed(
  years: number,
  pageSize: number
): Promise<{ done: number; rss: number; node: string }> {
  const simulator = await startSimulator({ years, pageSize, people: ['Ada'], requestsPerMinute: 10_000 })
  const broker = await new TestBroker().start()
  const nodeRed = await NodeRed.prepare({ allCoreNodes: true, measured: true, env: SMALL_HEAP })
  try {
    await nodeRed.start()
    await logIn(nodeRed, simulator, 'account')
    const state = {
      id: 'state',
      type: 'gladys-device-state',
      z: 'tab',
      server: 'server',
      create: 'discovery'
    }
    await nodeRed.deploy(
      [
        tab,
        accountNode(simulator),
        { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100_000 },
        { ...state, wires: [[], ['progress-wrap']] },
        ...observer(broker, 'progress', 'test/import')
      ],
      { account: { clientId: simulator.client.id, clientSecret: simulator.client.secret } }
    )
    await broker.observed()
    const node = nodeRed.log.items.find(line => line.includes('Node.js  version')) ?? ''
    return { ...(await measured(nodeRed, broker)), node }
  } finally {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  }
}

async function measured(nodeRed: NodeRed, broker: TestBroker): Promise<{ done: number; rss: number }> {
  const idle = nodeRed.memory
  let peak = idle
  const sampling = setInterval(() => (peak = Math.max(peak, nodeRed.memory)), SAMPLES_EVERY)
  try {
    const body = JSON.stringify({ node: 'state', account: 'account' })
    await nodeRed.admin('withings/imports', { method: 'POST', body })
    const done = await broker.published.until(all => endOf(all.at(-1)), 'the end of the import', 840_000)
    return { done, rss: peak - idle }
  } finally {
    clearInterval(sampling)
  }
}

/** Number of states once this message tells the end. */
function endOf(message: { topic: string; payload: string } | undefined): number | undefined {
  if (message?.topic !== 'test/import') return undefined
  const { payload } = JSON.parse(message.payload) as { payload: Pick<ImportState, 'state' | 'done'> }
  return payload.state === 'done' ? payload.done : undefined
}
