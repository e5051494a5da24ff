import { type Simulator, startSimulator } from '../simulator'
import { logIn } from '../support/log-in'
import { ADMIN, type FlowNode, NodeRed, READER } from '../support/node-red'
import { closeBrowser } from './browser'
import { Editor } from './editor'

const ids = {
  tab: 'f1',
  measures: 'm1',
  devices: 'd1',
  heart: 'h1',
  activity: 'v1',
  sleep: 'n1',
  early: 'd0',
  notification: 'w1',
  gladys: 'g1',
  account: 'a1',
  server: 's1'
}

function flow(simulator: Simulator): FlowNode[] {
  const scopes = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents']
  const addresses = { region: 'custom', apiUrl: simulator.url, accountUrl: simulator.url }
  const placed = { z: ids.tab, name: '', wires: [[]] }
  const schedule = 0
  return [
    { id: ids.tab, type: 'tab', label: 'Flow' },
    {
      ...{ id: ids.account, type: 'withings-account', name: 'Ada', ...addresses },
      ...{ callbackUrl: '', scopes, demo: false, proxy: '' }
    },
    {
      ...{ id: ids.server, type: 'gladys-server', name: '', mqttUrl: 'mqtt://127.0.0.1:9', tls: '' },
      ...{ httpUrl: '', rate: 100 }
    },
    {
      ...placed,
      ...{
        id: ids.measures,
        type: 'withings-measures',
        account: ids.account,
        types: [],
        mode: 'new',
        days: 30
      },
      ...{ schedule, output: 'each', ambiguous: 'exclude', units: 'metric', x: 200, y: 120 }
    },
    {
      ...placed,
      ...{ id: ids.activity, type: 'withings-activity', account: ids.account, what: 'daily', mode: 'new' },
      ...{ days: 30, schedule, output: 'each', external: 'include', units: 'metric', x: 480, y: 240 }
    },
    {
      ...placed,
      ...{ id: ids.devices, type: 'withings-devices', account: ids.account, schedule, output: 'batch' },
      ...{ x: 200, y: 200 }
    },
    {
      ...placed,
      ...{
        id: ids.sleep,
        type: 'withings-sleep',
        account: ids.account,
        what: 'nights',
        mode: 'new',
        days: 30
      },
      ...{ schedule, output: 'each', naps: 'include', napHours: 3, napFrom: 9, napUntil: 21 },
      ...{ joinMinutes: 60, units: 'metric', x: 200, y: 440 }
    },
    {
      ...placed,
      ...{ id: ids.early, type: 'withings-devices', account: '', schedule, output: 'batch', x: 480, y: 400 }
    },
    {
      ...placed,
      ...{ id: ids.heart, type: 'withings-heart', account: ids.account, what: 'recordings', mode: 'new' },
      ...{ days: 30, schedule, output: 'each', x: 200, y: 280 }
    },
    {
      ...placed,
      ...{ id: ids.notification, type: 'withings-notification', account: ids.account, publicUrl: '' },
      ...{ categories: [1, 50, 51], x: 200, y: 340 }
    },
    {
      ...placed,
      ...{ id: ids.gladys, type: 'gladys-device-state', server: ids.server, create: 'discovery' },
      ...{ liveMinutes: 15, person: '', x: 480, y: 160, wires: [[], []] }
    }
  ]
}

/** The rest of a dialog is Node-RED's. */
const OURS = '.withings-form'

/** What is changed in each dialog: field, new value, property as it is then. */
const changes = {
  measures: [
    ['name', 'Scale', 'Scale'],
    ['mode', 'period', 'period'],
    ['days', '7', 7],
    ['schedule', '20', 20],
    ['output', 'latest', 'latest'],
    ['ambiguous', 'include', 'include'],
    ['units', 'imperial', 'imperial']
  ],
  activity: [
    ['name', 'Steps', 'Steps'],
    ['what', 'workouts', 'workouts'],
    ['mode', 'period', 'period'],
    ['days', '7', 7],
    ['schedule', '30', 30],
    ['output', 'batch', 'batch'],
    ['external', 'exclude', 'exclude'],
    ['units', 'imperial', 'imperial']
  ],
  devices: [
    ['name', 'Devices', 'Devices'],
    ['schedule', '90', 90],
    ['output', 'each', 'each']
  ],
  heart: [
    ['name', 'ECG', 'ECG'],
    ['mode', 'period', 'period'],
    ['days', '7', 7],
    ['schedule', '20', 20],
    ['output', 'batch', 'batch'],
    ['what', 'stethoscope', 'stethoscope']
  ],
  sleep: [
    ['name', 'Nights', 'Nights'],
    ['mode', 'period', 'period'],
    ['days', '7', 7],
    ['schedule', '20', 20],
    ['output', 'batch', 'batch'],
    ['naps', 'exclude', 'exclude'],
    ['napFrom', '10', 10],
    ['napUntil', '19.5', 19.5],
    ['napHours', '2.5', 2.5],
    ['joinMinutes', '90', 90],
    ['units', 'imperial', 'imperial'],
    ['what', 'stages', 'stages']
  ],
  notification: [
    ['name', 'Push', 'Push'],
    ['publicUrl', 'https://home.example.org', 'https://home.example.org']
  ],
  gladys: [
    ['name', 'Gladys', 'Gladys'],
    ['create', 'none', 'none'],
    ['liveMinutes', '30', 30],
    ['person', 'Ada', 'Ada']
  ]
} as const

describe('the dialogs in a browser', function () {
  this.timeout(240_000)
  let simulator: Simulator
  let nodeRed: NodeRed
  let editor: Editor

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], years: 1 })
    nodeRed = await (await NodeRed.prepare({ allCoreNodes: true, adminAuth: true })).start()
    await logIn(nodeRed, simulator, ids.account)
    const { id: clientId, secret: clientSecret } = simulator.client
    await nodeRed.deploy(flow(simulator), { [ids.account]: { clientId, clientSecret } })
    editor = await Editor.open(nodeRed, { user: ADMIN })
  })
  after(async () => {
    await closeBrowser()
    await nodeRed?.dispose()
    await simulator?.close()
  })
  afterEach(async () => {
    await editor?.leaveDialogs()
    editor?.complaints.should.deepEqual([])
  })

  async function change(field: string, value: string): Promise<void> {
    const { page } = editor
    const isList = await page.evaluate(
      selector => document.querySelector(selector)?.tagName === 'SELECT',
      field
    )
    if (isList) await page.selectOption(field, value)
    else await page.fill(field, value)
  }

  // The flow is one from before device, dates and version.
  for (const kind of ['measures', 'activity', 'devices', 'heart', 'sleep', 'notification', 'gladys'] as const)
    it(`of ${kind} from an older flow leaves it unchanged when nothing was changed`, async () => {
      await editor.openNode(ids[kind])
      await editor.done()
      for (const property of ['changed', 'version', 'device', 'startDate', 'startDateType'])
        Boolean(await editor.property(ids[kind], property)).should.be.false(property)
      ;(await editor.page.locator('#red-ui-header-button-deploy.disabled').count()).should.equal(1)
    })

  for (const kind of ['measures', 'activity', 'devices', 'heart', 'sleep', 'notification', 'gladys'] as const)
    it(`of ${kind} is opened, changed, saved and reopened, and can be used by everybody`, async () => {
      const { page } = editor
      await editor.openNode(ids[kind])
      ;(await editor.faults(OURS)).should.deepEqual([])
      for (const [field, value] of changes[kind]) await change(`#node-input-${field}`, value)
      await editor.done()
      for (const [field, , saved] of changes[kind])
        ((await editor.property(ids[kind], field)) as string | number).should.equal(saved, field)
      await editor.openNode(ids[kind])
      for (const [field, value] of changes[kind])
        (await page.inputValue(`#node-input-${field}`)).should.equal(value, field)
      await editor.done()
    })

  it('of measures takes some types found by a search', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    await page.click('#withings-types .withings-all')
    await page.fill('#withings-types .withings-filter', 'PRESSURE')
    const found = page.locator('#withings-types .withings-groups label:visible')
    ;(await found.count()).should.equal(2)
    for (const label of await found.all()) await label.click()
    ;(await editor.faults('#withings-types')).should.deepEqual([])
    await editor.done()
    const types = (await editor.property(ids.measures, 'types')) as string[]
    types.sort().should.deepEqual(['diastolic_blood_pressure', 'systolic_blood_pressure'])
  })

  it('of measures says what is wrong with a number', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    await page.fill('#node-input-schedule', 'often')
    await page.press('#node-input-schedule', 'Tab')
    ;(await page.getAttribute('#node-input-schedule', 'class'))?.should.match(/input-error/)
    await page.fill('#node-input-schedule', '20')
    await editor.done()
  })

  it('of heart asks nothing more for a signal, which is read on demand', async () => {
    const { page } = editor
    await editor.openNode(ids.heart)
    await page.selectOption('#node-input-what', 'signal')
    for (const field of ['mode', 'days', 'schedule', 'output'])
      (await page.isVisible(`#node-input-${field}`)).should.be.false()
    ;(await page.innerText('#withings-what-hint')).should.match(/msg\.signalId/)
    ;(await editor.faults(OURS)).should.deepEqual([])
    await page.selectOption('#node-input-what', 'recordings')
    ;(await page.isVisible('#node-input-mode')).should.be.true()
    await editor.done()
  })

  it('of measures tells its schedule in words, and what a message overrides', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    const words = page.locator('#withings-schedule-hint')
    for (const [minutes, told] of [
      ['0', /^Only when a message arrives/],
      ['1', /^Every 10 minutes, the shortest pause/],
      ['45', /^Every 45 minutes/],
      ['60', /^Every hour/],
      ['2880', /^Every 2 days/],
      ['often', /^$/]
    ] as const) {
      await page.fill('#node-input-schedule', minutes)
      ;(await words.innerText()).should.match(told, minutes)
    }
    const dialog = await page.innerText('.withings-form')
    for (const property of ['msg.types', 'msg.mode'])
      dialog.should.match(new RegExp(`A message can override .*${property}`))
    await page.fill('#node-input-schedule', '20')
    await editor.done()
  })

  it('of measures offers the devices of the account, and keeps the chosen one', async () => {
    const { page } = editor
    const list = page.locator('#node-input-device')
    await editor.openNode(ids.measures)
    await list.locator('option', { hasText: 'Body Scan' }).first().waitFor({ state: 'attached' })
    const words = await list.locator('option').allInnerTexts()
    words[0]!.should.equal('all devices')
    words.at(-1)!.should.match(/^without a device/)
    await list.selectOption({ label: 'Body Scan' })
    await editor.done()
    const chosen = (await editor.property(ids.measures, 'device')) as string
    chosen.should.match(/^[0-9a-f]{40}$/)
    await editor.openNode(ids.measures)
    ;(await list.inputValue()).should.equal(chosen)
    await list.locator('option', { hasText: 'Body Scan' }).first().waitFor({ state: 'attached' })
    ;(await list.inputValue()).should.equal(chosen)
    await list.selectOption('')
    await editor.done()
  })

  it('of measures takes its dates from the message, or from elsewhere', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    const value = (field: string) => page.inputValue(`#node-input-${field}`)
    const both = async () => [await value('startDate'), await value('startDateType')]
    ;(await both()).should.deepEqual(['startDate', 'msg'])
    const start = page.locator('#node-input-startDate + .red-ui-typedInput-container')
    await start.locator('.red-ui-typedInput-type-select').click()
    await page.locator('.red-ui-typedInput-options:visible a[value="str"]').click()
    await start.locator('input').fill('2026-13-01')
    await page.waitForSelector(
      '#node-input-startDate.input-error, .red-ui-typedInput-container.input-error',
      {
        state: 'attached'
      }
    )
    await start.locator('input').fill('2026-11-01')
    ;(await editor.faults(OURS)).should.deepEqual([])
    await editor.done()
    const stored = await Promise.all(
      ['startDate', 'startDateType'].map(name => editor.property(ids.measures, name))
    )
    stored.should.deepEqual(['2026-11-01', 'str'])
    await editor.openNode(ids.measures)
    ;(await both()).should.deepEqual(['2026-11-01', 'str'])
    await editor.done()
  })

  it('of a node from before the account has the only account chosen', async () => {
    const { page } = editor
    await editor.openNode(ids.early)
    ;(await page.inputValue('#node-input-account')).should.equal(ids.account)
    await editor.done()
    ;((await editor.property(ids.early, 'account')) as string).should.equal(ids.account)
  })

  it('of notifications takes what is ticked, and says what Withings does not call', async () => {
    const { page } = editor
    await editor.openNode(ids.notification)
    const hint = () => page.innerText('#withings-public-hint')
    await page.fill('#node-input-publicUrl', 'http://192.168.1.10:1880')
    ;(await hint()).should.match(/would refuse/)
    ;(await page.getAttribute('#node-input-publicUrl', 'class'))?.should.match(/input-error/)
    await page.fill('#node-input-publicUrl', '')
    ;(await hint()).should.match(/cannot call this Node-RED/)
    const labels = page.locator('#withings-categories label')
    ;(await labels.count()).should.equal(19)
    await labels.filter({ hasText: 'Got out of bed' }).click()
    await labels.filter({ hasText: /^Sleep$/ }).click()
    await editor.done()
    ;((await editor.property(ids.notification, 'categories')) as number[]).should.deepEqual([1, 44, 50])
  })

  it('of the account shows who is linked, keeps the secret, and can be used by everybody', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    await editor.openConfig('account', 'edit')
    await page.waitForSelector('#withings-link dd')
    ;(await editor.linkFacts()).should.containEql(simulator.people[0]?.userId ?? '?')
    ;(await page.inputValue('#node-config-input-clientSecret')).should.equal('__PWRD__')
    ;(await editor.faults(OURS)).should.deepEqual([])
    await page.fill('#node-config-input-name', 'Ada L')
    await editor.done('config')
    await editor.done()
    ;((await editor.property(ids.account, 'name')) as string).should.equal('Ada L')
  })

  it('of the account says when the person refuses', async () => {
    const { page } = editor
    await editor.openNode(ids.measures)
    await editor.openConfig('account', 'edit')
    ;(await editor.connect('deny')).should.match(/not allowed/)
    await page.locator('#withings-message', { hasText: 'Nothing was linked' }).waitFor()
    await editor.done('config')
    await editor.done()
  })

  it('of the server is opened, changed, saved and reopened, and can be used by everybody', async () => {
    const { page } = editor
    await editor.openNode(ids.gladys)
    await editor.openConfig('server', 'edit')
    ;(await editor.faults(OURS)).should.deepEqual([])
    await page.fill('#node-config-input-mqttUrl', 'mqtts://127.0.0.1:8883')
    ;(await page.locator('#gladys-tls-row').isVisible()).should.be.true()
    await page.fill('#node-config-input-mqttUsername', 'gladys')
    await page.fill('#node-config-input-mqttPassword', 'broker-password')
    await editor.done('config')
    await editor.done()
    await editor.deploy()
    await editor.openNode(ids.gladys)
    await editor.openConfig('server', 'edit')
    ;(await page.inputValue('#node-config-input-mqttUrl')).should.equal('mqtts://127.0.0.1:8883')
    ;(await page.inputValue('#node-config-input-mqttUsername')).should.equal('gladys')
    ;(await page.inputValue('#node-config-input-mqttPassword')).should.equal('__PWRD__')
    await editor.done('config')
    await editor.done()
  })

  it('of a new server keeps every property, the blank ones too', async () => {
    await editor.openNode(ids.gladys)
    await editor.openConfig('server', 'add')
    await editor.page.fill('#node-config-input-name', 'Second')
    await editor.done('config')
    await editor.done()
    const id = (await editor.idsOf('gladys-server')).find(one => one !== ids.server) ?? ''
    const values = await Promise.all(['version', 'tls', 'httpUrl'].map(name => editor.property(id, name)))
    values.should.deepEqual([1, '', ''])
  })

  it('are in French for a French browser, in the dark too', async () => {
    const french = await Editor.open(nodeRed, { user: ADMIN, locale: 'fr-FR', colorScheme: 'dark' })
    const { page } = french
    await french.openNode(ids.measures)
    const dialog = await page.innerText('.red-ui-tray-body')
    dialog.should.match(/Compte/).and.not.match(/withings-measures\.|Account\b/)
    ;(await french.faults(OURS)).should.deepEqual([])
    french.complaints.should.deepEqual([])
    await french.close()
  })

  it('show a reader who is linked, and let nobody connect who may not', async () => {
    const reader = await Editor.open(nodeRed, { user: READER })
    const { page } = reader
    await reader.openNode(ids.measures)
    await reader.openConfig('account', 'edit')
    await page.waitForSelector('#withings-link dd')
    await page.click('#withings-connect')
    await page.locator('#withings-message', { hasText: 'look at this account, but not change it' }).waitFor()
    reader.complaints.should.deepEqual([])
    await reader.close()
  })
})
