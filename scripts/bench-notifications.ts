// How fast notifications are answered while Withings hangs, and what they cost in memory, in a real Node-RED with the
// packed package: `npm run bench:notifications`. Prints; never fails for a number. Beside it a server that does nothing
// but answer, under the same load: what the machine itself is late.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type Simulator, startSimulator } from '../test/simulator'
import { accountNode, PUBLIC_URL, tab } from '../test/support/flows'
import { logIn } from '../test/support/log-in'
import { NodeRed } from '../test/support/node-red'
import { type Row, tableOf } from './bench/table'

const A_SECOND = 200
const SECONDS = 10

interface Answers {
  failed: number
  /** Milliseconds, shortest first. */
  times: number[]
}

/** Posts weighings and bed events in turn, at their time whether the ones before are answered or not. */
async function flood(url: string, userId: string, first: number): Promise<Answers> {
  const start = performance.now()
  const now = Math.floor(Date.now() / 1000)
  const posts = Array.from({ length: A_SECOND * SECONDS }, async (_, index) => {
    await wait(start + (index * 1000) / A_SECOND - performance.now())
    const at = now - 20_000 + first + index
    const what =
      index % 2 === 0
        ? { appli: '1', startdate: String(at - 1), enddate: String(at) }
        : { appli: index % 4 === 1 ? '50' : '51', deviceid: 'mat', date: String(at) }
    const asked = performance.now()
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ userid: userId, ...what })
    })
    await answer.arrayBuffer()
    return { ok: answer.status === 200, took: performance.now() - asked }
  })
  const answers = await Promise.all(posts)
  return {
    failed: answers.filter(({ ok }) => !ok).length,
    times: answers.map(({ took }) => took).sort((a, b) => a - b)
  }
}

function rowOf(name: string, { times, failed }: Answers): Row {
  const at = (share: number) => `${(times[Math.ceil(times.length * share) - 1] ?? NaN).toFixed(1)} ms`
  return [
    name,
    `p99 ${at(0.99)}`,
    `p50 ${at(0.5)}, most ${at(1)}, ${failed} of ${times.length} not answered with 200`
  ]
}

/** Megabytes that a process has in memory; NaN where that cannot be told. */
function memoryOf(pid: number | undefined): number {
  const path = `/proc/${pid}/status`
  const kilobytes = existsSync(path) ? /VmRSS:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] : undefined
  return Number(kilobytes) / 1024
}

async function measureIdle(userId: string): Promise<Answers> {
  const child = fork(__filename, ['idle'], { execArgv: ['--require', 'tsx/cjs'] })
  const [port] = (await once(child, 'message')) as [number]
  const answers = await flood(`http://127.0.0.1:${port}/`, userId, 0)
  child.kill()
  return answers
}

async function prepare(nodeRed: NodeRed, simulator: Simulator, userId: string): Promise<string> {
  const placed = { z: 'tab', account: 'account' }
  const notification = { type: 'withings-notification', publicUrl: PUBLIC_URL, categories: [1, 50, 51] }
  const { id: clientId, secret: clientSecret } = simulator.client
  simulator.notify.lead(PUBLIC_URL, nodeRed.origin)
  await nodeRed.deploy(
    [
      tab,
      accountNode(simulator),
      { id: 'notification', ...placed, ...notification, wires: [['measures']] },
      { id: 'measures', type: 'withings-measures', ...placed, schedule: 0, wires: [[]] }
    ],
    { account: { clientId, clientSecret } }
  )
  await logIn(nodeRed, simulator, 'account', { userId })
  while (simulator.notify.of(userId).length < 3) await wait(50)
  return simulator.notify.of(userId)[0]?.callbackUrl.replace(PUBLIC_URL, nodeRed.origin) ?? ''
}

async function main(): Promise<void> {
  const simulator = await startSimulator({ people: ['Ada'], years: 0.1 })
  const nodeRed = await (await NodeRed.prepare({ allCoreNodes: true })).start()
  try {
    const userId = simulator.people.find(({ name }) => name === 'Ada')?.userId ?? ''
    const url = await prepare(nodeRed, simulator, userId)
    simulator.faults.add({ kind: 'hang' })
    const rows: Row[] = [rowOf('a server that only answers', await measureIdle(userId))]
    let before = memoryOf(nodeRed.pid)
    for (const round of [1, 2, 3]) {
      rows.push(rowOf(`Node-RED, round ${round}`, await flood(url, userId, round * A_SECOND * SECONDS)))
      const after = memoryOf(nodeRed.pid)
      rows.push([
        '  memory',
        `${after.toFixed(0)} MB`,
        `${(after - before).toFixed(1)} MB more than before the round`
      ])
      before = after
    }
    console.log(tableOf(`${A_SECOND} notifications a second for ${SECONDS} s, Withings hanging`, rows))
  } finally {
    await nodeRed.dispose()
    await simulator.close()
  }
}

function serveIdle(): void {
  const server = createServer((req, res) => void req.resume().on('end', () => res.end()))
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

if (process.argv[2] === 'idle') serveIdle()
else
  main().catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
