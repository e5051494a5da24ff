// A newcomer's first look: the simulator plays Withings, a real Node-RED with the packed package runs the example
// flow against it, and what goes to Gladys is printed as it arrives. Ctrl-C stops everything.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from '../lib/withings/devices/devices'
import type { Reading } from '../lib/withings/readings/reading'
import { type Simulator, startSimulator } from '../test/simulator'
import { TestBroker } from '../test/support/broker'
import { logIn } from '../test/support/log-in'
import { type FlowNode, NodeRed } from '../test/support/node-red'

const EXAMPLE = '02 Measures and devices to Gladys.json'
const EDITOR_PORT = 1880

async function main(): Promise<void> {
  const simulator = await startSimulator({ people: ['Ada', 'Ben'] })
  const broker = await new TestBroker().start()
  say('packing and installing the package, a moment please')
  const nodeRed = await NodeRed.prepare({ allCoreNodes: true, port: EDITOR_PORT })
  const stop = once(async () => {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => void stop().then(() => process.exit(0)))
  }
  try {
    await nodeRed.start()
    broker.published.listen(({ topic, payload }) => print(topic, payload))
    const flow = exampleFlow(simulator, broker)
    const account = flow.find(({ type }) => type === 'withings-account')?.id as string
    await logIn(nodeRed, simulator, account, { userId: simulator.people[0]?.userId as string })
    await nodeRed.deploy(flow, {
      [account]: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
    })
    say(`editor   ${nodeRed.root}`)
    say(`Withings ${simulator.url} (simulated: Ada, a few years of measures)`)
    say(`broker   ${broker.url}`)
    say('press Ctrl-C to stop')
  } catch (error) {
    await stop()
    throw error
  }
}

/** The example, pointed at the simulator and the embedded broker, with a tap behind each data node. */
function exampleFlow(simulator: Simulator, broker: TestBroker): FlowNode[] {
  const file = join(__dirname, '../examples', EXAMPLE)
  const flow = JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]
  const addresses = { region: 'custom', apiUrl: simulator.url, accountUrl: simulator.url }
  const pointed = flow.map(node => {
    if (node.type === 'withings-account') return { ...node, name: 'Ada', ...addresses }
    if (node.type === 'gladys-server') return { ...node, mqttUrl: broker.url }
    if (!/^withings-(measures|devices)$/.test(node.type)) return node
    const [first, ...rest] = node.wires as string[][]
    return { ...node, wires: [[...(first ?? []), 'demo-out'], ...rest] }
  })
  const z = pointed.find(({ type }) => type === 'tab')?.id
  return [
    ...pointed,
    {
      id: 'demo-broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: broker.portNumber,
      clientid: 'demo-tap',
      keepalive: '60',
      cleansession: true
    },
    {
      id: 'demo-out',
      type: 'mqtt out',
      name: 'tap for the demo',
      z,
      topic: '',
      qos: '0',
      retain: 'false',
      broker: 'demo-broker',
      x: 560,
      y: 360,
      wires: []
    }
  ]
}

function print(topic: string, payload: string): void {
  if (!topic.startsWith('withings/') || !/^[[{]/.test(payload))
    return say(`${topic}  ${payload.slice(0, 90)}`)
  const decoded = JSON.parse(payload) as Reading | Device | (Reading | Device)[]
  for (const item of Array.isArray(decoded) ? decoded : [decoded]) say(describe(item))
}

function describe(item: Reading | Device): string {
  if ('battery' in item) return `${item.model} battery ${item.battery}, last seen ${item.lastSeen ?? 'never'}`
  const { type, position, value, unit, date, model } = item
  const where = position === undefined ? '' : ` ${position}`
  return `${type}${where} ${value}${unit === null ? '' : ` ${unit}`}  ${date}  ${model ?? 'manual'}`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= run())
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
