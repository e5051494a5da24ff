import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, tab } from '../support/flows'
import { logIn } from '../support/log-in'
import { ADMIN, type FlowNode, NodeRed } from '../support/node-red'
import { closeBrowser } from './browser'
import { Editor } from './editor'

const SIDEBAR = '.withings-sidebar'

function flow(simulator: Simulator, broker: TestBroker): FlowNode[] {
  const node = { z: 'tab', name: '', x: 200 }
  const gladys = { ...node, type: 'gladys-device-state', server: 'server', person: '', liveMinutes: 15 }
  return [
    tab,
    { ...accountNode(simulator), name: 'Ada' },
    { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 2000 },
    ...['discovery', 'none'].flatMap((create, index): FlowNode[] => [
      {
        ...{ ...node, id: `to-${create}`, type: 'inject', props: [], repeat: '', once: false },
        ...{ y: 100 * index + 100, wires: [[create]] }
      },
      { ...gladys, id: create, name: create, create, y: 100 * index + 100, x: 450, wires: [[], []] }
    ])
  ]
}

describe('devices in the sidebar that Withings does not list', function () {
  this.timeout(240_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let editor: Editor

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], years: 1, requestsPerMinute: 10_000 })
    broker = await new TestBroker().start()
    nodeRed = await (await NodeRed.prepare({ allCoreNodes: true, adminAuth: true })).start()
    await logIn(nodeRed, simulator, 'account')
    const { id: clientId, secret: clientSecret } = simulator.client
    await nodeRed.deploy(flow(simulator, broker), { account: { clientId, clientSecret } })
    const { userId } = simulator.people[0]!
    const reading = { userId, type: 'weight', value: 80, unit: 'kg', date: new Date().toISOString() }
    const payload = [
      { ...reading, deviceId: 'sold', model: 'WS-30' },
      { ...reading, deviceId: null, model: null }
    ]
    for (const create of ['discovery', 'none']) await nodeRed.inject(`to-${create}`, { payload })
    await broker.published.until(all => all.some(({ topic }) => topic.includes(':manual:weight/')), 'values')
    editor = await Editor.open(nodeRed, { user: ADMIN })
    await editor.page.setViewportSize({ width: 1280, height: 720 })
    await editor.showSidebar()
  })
  after(async () => {
    await closeBrowser()
    await nodeRed?.dispose()
    await broker?.stop()
    await simulator?.close()
  })
  afterEach(async () => {
    editor?.complaints.should.deepEqual([])
    ;(await editor?.faults(SIDEBAR))?.should.deepEqual([])
  })

  const section = (name: string) => editor.page.locator(`${SIDEBAR} .withings-${name}`)
  const sold = (name: string) => section(name).locator('li', { hasText: 'WS-30' })
  const choose = (target: string) => editor.page.locator(`${SIDEBAR} select`).selectOption(target)
  const words = (buttons: string[]) => buttons.map(text => text.trim())

  it('says so of a device that was sold, and lets it be connected or forgotten', async () => {
    await choose('discovery')
    await sold('discovery').waitFor()
    ;(await sold('discovery').innerText()).should.match(/Withings no longer lists this device\./)
    words(await sold('discovery').getByRole('button').allInnerTexts()).should.eql([
      'Connect to Gladys',
      'Forget'
    ])
    const listed = section('discovery').locator('li', { hasText: 'Body Scan' })
    words(await listed.getByRole('button').allInnerTexts()).should.eql(['Connect to Gladys'])
    ;(await listed.innerText()).should.not.match(/no longer/)
  })

  it('has rows without discovery too, with Import and Forget, and forgets without deleting', async () => {
    await choose('none')
    await sold('devices').waitFor()
    for (const row of [sold('devices'), section('devices').locator('li', { hasText: 'Manual entries' })])
      words(await row.getByRole('button').allInnerTexts()).should.eql(['Import history', 'Forget'])
    await sold('devices')
      .getByRole('button', { name: /^Forget: / })
      .click()
    await editor.page.getByText(/from this list\? .*Gladys keeps the device and its values\./).waitFor()
    await editor.page.getByRole('button', { name: 'Forget', exact: true }).last().click()
    await sold('devices').waitFor({ state: 'detached' })
  })

  it('imports everything of a person by one button, and then says what Gladys lacks', async () => {
    await choose('discovery')
    await sold('discovery').waitFor()
    const account = section('accounts').locator('li', { hasText: 'Ada' })
    await account.getByRole('button', { name: 'Import everything: Ada' }).click()
    await account.locator('progress').waitFor()
    await sold('devices')
      .getByText(/^Included in “Import everything”/)
      .waitFor()
    ;(await sold('devices').getByRole('button').count()).should.equal(0)
    await account.getByText('Imported').waitFor({ timeout: 120_000 })
    const missing = /Gladys does not have yet: .* · .* and \d+ more\. .*“Update”.*import again/
    ;(await account.innerText()).should.match(missing)
    await sold('devices')
      .getByRole('button', { name: /^Import history: / })
      .waitFor()
  })

  it('lets a device of an unlinked account be forgotten, and nothing else', async () => {
    await nodeRed.admin('withings/accounts/account/unlink', { method: 'POST', body: '{}' })
    await sold('devices').getByText('The account of this device is no longer connected.').waitFor()
    const button = (name: RegExp) => sold('devices').getByRole('button', { name })
    ;(await button(/^Import history: /).isDisabled()).should.be.true()
    await button(/^Forget: /).click()
    await editor.page.getByRole('button', { name: 'Forget', exact: true }).last().click()
    await sold('devices').waitFor({ state: 'detached' })
  })
})
