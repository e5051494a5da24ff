// What the budget of requests and the settings of Node-RED bear: both through the code that the nodes use.
import helper from 'node-red-node-test-helper'
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { steadyClock } from '../../lib/base/clock'
import { RequestQueue } from '../../lib/withings/api/request-queue'
import { Bench, startServer, stopServer } from '../../test/support/withings-bench'
import { WrittenSettings } from '../../test/support/written-settings'

const POLLS = 200
const CLICKS = 20
/** Of Withings, as far as a request does not wait. */
const ANSWERED_AFTER = 200

/** Milliseconds that the slowest of some clicks waits while hundreds of polls do. */
export async function longestClick(): Promise<number> {
  const queue = new RequestQueue(steadyClock)
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  for (let poll = 0; poll < POLLS; poll += 1) {
    queue.run({ priority: 'poll' }, () => sleep(ANSWERED_AFTER), over.signal).catch(() => undefined)
  }
  await sleep(3_000)
  const asked = performance.now()
  const waits = Array.from({ length: CLICKS }, () =>
    queue.run({ priority: 'user' }, () => Promise.resolve(performance.now() - asked))
  )
  const longest = Math.max(...(await Promise.all(waits)))
  over.abort(new Error('over'))
  return longest
}

const IDLE_POLLS = 10
const TYPES = ['withings-sleep', 'withings-activity', 'withings-heart']

/** How often Node-RED writes its settings while four nodes poll ten times, and nothing is new. */
export async function idleWrites(): Promise<number> {
  await startServer()
  const bench = await Bench.open()
  const common = { account: bench.account, schedule: 0, output: 'batch', wires: [['out']] }
  bench.beside = TYPES.map(type => ({ ...common, id: `${bench.id}-${type}`, type }))
  await bench.load({ type: 'withings-measures', output: 'batch' })
  await bench.logIn()
  const settings = new WrittenSettings(bench.RED)
  const ids = [bench.id, ...bench.beside.map(({ id }) => id)]
  const runAll = async (): Promise<void> => {
    const { length } = bench.out.items
    for (const id of ids) helper.getNode(id).receive({})
    await bench.out.count(length + ids.length, 'the answers of all nodes')
  }
  try {
    // The first run delivers, the second one has read everything.
    await runAll()
    await runAll()
    const before = settings.writes.length
    for (let poll = 0; poll < IDLE_POLLS; poll += 1) await runAll()
    return settings.writes.length - before
  } finally {
    settings.restore()
    await bench.close()
    await stopServer()
  }
}
