import helper from 'node-red-node-test-helper'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Overview, OverviewDevice } from '../../lib/gladys/overview/types'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { type Simulator, startSimulator } from '../simulator'
import { accountNode as accountOf, tab } from '../support/flows'
import { PubackBroker } from '../support/puback-broker'
import { type Answer, logIn } from '../support/withings-to-gladys'
import accountNode = require('../../nodes/withings-account')
import sidebarPlugin = require('../../plugins/withings-sidebar')

describe('the overview of gladys-device-state nodes', () => {
  let simulator: Simulator
  let broker: PubackBroker
  let userDir: string
  let account: string
  let count = 0

  const directory = () => join(userDir, 'withings-gladys', 'server')
  const fileOf = (name: string) => JSON.parse(readFileSync(join(directory(), name), 'utf8')) as object
  const ada = () => simulator.people.find(({ name }) => name === 'Ada')!
  const scale = () => ada().devices[0]!.deviceid
  const identifier = () => `withings-${ada().userId}-${scale()}`
  const overview = async () =>
    (await helper.request().get('/withings/overview')) as unknown as Answer<Overview>
  const forget = async (form: object) =>
    (await helper.request().post('/withings/overview/forget').send(form)) as unknown as Answer<{
      error?: { code: string }
    }>
  const form = () => ({ node: 'overview-state', account, deviceId: scale() })

  async function load(create: string, mqttUrl = broker.url): Promise<void> {
    const { client } = simulator
    const flow = [
      tab,
      accountOf(simulator, { id: account }),
      { id: 'server', type: 'gladys-server', mqttUrl, tls: '', httpUrl: '', rate: 1000 },
      {
        id: 'overview-state',
        type: 'gladys-device-state',
        z: 'tab',
        server: 'server',
        create,
        wires: [[], []]
      }
    ]
    const credentials = { [account]: { clientId: client.id, clientSecret: client.secret } }
    await helper.load([sidebarPlugin, accountNode, serverNode, deviceStateNode], flow, credentials)
    await logIn(simulator, { account, userId: ada().userId, scopes: ['user.info', 'user.metrics'] })
  }

  async function device(): Promise<OverviewDevice> {
    const { body } = await overview()
    return body.devices.find(({ deviceId }) => deviceId === scale())!
  }
  const battery = () => ({
    ...{ id: scale(), userId: ada().userId, model: 'Body+', battery: 'high', batteryLevel: 90 },
    lastSeen: null
  })

  before(() => new Promise<void>(resolve => void helper.startServer(resolve)))
  after(() => new Promise<void>(resolve => void helper.stopServer(resolve)))
  beforeEach(async () => {
    simulator = await startSimulator({ seed: (count += 1), years: 0.1, people: ['Ada'] })
    broker = await new PubackBroker().start()
    userDir = mkdtempSync(join(tmpdir(), 'gladys-overview-'))
    helper.settings({ userDir })
    account = `overview-${count}`
  })
  afterEach(async () => {
    await helper.unload()
    await broker.stop()
    await simulator.close()
    rmSync(userDir, { recursive: true, force: true })
  })

  it('takes a device that has arrived for connected, and one that was forgotten not, until it is announced again', async () => {
    mkdirSync(directory(), { recursive: true })
    writeFileSync(join(directory(), 'arrived.json'), JSON.stringify({ [identifier()]: true, other: true }))
    await load('discovery')
    helper.getNode('overview-state').receive({ payload: battery() })
    await broker.published(2)
    ;(await device()).connected.should.be.true()
    const { status } = await forget(form())
    status.should.equal(200)
    broker.seen[2]!.should.match({ topic: broker.seen[0]!.topic, payload: '', retain: true })
    fileOf('arrived.json').should.eql({ other: {} })
    fileOf('announced.json').should.eql({})
    ;(await device()).connected.should.be.false()
    helper.getNode('overview-state').receive({ payload: battery() })
    const seen = await broker.published(4)
    seen[3]!.payload.should.equal(seen[0]!.payload)
  })

  it('forgets that somebody asked for the history', async () => {
    await load('discovery')
    await helper.request().post('/withings/imports').send(form()).expect(201)
    ;(await device()).connected.should.be.true()
    ;(await forget(form())).status.should.equal(200)
    ;(await device()).connected.should.be.false()
  })

  it('ends the import of what is forgotten', async () => {
    await load('discovery')
    // Else the import would be at its end before that.
    broker.acknowledging = false
    const { deviceId } = simulator.expectedReadings(ada().userId).find(reading => reading.deviceId !== null)!
    const asked = { ...form(), deviceId }
    await helper.request().post('/withings/imports').send(asked).expect(201)
    await broker.published(1)
    const imports = (): string[] => readdirSync(join(directory(), 'imports'))
    imports().length.should.equal(1)
    // The broker acknowledges nothing, so it takes the end of the node to end the request.
    const forgotten = forget(asked)
    while (imports().length > 0) await nextTurn()
    await helper.unload()
    await forgotten.catch(() => undefined)
  })

  it('forgets nothing for junk', async () => {
    await load('none')
    const { deviceId: _left, ...all } = form()
    const junk = [{ ...form(), node: 'other' }, { ...form(), account: 'other' }, all]
    const answers = await Promise.all([...junk, { ...form(), deviceId: 'a/b' }, {}].map(forget))
    answers
      .map(({ body }) => body.error?.code)
      .should.eql(['NOT_CONFIGURED', 'NOT_CONFIGURED', 'BAD_INPUT', 'BAD_INPUT', 'BAD_INPUT'])
    answers.every(({ status }) => status === 400).should.be.true()
    broker.seen.should.eql([])
  })

  const reading = (deviceId: string | null, model: string | null = 'WS-30') => ({
    ...{ userId: ada().userId, deviceId, model, type: 'weight', value: 80, unit: 'kg' },
    date: new Date().toISOString()
  })
  const rows = async () =>
    (await overview()).body.devices.map(({ deviceId, model, connected, listed }) => ({
      ...{ deviceId, model, connected, listed }
    }))
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; tries < 2_000; tries += 1) if (await isSo()) return
    throw new Error('it did not come')
  }
  const others = async () => (await rows()).filter(({ listed }) => listed !== true)
  const sold = { deviceId: 'sold', model: 'WS-30', listed: false }
  const manual = { deviceId: null, model: null, listed: null }

  for (const create of ['discovery', 'none'])
    it(`gives what Withings does not list a row of its own, until it is forgotten, with ${create}`, async () => {
      await load(create)
      const listed = (await rows()).length
      listed.should.be.above(0)
      helper
        .getNode('overview-state')
        .receive({ payload: [reading('sold'), reading(null), reading('model-59')] })
      await broker.published(create === 'discovery' ? 6 : 3)
      const connected = create === 'none'
      const days = { deviceId: 'model-59', model: 'WS-30', listed: null }
      await until(async () => (await others()).filter(row => row.connected === connected).length >= 3)
      ;(await others()).should.eql([sold, days, manual].map(row => ({ ...row, connected })))
      ;(await rows()).length.should.equal(listed + 3)
      for (const deviceId of ['sold', 'manual'])
        (await forget({ node: 'overview-state', account, deviceId })).status.should.equal(200)
      ;(await others()).should.eql([{ ...days, connected }])
      helper.getNode('overview-state').receive({ payload: reading('sold') })
      await until(async () => (await others()).length >= 2)
      ;(await others())[create === 'none' ? 0 : 1]!.should.eql({ ...sold, connected })
    })

  it('has a row for manual entries that a version before sent without discovery', async () => {
    await load('none')
    helper.getNode('overview-state').receive({ payload: reading(null) })
    await broker.published(1)
    await until(async () => (await others()).length > 0)
    await helper.unload()
    rmSync(join(directory(), 'devices.json'))
    await load('none')
    ;(await others()).should.eql([{ ...manual, connected: true }])
  })

  it('forgets a device whose account is unlinked', async () => {
    await load('discovery')
    helper.getNode('overview-state').receive({ payload: reading('sold') })
    await broker.published(2)
    await helper.request().post(`/withings/accounts/${account}/unlink`).send({}).expect(200)
    const { devices } = (await overview()).body
    const { userId } = ada()
    devices.should.match([{ account: null, userId, person: '', name: /^WS-30/, deviceId: 'sold' }])
    ;(await forget({ node: 'overview-state', userId, deviceId: 'sold' })).status.should.equal(200)
    ;(await overview()).body.devices.should.eql([])
    fileOf('announced.json').should.eql({})
  })

  it('keeps rows of people apart, and says nothing of a list that Withings did not give', async () => {
    simulator.faults.add({ kind: 'status', status: 2554, action: 'getdevice' })
    await load('none')
    const payload = [reading('sold'), { ...reading('theirs'), userId: '4711' }]
    helper.getNode('overview-state').receive({ payload })
    await broker.published(2)
    await until(async () => (await others()).length >= 2)
    // No account of this flow belongs to the other one.
    const { devices } = (await overview()).body
    devices.should.match([
      { account, deviceId: 'sold', listed: null },
      { account: null, deviceId: 'theirs', listed: null }
    ])
  })

  it('takes a device for connected that sent its battery and nothing else', async () => {
    await load('none')
    ;(await device()).connected.should.be.false()
    helper.getNode('overview-state').receive({ payload: battery() })
    await broker.published(1)
    await until(async () => (await device()).connected)
  })

  it('shows a node whose server has no usable address', async () => {
    await load('discovery', '')
    const { body } = await overview()
    body.targets.should.eql([
      { id: 'overview-state', name: '', create: 'discovery', broker: 'unset', gladys: 'there', waiting: 0 }
    ])
    body.target!.should.equal('overview-state')
  })
})
