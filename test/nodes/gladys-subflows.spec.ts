import helper from 'node-red-node-test-helper'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportState } from '../../lib/gladys/import/state'
import type { Overview } from '../../lib/gladys/overview/types'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import type { Simulator } from '../simulator'
import type { Collected } from '../support/events'
import { accountNode as accountOf, tab } from '../support/flows'
import type { FlowNode } from '../support/node-red'
import type { PubackBroker } from '../support/puback-broker'
import { type Answer, useWithingsToGladys } from '../support/withings-to-gladys'
import accountNode = require('../../nodes/withings-account')
import sidebarPlugin = require('../../plugins/withings-sidebar')
import heartNode = require('../../nodes/withings-heart')
import measuresNode = require('../../nodes/withings-measures')

describe('what runs in subflows, or is named by variables', function () {
  this.timeout(70_000)
  const bench = useWithingsToGladys('subflow-account', { years: 0.1 })
  let simulator: Simulator
  let broker: PubackBroker
  let userDir: string
  let published: Collected<ImportState>
  let account: string

  const place = { z: 'tab', x: 100, y: 100 }
  const server = (more: object = {}): FlowNode => ({
    ...{ id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100_000 },
    ...more
  })
  const state = (more: object = {}): FlowNode => ({
    ...{ id: 'state', type: 'gladys-device-state', ...place },
    ...{ server: 'server', create: 'none', wires: [[], []], ...more }
  })
  const measures = (id: string, units: string, more: object = {}): FlowNode => ({
    ...{ id, type: 'withings-measures', ...place, account, units },
    ...{ schedule: 0, wires: [['state']], ...more }
  })

  let clientId: string

  async function load(...flow: FlowNode[]): Promise<void> {
    const credentials = { [account]: { clientId, clientSecret: simulator.client.secret } }
    await helper.load(
      [sidebarPlugin, accountNode, serverNode, deviceStateNode, measuresNode, heartNode],
      [tab, ...flow],
      credentials
    )
  }

  const logIn = () => bench.logIn(['user.info', 'user.metrics'], clientId)

  const overview = async (target = '') =>
    ((await helper.request().get('/withings/overview').query({ target })) as unknown as Answer<Overview>).body
  const rulesOf = async (target: string) =>
    (await overview(target)).rules.find(({ subject }) => subject === 'measures')!
  const begin = async (form: object) =>
    (await helper.request().post('/withings/imports').send(form)) as unknown as Answer<ImportState>

  const done = (id: string) =>
    published.until(all => all.find(state => state.id === id && state.state === 'done'), 'the end', 60_000)
  /** Oldest first. */
  const weightsSince = (length: number): number[] =>
    broker.seen
      .slice(length)
      .filter(({ topic }) => topic.includes(':weight/'))
      .map(({ payload }) => JSON.parse(payload) as { state: number; created_at: string })
      .sort((a, b) => a.created_at.localeCompare(b.created_at))
      .map(({ state }) => state)

  /** The weights that an import sends. */
  async function imported(form: object): Promise<number[]> {
    const { length } = broker.seen
    const { status, body } = await begin({ account, ...form })
    status.should.equal(201)
    await done(body.id)
    return weightsSince(length)
  }
  const kilograms = () =>
    simulator
      .expectedReadings(bench.ada.userId)
      .filter(({ meastype, attrib }) => meastype === 1 && attrib !== 1)
      .sort((a, b) => a.date - b.date)
      .map(({ value }) => Number(value))
  const pounds = () => kilograms().map(value => Math.round((value / 0.45359237) * 1e4) / 1e4)

  beforeEach(() => {
    ;({ simulator, broker, userDir, published, account } = bench)
    clientId = simulator.client.id
  })

  const household = (): FlowNode[] => {
    const inside = { z: 'sub' }
    const env = ['ACCOUNT', 'SERVER', 'UNITS'].map(name => ({ name, type: 'str', value: '' }))
    const instance = (id: string, units: string) => ({
      ...{ id, type: 'subflow:sub', ...place, name: id, wires: [] },
      env: [
        { name: 'ACCOUNT', type: 'conf-type', value: account },
        { name: 'SERVER', type: 'conf-type', value: 'server' },
        { name: 'UNITS', type: 'str', value: units }
      ]
    })
    return [
      ...[accountOf(simulator, { id: account }), server()],
      { id: 'sub', type: 'subflow', name: 'Household', in: [], out: [], env },
      measures('measures', '${UNITS}', { ...inside, account: '${ACCOUNT}' }),
      state({ ...inside, server: '${SERVER}', create: 'none' }),
      ...[instance('Imperial', 'imperial'), instance('Metric', 'metric')]
    ]
  }

  it('is listed in the sidebar, and an import of it is told as it tells', async () => {
    await load(...household())
    await logIn()
    const { accounts, targets, devices } = await overview('Metric-state')
    accounts.map(({ id, status }) => [id, status]).should.match([[account, /ready|volatile/]])
    targets
      .map(({ id, name, broker }) => [id, name, broker === 'unset'])
      .should.eql([
        ['Imperial-state', 'Imperial', false],
        ['Metric-state', 'Metric', false]
      ])
    devices.length.should.be.above(0)
    ;(await rulesOf('Imperial-state')).should.match({
      because: 'flow',
      choices: [{ id: 'Imperial-measures' }]
    })
    kilograms().length.should.be.above(3)
    ;(await imported({ node: 'Metric-state' })).should.eql(kilograms())
    rmSync(join(userDir, 'withings-gladys', 'server', 'units.json'))
    await helper.unload()
    await load(...household())
    ;(await imported({ node: 'Imperial-state' })).should.eql(pounds())
  })

  for (const [which, more, because] of [
    ['one that asks', {}, 'device_or_plan'],
    ['a disabled one as not asking', { d: true }, 'not_asked']
  ] as const)
    it(`is known to the diagnostics, ${which}`, async () => {
      const heart = { id: 'heart', type: 'withings-heart', z: 'sub', x: 100, y: 200, account: '${ACCOUNT}' }
      await load(...household(), { ...heart, schedule: 0, wires: [[]], ...more })
      await logIn()
      const { body } = (await helper
        .request()
        .get(`/withings/accounts/${account}/diagnostics`)) as unknown as Answer<{
        types: { type: string; because?: string }[]
      }>
      body.types.find(({ type }) => type === 'ecg_heart_rate')!.because!.should.equal(because)
    })

  it('has its account listed once, usable by the id that the editor knows', async () => {
    const inside = { z: 'sub' }
    await load(
      { id: 'sub', type: 'subflow', name: 'Household', in: [], out: [], env: [] },
      accountOf(simulator, { id: account, ...inside }),
      server(inside),
      measures('measures', 'metric', inside),
      state(inside),
      ...['one', 'two'].map(id => ({ id, type: 'subflow:sub', ...place, wires: [] }))
    )
    await logIn()
    const { accounts, targets, devices } = await overview()
    accounts.map(({ id }) => id).should.eql([account])
    targets
      .map(({ id, broker }) => [id, broker === 'unset'])
      .should.eql([
        ['one-state', false],
        ['two-state', false]
      ])
    devices.every(device => device.account === account).should.be.true()
    ;(await imported({ node: 'two-state' })).should.eql(kilograms())
    published.items.every(state => state.account === account && state.node === 'two-state').should.be.true()
  })

  it('can be logged in with a client id that is a property of the subflow', async () => {
    const env = [{ name: 'CLIENT_ID', type: 'str', value: simulator.client.id }]
    clientId = '${CLIENT_ID}'
    await load(
      { id: 'sub', type: 'subflow', name: 'Household', in: [], out: [], env },
      accountOf(simulator, { id: account, z: 'sub' }),
      { id: 'one', type: 'subflow:sub', ...place, wires: [] }
    )
    await logIn()
    const { accounts } = await overview()
    accounts.map(({ id, status }) => [id, status]).should.match([[account, /ready|volatile/]])
  })

  it('may be named by variables of the process and of the tab', async () => {
    process.env.TEST_WITHINGS_ACCOUNT = account
    try {
      await load(
        { ...tab, id: 'other', env: [{ name: 'GLADYS', type: 'str', value: 'server' }] },
        ...[accountOf(simulator, { id: account }), server()],
        measures('measures', 'imperial', { z: 'other', account: '${TEST_WITHINGS_ACCOUNT}' }),
        state({ z: 'other', server: '${GLADYS}' })
      )
    } finally {
      delete process.env.TEST_WITHINGS_ACCOUNT
    }
    await logIn()
    const { targets } = await overview()
    targets.map(({ broker }) => broker).should.not.containEql('unset')
    ;(await imported({ node: 'state' })).should.eql(pounds())
  })

  describe('with an imperial node for a chart and a metric one for Gladys', () => {
    const kg = (more: object = {}) => measures('kg', 'metric', more)
    const lb = (more: object = {}) => measures('lb', 'imperial', { wires: [[]], ...more })
    const common = () => [accountOf(simulator, { id: account }), server(), state()]
    const sub = { id: 'sub', type: 'subflow', in: [], out: [], env: [] }
    const off = { id: 'off', type: 'tab', disabled: true }

    for (const [where, flow, because] of [
      ['an unwired one before', () => [lb(), ...common(), kg()], 'flow'],
      ['an unwired one behind', () => [kg(), ...common(), lb()], 'flow'],
      ['a disabled one', () => [lb({ d: true, wires: [['state']] }), ...common(), kg()], 'flow'],
      ['one on a disabled tab', () => [off, lb({ z: 'off', wires: [['state']] }), ...common(), kg()], 'flow'],
      ['one in a subflow that nobody uses', () => [sub, lb({ z: 'sub' }), ...common(), kg()], 'flow'],
      ['somebody else’s', () => [lb({ account: 'other', wires: [['state']] }), ...common(), kg()], 'flow'],
      ['one wired too', () => [lb({ wires: [['state']] }), ...common(), kg()], 'differ'],
      ['none wired', () => [lb(), ...common(), kg({ d: true })], 'none']
    ] as const)
      it(`imports kilograms beside ${where}`, async () => {
        await load(...flow())
        await logIn()
        ;(await rulesOf('state')).because.should.equal(because)
        ;(await imported({ node: 'state' })).should.eql(kilograms())
      })

    it('imports pounds where that was chosen, also after a restart', async () => {
      const flow = [lb({ wires: [['state']] }), ...common(), kg()]
      await load(...flow)
      await logIn()
      ;(await rulesOf('state')).choices
        .map(({ id, name }) => [id, name])
        .should.eql([
          ['default', ''],
          ['lb', '']
        ])
      const refused = await begin({ account, node: 'state', rules: { measures: 'elsewhere' } })
      refused.status.should.equal(400)
      ;(await begin({ account, node: 'state', rules: 'lb' })).status.should.equal(400)
      // Acknowledged is nothing before the restart, so that all comes after it.
      broker.acknowledging = false
      const { body } = await begin({ account, node: 'state', rules: { measures: 'lb' } })
      await broker.published(1)
      await helper.unload()
      broker.acknowledging = true
      const { length } = broker.seen
      await load(...flow)
      await done(body.id)
      new Set(weightsSince(length)).should.eql(new Set(pounds()))
    })
  })
})
