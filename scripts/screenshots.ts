// Pictures for the README and the guides, made with a simulated Withings: npm run screenshots [folder]
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { browser, closeBrowser } from '../test/editor/browser'
import { Editor } from '../test/editor/editor'
import { type Simulator, startSimulator } from '../test/simulator'
import { TestBroker } from '../test/support/broker'
import { accountNode } from '../test/support/flows'
import { logIn } from '../test/support/log-in'
import { type FlowNode, NodeRed } from '../test/support/node-red'

const folder = process.argv[2] ?? join(__dirname, '../docs/images')
const DASHBOARD = '@flowfuse/node-red-dashboard'
const FLOW = '02 Measures and devices to Gladys.json'
const CHARTS = '06 Dashboard of weight and blood pressure.json'
/** Withings' number of it. */
const WEIGHT = 1
/** A weight that differs by more kilograms from both of its neighbours is an oddity of the simulator. */
const ODD = 1
/** Milliseconds until charts have drawn their lines. */
const DRAWN = 4_000
/** A sidebar is narrow and as long as what it shows. */
const WHOLE_SIDEBAR = `.withings-sidebar {
  position: fixed !important; top: 0; right: 0; z-index: 100000; width: 340px; height: auto !important;
  background: var(--red-ui-secondary-background);
}`

interface Stage {
  simulator: Simulator
  broker: TestBroker
  nodeRed: NodeRed
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  try {
    await onStage(flowPicture)
    await onStage(editorPictures)
    await onStage(dashboardPicture, [DASHBOARD])
  } finally {
    await closeBrowser()
  }
}

async function onStage(show: (stage: Stage) => Promise<void>, modules: string[] = []): Promise<void> {
  const simulator = await startSimulator({ people: ['Ada'], years: 1 })
  leaveOddWeightsOut(simulator)
  const broker = await new TestBroker().start()
  const nodeRed = await (await NodeRed.prepare({ allCoreNodes: true, modules })).start()
  try {
    await show({ simulator, broker, nodeRed })
  } finally {
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  }
}

function leaveOddWeightsOut(simulator: Simulator): void {
  const [ada] = simulator.people
  if (ada === undefined) return
  const weights = simulator
    .expectedReadings(ada.userId)
    .filter(({ meastype }) => meastype === WEIGHT)
    .sort((a, b) => a.date - b.date)
    .map(({ grpid, value }) => ({ grpid, value: Number(value) }))
  for (const [index, { grpid, value }] of weights.entries()) {
    const neighbours = [weights[index - 1], weights[index + 1]]
    const isOdd = neighbours.every(other => other !== undefined && Math.abs(other.value - value) > ODD)
    if (isOdd) simulator.removeGroup(ada.userId, grpid)
  }
}

/** An example with Ada's account, linked and deployed. */
async function deployExample({ simulator, broker, nodeRed }: Stage, name: string): Promise<void> {
  const file = join(__dirname, '../examples', name)
  const flow = (JSON.parse(readFileSync(file, 'utf8')) as FlowNode[]).map(node => {
    if (node.type === 'withings-account') return { ...accountNode(simulator), proxy: '', id: node.id }
    return node.type === 'gladys-server' ? { ...node, mqttUrl: broker.url } : node
  })
  const account = flow.find(({ type }) => type === 'withings-account')?.id as string
  await logIn(nodeRed, simulator, account)
  const { id: clientId, secret: clientSecret } = simulator.client
  await nodeRed.deploy(flow, { [account]: { clientId, clientSecret } })
}

async function flowPicture(stage: Stage): Promise<void> {
  await deployExample(stage, FLOW)
  const editor = await Editor.open(stage.nodeRed)
  const { page } = editor
  await page.setViewportSize({ width: 1400, height: 858 })
  await page.getByText(/^readings: \d/).waitFor()
  await page.getByText(/^devices: \d/).waitFor()
  await page
    .locator('.red-ui-palette-category', { hasText: 'Withings' })
    .first()
    .evaluate(category => category.scrollIntoView({ block: 'start' }))
  await page.screenshot({ path: join(folder, 'flow.png') })
  await editor.close()
}

async function dashboardPicture(stage: Stage): Promise<void> {
  await deployExample(stage, CHARTS)
  const context = await (await browser()).newContext({ viewport: { width: 1200, height: 690 } })
  const page = await context.newPage()
  await page.goto(`${stage.nodeRed.root}dashboard/health`)
  await page.locator('canvas').first().waitFor()
  await page.waitForTimeout(DRAWN)
  await page.screenshot({ path: join(folder, 'dashboard-light.png') })
  await context.close()
}

async function editorPictures(stage: Stage): Promise<void> {
  const { simulator, broker, nodeRed } = stage
  await logIn(nodeRed, simulator, 'account')
  const { id: clientId, secret: clientSecret } = simulator.client
  await nodeRed.deploy(oneOfEach(simulator, broker), { account: { clientId, clientSecret } })
  await sidebarPictures(nodeRed)
  await dialogPictures(nodeRed, 'en-US', 'light')
  await dialogPictures(nodeRed, 'fr-FR', 'fr')
}

function oneOfEach(simulator: Simulator, broker: TestBroker): FlowNode[] {
  const node = { z: 'tab', name: '', schedule: 0, account: 'account', wires: [['gladys']] }
  const data = { ...node, mode: 'new', days: 30, units: 'metric', output: 'each' }
  const nap = { naps: 'include', napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 }
  const mqtt = { mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100 }
  return [
    { id: 'tab', type: 'tab', label: 'Withings' },
    { ...accountNode(simulator), proxy: '' },
    { ...mqtt, id: 'server', type: 'gladys-server', name: 'Gladys' },
    {
      ...{ ...data, id: 'measures', type: 'withings-measures', types: [], ambiguous: 'exclude' },
      ...{ x: 180, y: 60 }
    },
    { ...data, ...nap, id: 'sleep', type: 'withings-sleep', what: 'nights', x: 180, y: 120 },
    {
      ...{ id: 'gladys', type: 'gladys-device-state', z: 'tab', name: '', server: 'server', person: '' },
      ...{ create: 'discovery', liveMinutes: 15, x: 430, y: 90, wires: [[], []] }
    }
  ]
}

async function sidebarPictures(nodeRed: NodeRed): Promise<void> {
  const editor = await Editor.open(nodeRed)
  const { page } = editor
  const scan = (place: string) => page.locator(`.withings-${place} li`, { hasText: 'Body Scan' })
  const take = async (of: Editor, name: string): Promise<void> => {
    await letGo(of)
    await of.page.locator('.withings-sidebar').screenshot({ path: join(folder, `sidebar-${name}.png`) })
  }
  await page.addStyleTag({ content: WHOLE_SIDEBAR })
  await editor.showSidebar()
  await scan('discovery').getByRole('button').click()
  await scan('devices')
    .getByText(/^Importing: [1-9].* body measures, now at/)
    .waitFor({ timeout: 120_000 })
  await take(editor, 'import-light')
  await scan('devices').getByText('Imported').waitFor({ timeout: 300_000 })
  await page.getByRole('button', { name: 'Refresh' }).click()
  await scan('devices').locator('svg').waitFor()
  await take(editor, 'devices-light')
  await editor.close()
  const { version } = (await (await nodeRed.admin('settings')).json()) as { version: string }
  // Older ones have no dark theme.
  if (Number.parseInt(version, 10) < 5) return
  const dark = await Editor.open(nodeRed, { colorScheme: 'dark' })
  await dark.page.addStyleTag({ content: WHOLE_SIDEBAR })
  await dark.showSidebar()
  await dark.page.locator('.withings-devices svg').waitFor()
  await take(dark, 'devices-dark')
  await dark.close()
}

/** Nothing is focused or pointed at. */
async function letGo({ page }: Editor): Promise<void> {
  await page.mouse.move(0, 0)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.locator('.red-ui-popover').waitFor({ state: 'hidden' })
}

/** As people meet them: with the settings of a dropped node and the cloud of nearly everybody. */
async function dialogPictures(nodeRed: NodeRed, locale: string, name: string): Promise<void> {
  const editor = await Editor.open(nodeRed, { locale })
  const { page } = editor
  const take = async (dialog: string): Promise<void> => {
    await letGo(editor)
    const path = join(folder, `dialog-${dialog}-${name}.png`)
    await page.locator('.red-ui-tray').last().screenshot({ path })
  }
  for (const kind of ['measures', 'sleep', 'gladys']) {
    if (kind !== 'measures' && name !== 'light') continue
    await editor.openNode(kind)
    if (kind !== 'gladys') await page.fill('#node-input-schedule', '15')
    await take(kind)
    if (kind === 'measures') {
      await editor.openConfig('account', 'edit')
      await page.waitForSelector('#withings-link dd')
      await page.selectOption('#node-config-input-region', 'eu')
      await page.fill('#node-config-input-callbackUrl', 'http://localhost:1880/withings/callback')
      await take('account')
      await page.locator('#withings-link').scrollIntoViewIfNeeded()
      await take('account-linked')
    }
    await editor.leaveDialogs()
  }
  await editor.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
