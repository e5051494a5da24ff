// Pictures of the editor for the README, made with a simulated Withings: npm run screenshots [folder]
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { closeBrowser } from '../test/editor/browser'
import { Editor } from '../test/editor/editor'
import { startSimulator } from '../test/simulator'
import { TestBroker } from '../test/support/broker'
import { accountNode } from '../test/support/flows'
import { logIn } from '../test/support/link'
import { NodeRed, type FlowNode } from '../test/support/node-red'

const folder = process.argv[2] ?? join(__dirname, '../docs/images')

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const simulator = await startSimulator({ people: ['Ada'], years: 1 })
  const broker = await new TestBroker().start()
  const nodeRed = await (await NodeRed.prepare()).start()
  try {
    await logIn(nodeRed, simulator, 'account')
    const { id: clientId, secret: clientSecret } = simulator.client
    await nodeRed.deploy(flow(), { account: { clientId, clientSecret } })
    const { version } = (await (await nodeRed.admin('settings')).json()) as { version: string }
    await pictures('light')
    // Older ones have no dark theme.
    if (Number.parseInt(version, 10) >= 5) await pictures('dark')
  } finally {
    await closeBrowser()
    await nodeRed.dispose()
    await broker.stop()
    await simulator.close()
  }

  function flow(): FlowNode[] {
    const node = { z: 'tab', name: '', schedule: 0, account: 'account', output: 'batch', wires: [['gladys']] }
    const data = { ...node, mode: 'new', days: 30, units: 'metric', output: 'each' }
    const nap = { naps: 'include', napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 }
    return [
      { id: 'tab', type: 'tab', label: 'Withings' },
      { ...accountNode(simulator), proxy: '' },
      {
        id: 'server',
        type: 'gladys-server',
        name: '',
        mqttUrl: broker.url,
        tls: '',
        httpUrl: '',
        rate: 1500
      },
      {
        ...{ ...data, id: 'measures', type: 'withings-measures', types: [], mode: 'period', output: 'batch' },
        ...{ ambiguous: 'exclude', x: 180, y: 60 }
      },
      {
        ...{ ...data, id: 'activity', type: 'withings-activity', what: 'daily', external: 'include' },
        ...{ x: 180, y: 120 }
      },
      { ...data, ...nap, id: 'sleep', type: 'withings-sleep', what: 'nights', x: 180, y: 180 },
      { ...data, id: 'heart', type: 'withings-heart', what: 'recordings', x: 180, y: 240 },
      {
        ...{ ...node, id: 'notification', type: 'withings-notification', categories: [1, 16, 44, 50, 51] },
        ...{ publicUrl: '', x: 180, y: 300 }
      },
      { ...node, id: 'devices', type: 'withings-devices', x: 180, y: 360 },
      {
        ...{ id: 'gladys', type: 'gladys-device-state', z: 'tab', name: '', server: 'server', person: '' },
        ...{ create: 'discovery', liveMinutes: 15, x: 430, y: 210, wires: [[], []] }
      }
    ]
  }

  async function pictures(colorScheme: 'light' | 'dark'): Promise<void> {
    const editor = await Editor.open(nodeRed, { colorScheme })
    const { page } = editor
    const take = (name: string) => page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    await editor.showSidebar()
    const scan = (place: string) => page.locator(`.withings-${place} li`, { hasText: 'Body Scan' })
    await page.locator('.withings-accounts li', { hasText: 'Ada' }).waitFor()
    if (colorScheme === 'light') {
      await take('sidebar-discovery')
      await scan('discovery').getByRole('button').click()
      await scan('devices').locator('progress').waitFor()
      await take('sidebar-import')
      await scan('devices').getByText('Imported').waitFor({ timeout: 60_000 })
    }
    await scan('devices').locator('svg').waitFor()
    await take('sidebar-devices')
    for (const kind of ['activity', 'sleep', 'heart', 'notification', 'devices']) {
      await editor.openNode(kind)
      await take(`dialog-${kind}`)
      await editor.leaveDialogs()
    }
    for (const kind of ['measures', 'gladys']) {
      await editor.openNode(kind)
      await take(`dialog-${kind}`)
      await editor.openConfig(kind === 'gladys' ? 'server' : 'account', 'edit')
      if (kind === 'measures') await page.waitForSelector('#withings-link dd')
      await take(kind === 'gladys' ? 'dialog-server' : 'dialog-account')
      if (kind === 'measures') {
        await page.locator('#withings-link').scrollIntoViewIfNeeded()
        await take('dialog-account-linked')
      }
      await editor.leaveDialogs()
    }
    await editor.close()
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
