import { type Simulator, startSimulator } from '../simulator'
import { accountNode, tab } from '../support/flows'
import { type FlowNode, NodeRed } from '../support/node-red'
import { closeBrowser } from './browser'
import { Editor } from './editor'

const ids = { measures: 'measures', gladys: 'gladys', account: 'account', server: 'server' }
/** The rest of a dialog is Node-RED's. */
const OURS = '.withings-form'

function flow(simulator: Simulator, mqttUrl = 'mqtt://127.0.0.1:9'): FlowNode[] {
  return [
    tab,
    accountNode(simulator),
    { id: ids.server, type: 'gladys-server', name: '', mqttUrl, tls: '', httpUrl: '', rate: 100 },
    {
      ...{ id: ids.measures, type: 'withings-measures', z: tab.id, name: '', account: ids.account },
      ...{ types: [], mode: 'new', days: 30, schedule: 0, output: 'each', x: 200, y: 100, wires: [[]] }
    },
    {
      ...{ id: ids.gladys, type: 'gladys-device-state', z: tab.id, name: '', server: ids.server },
      ...{ create: 'discovery', liveMinutes: 15, person: '', x: 200, y: 200, wires: [[], []] }
    }
  ]
}

describe('the addresses in the dialogs', function () {
  this.timeout(240_000)
  let simulator: Simulator
  let nodeRed: NodeRed
  let editor: Editor

  before(async () => {
    simulator = await startSimulator({ people: ['Ada'], years: 0.1 })
    nodeRed = await (await NodeRed.prepare({ allCoreNodes: true })).start()
    const { id: clientId, secret: clientSecret } = simulator.client
    await nodeRed.deploy(flow(simulator), { [ids.account]: { clientId, clientSecret } })
    editor = await Editor.open(nodeRed)
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

  it('of the server moves user and password out of its addresses', async () => {
    const { page } = editor
    const value = (property: string) => page.inputValue(`#node-config-input-${property}`)
    const open = async () => {
      await editor.openNode(ids.gladys)
      await editor.openConfig('server', 'edit')
    }
    await open()
    await page.fill('#node-config-input-mqttUrl', ' mqtt://gladys:broker%21@127.0.0.1:9 ')
    await page.press('#node-config-input-mqttUrl', 'Tab')
    ;(await value('mqttUrl')).should.equal('mqtt://127.0.0.1:9')
    ;(await value('mqttUsername')).should.equal('gladys')
    ;(await value('mqttPassword')).should.equal('broker!')
    await page.fill('#node-config-input-httpUrl', 'http://ada@example.org:secret@127.0.0.1')
    await page.fill('#node-config-input-mqttUsername', ' gladys ')
    await editor.done('config')
    await editor.done()
    for (const [property, plain] of [
      ['mqttUrl', 'mqtt://127.0.0.1:9'],
      ['httpUrl', 'http://127.0.0.1']
    ] as const)
      ((await editor.property(ids.server, property)) as string).should.equal(plain)
    await editor.deploy()
    await open()
    ;(await Promise.all(['mqttUsername', 'mqttPassword', 'email', 'password'].map(value))).should.deepEqual([
      'gladys',
      '__PWRD__',
      'ada@example.org',
      '__PWRD__'
    ])
    await editor.done('config')
    await editor.done()
  })

  it('of the account says that a callback address leads elsewhere, and offers its own', async () => {
    const { page } = editor
    const field = '#node-config-input-callbackUrl'
    const differs = page.locator('#withings-callback-differs')
    const own = `${nodeRed.root}withings/callback`
    await editor.openNode(ids.measures)
    await editor.openConfig('account', 'edit')
    ;(await page.inputValue(field)).should.equal(own)
    ;(await differs.isVisible()).should.be.false()
    await page.fill(field, 'http://192.168.1.99:1880/withings/callback')
    await editor.done('config')
    await editor.openConfig('account', 'edit')
    ;(await page.inputValue(field)).should.equal('http://192.168.1.99:1880/withings/callback')
    ;(await differs.innerText()).should.containEql(own).and.match(/proxy/)
    ;(await editor.faults(OURS)).should.deepEqual([])
    await page.click('#withings-callback-own')
    ;(await page.inputValue(field)).should.equal(own)
    ;(await differs.isVisible()).should.be.false()
    for (const quiet of ['${CALLBACK}', 'nonsense']) {
      await page.fill(field, quiet)
      ;(await differs.isVisible()).should.be.false(quiet)
    }
    await page.fill(field, own)
    await editor.done('config')
    await editor.done()
  })

  it('show no user and password of an address that was deployed with them', async () => {
    const { id: clientId, secret: clientSecret } = simulator.client
    const nodes = flow(simulator, 'mqtt://gladys:broker-password@127.0.0.1:9')
    await nodeRed.deploy(nodes, { [ids.account]: { clientId, clientSecret } })
    const fresh = await Editor.open(nodeRed)
    const { page } = fresh
    await fresh.openNode(ids.gladys)
    const offered = await page.locator('#node-input-server option').allInnerTexts()
    offered
      .join()
      .should.match(/mqtt:\/\/127\.0\.0\.1:9/)
      .and.not.match(/broker-password|gladys:/)
    await fresh.openConfig('server', 'edit')
    ;(await page.inputValue('#node-config-input-mqttUrl')).should.equal('mqtt://127.0.0.1:9')
    ;(await page.inputValue('#node-config-input-mqttUsername')).should.equal('gladys')
    await fresh.done('config')
    await fresh.done()
    ;((await fresh.property(ids.server, 'mqttUrl')) as string).should.equal('mqtt://127.0.0.1:9')
    fresh.complaints.should.deepEqual([])
    await fresh.close()
  })
})
