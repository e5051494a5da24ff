import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { ADMIN, NodeRed } from '../support/node-red'
import { closeBrowser } from './browser'
import { Editor } from './editor'

const LIMIT = 60_000

describe('from an empty editor to states on the broker', function () {
  this.timeout(180_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let editor: Editor

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], years: 1 })
    broker = await new TestBroker().start()
    nodeRed = await NodeRed.prepare({ allCoreNodes: true, adminAuth: true, httpAdminRoot: '/admin' })
    await nodeRed.start()
    editor = await Editor.open(nodeRed, { user: ADMIN })
  })
  after(async () => {
    await closeBrowser()
    await nodeRed?.dispose()
    await broker?.stop()
    await simulator?.close()
  })

  it('takes less than a minute, with login, under another admin root, before the first deploy', async () => {
    const { page } = editor
    const started = Date.now()
    const inject = await editor.add('inject', 140, 140)
    const measures = await editor.add('withings-measures', 340, 100)
    const devices = await editor.add('withings-devices', 340, 200)
    const gladys = await editor.add('gladys-device-state', 560, 140)

    await editor.openNode(measures)
    await editor.openConfig('account', 'add')
    ;(await page.inputValue('#node-config-input-callbackUrl')).should.equal(
      `${nodeRed.root}withings/callback`
    )
    await editor.fillAccount(simulator, 'Ada')
    ;(await editor.connect()).should.match(/is linked/)
    const userId = simulator.people[0]?.userId ?? ''
    await page.waitForFunction(
      user => document.querySelector('#withings-link dl')?.textContent?.includes(user),
      userId
    )
    ;(await editor.linkFacts()).should.match(/Devices and profile/)
    ;(await page.locator('#withings-unlink').isVisible()).should.be.true()
    await editor.done('config')
    await page.selectOption('#node-input-output', 'batch')
    await editor.done()

    const [account = ''] = await editor.idsOf('withings-account')
    await editor.openNode(devices)
    await page.selectOption('#node-input-account', account)
    await editor.done()

    await editor.openNode(gladys)
    await editor.openConfig('server', 'add')
    await page.fill('#node-config-input-mqttUrl', broker.url)
    await editor.done('config')
    await editor.done()

    await editor.wire(inject, measures)
    await editor.wire(inject, devices)
    await editor.wire(measures, gladys)
    await editor.wire(devices, gladys)
    await editor.deploy()
    await page.locator(`[id="${inject}"] .red-ui-flow-node-button-button`).click()
    await broker.published.until(
      items => items.some(({ topic }) => /^homeassistant\/device\/withings-/.test(topic)),
      'the announcement'
    )
    await broker.published.until(
      items => items.filter(({ topic }) => /\/historical$|^withings\//.test(topic)).length >= 10,
      'states'
    )

    await editor.showSidebar()
    const cuff = (place: string) => page.locator(`.withings-${place} li`, { hasText: 'BPM Connect' })
    await cuff('discovery')
      .getByRole('button', { name: /^Connect / })
      .click()
    await cuff('devices')
      .getByText(/^Imported/)
      .waitFor({ timeout: LIMIT })
    ;(await cuff('devices').innerText()).should.match(/: \d+ mmHg, /)
    const took = Date.now() - started
    process.stdout.write(
      `      ${(took / 1000).toFixed(1)} s from the empty editor to a device with its history in Gladys\n`
    )
    took.should.be.below(LIMIT)
    const flow = await (await nodeRed.admin('flows')).text()
    flow.should.not.containEql(simulator.client.secret)
    editor.complaints.should.deepEqual([])
  })
})
