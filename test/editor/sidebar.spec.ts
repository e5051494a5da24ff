import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { accountNode, tab } from '../support/flows'
import { logIn } from '../support/log-in'
import { ADMIN, type FlowNode, NodeRed, READER } from '../support/node-red'
import { closeBrowser } from './browser'
import { Editor } from './editor'

const SIDEBAR = '.withings-sidebar'
const DEVICE = 'Body Scan'
/** States a second: the history takes long enough to be paused and cancelled. */
const RATE = 600
/** Without a request, in milliseconds: longer than the sidebar gathers changes. */
const QUIET = 4_000

function flow(simulator: Simulator, broker: TestBroker): FlowNode[] {
  const node = { z: 'tab', name: '', schedule: 0 }
  const [x, account] = [200, 'account']
  return [
    tab,
    { ...accountNode(simulator), name: 'Ada' },
    { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: RATE },
    {
      ...{ ...node, id: 'measures', type: 'withings-measures', account, types: [], mode: 'period', days: 30 },
      ...{ output: 'batch', ambiguous: 'exclude', units: 'metric', x, y: 100, wires: [['gladys']] }
    },
    {
      ...node,
      id: 'devices',
      type: 'withings-devices',
      account,
      output: 'batch',
      x,
      y: 200,
      wires: [['gladys']]
    },
    {
      ...{ id: 'gladys', type: 'gladys-device-state', z: 'tab', name: '', server: 'server', person: '' },
      ...{ create: 'discovery', liveMinutes: 15, x: 450, y: 150, wires: [[], []] }
    }
  ]
}

describe('the sidebar in a browser', function () {
  this.timeout(240_000)
  let simulator: Simulator
  let broker: TestBroker
  let nodeRed: NodeRed
  let editor: Editor

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], years: 1 })
    broker = await new TestBroker().start()
    nodeRed = await (
      await NodeRed.prepare({ allCoreNodes: true, adminAuth: true, httpAdminRoot: '/admin' })
    ).start()
    await logIn(nodeRed, simulator, 'account')
    const { id: clientId, secret: clientSecret } = simulator.client
    await nodeRed.deploy(flow(simulator, broker), { account: { clientId, clientSecret } })
    editor = await Editor.open(nodeRed, { user: ADMIN })
    await editor.showSidebar()
  })
  after(async () => {
    await closeBrowser()
    await nodeRed?.dispose()
    await broker?.stop()
    await simulator?.close()
  })
  afterEach(() => editor?.complaints.should.deepEqual([]))

  const section = (name: string, of = editor) => of.page.locator(`${SIDEBAR} .withings-${name}`)
  const row = (name: string, of = editor) => section(name, of).locator('li', { hasText: DEVICE })
  const press = (name: RegExp) => row('devices').getByRole('button', { name }).click()

  it('shows the account and offers its devices', async () => {
    await row('discovery').waitFor()
    ;(await section('accounts').innerText()).should.match(/Ada – linked/)
    ;(await section('devices').innerText()).should.match(/None yet/)
    ;(
      await section('discovery')
        .getByRole('button', { name: /^Connect to Gladys: / })
        .count()
    ).should.be.above(1)
    ;(await editor.faults(SIDEBAR)).should.deepEqual([])
  })

  it('names the account node that is one too many for its Withings user', async () => {
    const twin = { ...accountNode(simulator, { id: 'twin' }), name: 'Ada again' }
    const { id: clientId, secret: clientSecret } = simulator.client
    const keys = { clientId, clientSecret }
    const refused = await logIn(nodeRed, simulator, 'twin')
    refused.status.should.equal(409)
    ;(await refused.text()).should.match(/already connected in the account node “Ada”/)
    // As in flows of before: both connected while neither is deployed.
    const nodes = flow(simulator, broker)
    await nodeRed.deploy(nodes.filter(({ type }) => type !== 'withings-account'))
    ;(await logIn(nodeRed, simulator, 'twin')).status.should.equal(200)
    await nodeRed.deploy([...nodes, twin], { account: keys, twin: keys })
    const problems = editor.page.locator(`${SIDEBAR} .withings-problems`)
    await problems.getByText(/Ada again and Ada are connected to the same Withings user/).waitFor()
    await nodeRed.deploy(nodes, { account: keys })
    await problems.getByText(/same Withings user/).waitFor({ state: 'detached' })
  })

  it('asks Node-RED no more while nothing happens', async () => {
    let last = Date.now()
    const started = last
    const note = (request: { url(): string }): void => {
      if (request.url().includes('withings/')) last = Date.now()
    }
    editor.page.on('request', note)
    // What happened before may be asked for still.
    while (Date.now() - last < QUIET) {
      ;(Date.now() - started).should.be.below(5 * QUIET)
      await editor.page.waitForTimeout(200)
    }
    editor.page.off('request', note)
  })

  it('connects a device by keyboard, imports its history with progress, pauses and goes on', async () => {
    await row('discovery').getByRole('button').focus()
    await editor.page.keyboard.press('Enter')
    await row('devices').locator('progress').waitFor()
    ;(await row('devices').innerText()).should.match(/Importing: [\d,]+ (sent|of)/).and.match(/one click/)
    const focused = await editor.page.evaluate(() => document.activeElement?.closest('li')?.textContent)
    String(focused).should.containEql(DEVICE)
    // However often the numbers change, the button under the finger stays the same one.
    const pause = await row('devices')
      .getByRole('button', { name: /^Pause/ })
      .elementHandle()
    const before = await row('devices').innerText()
    while ((await row('devices').innerText()) === before) await row('devices').locator('progress').waitFor()
    await pause?.click()
    await row('devices').getByText('Paused').waitFor()
    ;(await editor.faults(SIDEBAR)).should.deepEqual([])
    await press(/^Go on/)
    await row('devices').getByText('Importing').waitFor()
    ;(await row('discovery').count()).should.equal(0)
  })

  it('shows the last reading with unit, time and a chart when the history is there', async function () {
    await row('devices').getByText('Imported').waitFor({ timeout: 120_000 })
    // What is shown at that moment may be from before the last values.
    await row('devices')
      .getByText(/Weight: \d+(\.\d+)? kg, .*20\d\d/)
      .waitFor()
    const chart = await row('devices').locator('svg').getAttribute('aria-label')
    chart?.should.match(/^Weight: \d+ values from .+ to .+/)
    const historical = broker.published.items.filter(({ topic }) => topic.endsWith('/historical'))
    historical.length.should.be.above(100)
    ;(await editor.faults(SIDEBAR)).should.deepEqual([])
  })

  it('imports once more and cancels', async () => {
    await press(/^Import history/)
    await row('devices').locator('progress').waitFor()
    await press(/^Cancel/)
    await row('devices').getByText('Cancelled').waitFor()
  })

  it('names each button with its own words first', async () => {
    const buttons = await editor.page.locator(`${SIDEBAR} li button`).all()
    buttons.length.should.be.above(2)
    for (const button of buttons) {
      const words = (await button.innerText()).trim()
      String(await button.getAttribute('aria-label')).should.startWith(words)
    }
  })

  it('still knows what is connected after Node-RED was killed', async () => {
    await editor.close()
    await nodeRed.kill()
    await nodeRed.start()
    const again = await Editor.open(nodeRed, { user: ADMIN, locale: 'fr-FR', colorScheme: 'dark' })
    await again.showSidebar()
    await row('devices', again).waitFor()
    ;(await section('devices', again).innerText()).should.match(/Poids\s?: \d+(,\d+)? kg/)
    ;(
      await section('discovery', again)
        .getByRole('button', { name: /^Connecter à Gladys : / })
        .count()
    ).should.be.above(0)
    // The server speaks English, whoever asks in French is answered in French.
    simulator.faults.add({ kind: 'status', status: 2554, action: 'getdevice' })
    const reason = again.page
      .locator(`${SIDEBAR} .withings-problems`)
      .getByText(/^Withings a refusé la requête avec le statut 2554/)
    // Within 10 s the good answer from before is given again.
    for (let press = 1; press <= 8 && !(await reason.isVisible()); press += 1) {
      await again.page.getByRole('button', { name: 'Actualiser' }).click()
      await reason.waitFor({ timeout: 3_000 }).catch(() => undefined)
    }
    await reason.waitFor()
    // What an import says comes to all editors, and each says it in its own language.
    const refusal = simulator.faults.add({ kind: 'status', status: 2554, action: 'getmeas' })
    await section('devices', again)
      .getByRole('button', { name: /^Importer l’historique/ })
      .first()
      .click()
    await row('devices', again)
      .getByText(/^Withings a refusé la requête avec le statut 2554/)
      .waitFor({ timeout: 60_000 })
    refusal.off()
    ;(await again.faults(SIDEBAR)).should.deepEqual([])
    again.complaints.should.deepEqual([])
    await again.close()
  })

  it('lets a reader look and press nothing', async () => {
    const reader = await Editor.open(nodeRed, { user: READER })
    await reader.showSidebar()
    await row('devices', reader).waitFor()
    const buttons = reader.page.locator(
      `${SIDEBAR} li button[data-key^="connect"], ${SIDEBAR} button[data-key^="import"]`
    )
    ;(await buttons.count()).should.be.above(1)
    for (const button of await buttons.all()) {
      ;(await button.isDisabled()).should.be.true()
      ;(await button.getAttribute('title'))?.should.match(/may look.*Ask the administrator/)
    }
    reader.complaints.should.deepEqual([])
    await reader.close()
  })

  it('asks which Gladys device node is meant where there are several', async () => {
    const more = [
      { id: 'server2', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: RATE },
      {
        ...{
          id: 'gladys2',
          type: 'gladys-device-state',
          z: 'tab',
          name: 'Flat',
          server: 'server2',
          person: ''
        },
        ...{ create: 'discovery', liveMinutes: 15, x: 450, y: 250, wires: [[], []] }
      }
    ]
    const again = await Editor.open(nodeRed, { user: ADMIN })
    await again.showSidebar()
    await row('devices', again).waitFor()
    const choice = again.page.locator(`${SIDEBAR} select`)
    ;(await choice.isVisible()).should.be.false()
    await nodeRed.deploy([...flow(simulator, broker), ...more], {}, 'nodes')
    await again.page.getByRole('button', { name: 'Refresh' }).click()
    await choice.waitFor()
    ;(await choice.locator('option').allInnerTexts()).should.deepEqual(['Gladys device node 1', 'Flat'])
    await choice.selectOption({ label: 'Flat' })
    await row('discovery', again).waitFor()
    ;(await row('devices', again).count()).should.equal(0)
    ;(await again.faults(SIDEBAR)).should.deepEqual([])
    await choice.selectOption('gladys')
    await row('devices', again).waitFor()
    again.complaints.should.deepEqual([])
    await again.close()
  })

  it('offers the settings of the nodes where those differ, and imports with what was chosen', async () => {
    const [, ...others] = flow(simulator, broker)
    const pounds = others.find(({ id }) => id === 'measures')!
    const more = { ...pounds, id: 'pounds', name: 'Pounds', units: 'imperial', y: 300 }
    await nodeRed.deploy([...flow(simulator, broker), more], {}, 'nodes')
    const again = await Editor.open(nodeRed, { user: ADMIN })
    await again.showSidebar()
    const rules = section('rules', again)
    const choice = rules.getByLabel(/^Ada, body measures: .* different settings/)
    await choice.waitFor()
    ;(await choice.locator('option').allInnerTexts()).should.deepEqual([
      'a new node: metric units',
      'Pounds: imperial units'
    ])
    ;(await rules.innerText()).should.match(/Ada: no node .* reads: days, workouts, nights\./)
    ;(await again.faults(SIDEBAR)).should.deepEqual([])
    await choice.selectOption('pounds')
    const asked = again.page.waitForRequest(/withings\/imports$/)
    await row('devices', again)
      .getByRole('button', { name: /^Import history/ })
      .click()
    ;((await asked).postDataJSON() as { rules: object }).rules.should.deepEqual({ measures: 'pounds' })
    await row('devices', again)
      .getByRole('button', { name: /^Cancel/ })
      .click()
    await row('devices', again).getByText('Cancelled').waitFor()
    ;(await choice.inputValue()).should.equal('pounds')
    again.complaints.should.deepEqual([])
    await again.close()
    await nodeRed.deploy(flow(simulator, broker), {}, 'nodes')
  })

  it('forgets a device after a question, which then is one to connect again', async () => {
    const again = await Editor.open(nodeRed, { user: ADMIN })
    await again.showSidebar()
    const button = row('devices', again).getByRole('button', { name: /^Forget: / })
    await button.click()
    await again.page.getByRole('button', { name: 'Keep' }).click()
    ;(await row('devices', again).count()).should.equal(1)
    await button.click()
    await again.page.getByRole('button', { name: 'Forget', exact: true }).last().click()
    await row('discovery', again).waitFor()
    ;(await row('devices', again).count()).should.equal(0)
    const isWithdrawn = ({ topic, payload }: { topic: string; payload: string }): boolean =>
      topic.endsWith('/config') && payload === ''
    await broker.published.until(all => all.some(isWithdrawn), 'the empty announcement')
    ;(await again.faults(SIDEBAR)).should.deepEqual([])
    again.complaints.should.deepEqual([])
    await again.close()
  })

  it('tells nothing to who has not logged in, and nothing is cached', async () => {
    ;(await fetch(`${nodeRed.root}withings/overview`)).status.should.equal(401)
    const answer = await nodeRed.admin('withings/overview')
    answer.headers.get('cache-control')?.should.equal('no-store')
    const text = await answer.text()
    text.should.not.containEql(simulator.client.secret)
    nodeRed.log.items.filter(line => /82\.\d+|"value"/.test(line)).should.deepEqual([])
  })
})
