import helper from 'node-red-node-test-helper'
import { join } from 'node:path'
import { systemClock } from '../../lib/base/clock'
import type { ImportState } from '../../lib/gladys/import/state'
import { SentLedger } from '../../lib/gladys/ledger/sent-ledger'
import type { Overview } from '../../lib/gladys/overview/types'
import { measureType } from '../../lib/withings/measures/types'
import { bodyPosition } from '../../lib/withings/readings/body-positions'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import type { Person, Simulator } from '../simulator'
import type { Collected } from '../support/events'
import { accountNode as accountOf, tab } from '../support/flows'
import type { FlowNode } from '../support/node-red'
import type { PubackBroker } from '../support/puback-broker'
import { type Answer, logIn, useWithingsToGladys } from '../support/withings-to-gladys'
import accountNode = require('../../nodes/withings-account')
import sidebarPlugin = require('../../plugins/withings-sidebar')
import activityNode = require('../../nodes/withings-activity')
import measuresNode = require('../../nodes/withings-measures')
import sleepNode = require('../../nodes/withings-sleep')

/** Ada sold a scale, has a pressure monitor and a mat, and her phone counts steps; Ben shares her scale, and has a watch. */
const PEOPLE = ['Ada', 'Ben'] as const

describe('a household whose flow is a subflow for each person', function () {
  this.timeout(120_000)
  const bench = useWithingsToGladys('household', { years: 2, people: [...PEOPLE] })
  let simulator: Simulator
  let broker: PubackBroker
  let userDir: string
  let published: Collected<ImportState>

  const person = (name: string): Person => simulator.people.find(each => each.name === name)!
  const accountId = (name: string): string => `${bench.account}-${name}`
  const deviceOf = (name: string, type: string): string =>
    person(name).devices.find(device => device.type === type)!.deviceid

  function flow(): FlowNode[] {
    const inside = { z: 'sub', x: 100, y: 100, account: '${ACCOUNT}', schedule: 0, wires: [['state']] }
    const env = [{ name: 'ACCOUNT', type: 'conf-type', value: '' }]
    return [
      tab,
      ...PEOPLE.map(name => ({ ...accountOf(simulator, { id: accountId(name) }), name })),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100_000 },
      { id: 'sub', type: 'subflow', name: 'Person', in: [], out: [], env },
      { id: 'measures', type: 'withings-measures', ...inside },
      { id: 'activity', type: 'withings-activity', ...inside, what: ['daily'], external: 'include' },
      { id: 'sleep', type: 'withings-sleep', ...inside },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'sub', x: 300, y: 100 },
        ...{ server: 'server', create: 'none', wires: [[], []] }
      },
      ...PEOPLE.map(name => ({
        ...{ id: name, type: 'subflow:sub', z: 'tab', x: 100, y: 100, name, wires: [] },
        env: [{ name: 'ACCOUNT', type: 'conf-type', value: accountId(name) }]
      }))
    ]
  }

  async function open(): Promise<void> {
    const { id: clientId, secret: clientSecret } = simulator.client
    const credentials = Object.fromEntries(PEOPLE.map(name => [accountId(name), { clientId, clientSecret }]))
    const nodes = [
      sidebarPlugin,
      accountNode,
      serverNode,
      deviceStateNode,
      measuresNode,
      activityNode,
      sleepNode
    ]
    await helper.load(nodes, flow(), credentials)
    const scopes = ['user.info', 'user.metrics', 'user.activity']
    for (const name of PEOPLE)
      await logIn(simulator, { account: accountId(name), userId: person(name).userId, scopes })
  }

  const overview = async (name: string): Promise<Overview> => {
    const target = `${name}-state`
    return (
      (await helper.request().get('/withings/overview').query({ target })) as unknown as Answer<Overview>
    ).body
  }
  async function importAll(name: string): Promise<void> {
    const form = { node: `${name}-state`, account: accountId(name) }
    const { status, body } = (await helper
      .request()
      .post('/withings/imports')
      .send(form)) as unknown as Answer<ImportState>
    status.should.equal(201)
    await published.until(
      all => all.find(({ id, state }) => id === body.id && state === 'done'),
      'the end',
      90_000
    )
  }

  /** Features of a person to which values went, each `<device> <type>[:<position>]`, with `<date> <value>`. */
  function valuesOf(name: string): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>()
    const prefix = `mqtt:withings:${person(name).userId}:`
    for (const { topic, payload } of broker.seen) {
      const feature = topic.split('/')[5] ?? ''
      if (!feature.startsWith(prefix)) continue
      const [device = '', ...type] = feature.slice(prefix.length).split(':')
      const { state, created_at } = JSON.parse(payload) as { state: number; created_at: string }
      const key = `${device} ${type.join(':')}`
      found.set(key, (found.get(key) ?? new Set()).add(`${created_at} ${state}`))
    }
    return found
  }
  const devicesWith = (name: string, type: string): string[] =>
    [...valuesOf(name).keys()]
      .filter(key => key.endsWith(` ${type}`))
      .map(key => key.split(' ')[0]!)
      .sort()

  /** The same of what Withings has of the body. */
  function measured(name: string): Map<string, Set<string>> {
    const wanted = new Map<string, Set<string>>()
    for (const reading of simulator.expectedReadings(person(name).userId)) {
      const { meastype, position, date, value, deviceId, attrib, inconclusive } = reading
      if (attrib === 1 || inconclusive) continue
      const where = position === null ? undefined : bodyPosition(position)
      const type = [measureType(meastype).name, ...(where === undefined ? [] : [where])].join(':')
      const key = `${deviceId ?? 'manual'} ${type}`
      wanted.set(key, (wanted.get(key) ?? new Set()).add(`${new Date(date * 1000).toISOString()} ${value}`))
    }
    return wanted
  }

  beforeEach(() => {
    ;({ simulator, broker, userDir, published } = bench)
  })

  it('has for each device its row, its history and its own values', async () => {
    await open()
    for (const name of PEOPLE) await importAll(name)
    for (const name of PEOPLE) {
      const values = valuesOf(name)
      for (const [feature, wanted] of measured(name)) {
        const sent = values.get(feature) ?? new Set()
        // Of several values of one moment Gladys can have one.
        const moments = new Set([...wanted].map(each => each.split(' ')[0]))
        sent.size.should.equal(moments.size, `${name}: ${feature}`)
        for (const each of sent) wanted.has(each).should.be.true()
      }
      const { devices, accounts } = await overview(name)
      const rows = devices.filter(({ account }) => account === accountId(name))
      const ids = new Set(rows.map(({ deviceId }) => deviceId ?? 'manual'))
      for (const feature of values.keys()) ids.has(feature.split(' ')[0]!).should.be.true()
      accounts.map(account => account.name).should.eql([...PEOPLE])
      // None was made of the values of the other one.
      for (const { userId } of rows) userId.should.equal(person(name).userId)
    }
    const { devices } = await overview('Ada')
    const listed = new Set(person('Ada').devices.map(({ deviceid }) => deviceid))
    const sold = devices.filter(row => row.account === accountId('Ada') && row.listed === false)
    sold.map(({ model }) => model).should.containEql('Body Cardio')
    sold.every(({ deviceId }) => !listed.has(deviceId!)).should.be.true()
    sold[0]!.last!.type.should.be.a.String()

    devicesWith('Ben', 'steps').should.containEql(deviceOf('Ben', 'Activity Tracker'))
    devicesWith('Ada', 'steps').should.match(/^(brand|model)-\d+$/)
    devicesWith('Ada', 'sleep_duration').should.containEql(deviceOf('Ada', 'Sleep Monitor'))
    for (const name of PEOPLE)
      (await overview(name)).devices
        .filter(({ deviceId }) => deviceId === null)
        .every(({ model }) => model === null)
        .should.be.true()
  })

  it('keeps its dashboards after an update: what stood under the manual entries goes on there', async () => {
    const ada = person('Ada').userId
    const directory = join(userDir, 'withings-gladys', 'server')
    // As the version before noted what it had sent.
    const ledger = new SentLedger({
      directory,
      onVolatile: fail,
      clock: systemClock
    })
    for (const type of ['steps', 'distance', 'active_calories'])
      ledger.record({
        feature: `mqtt:withings:${ada}:manual:${type}`,
        date: systemClock.now() - 86_400_000,
        value: 1
      })
    ledger.flush()
    await open()
    await importAll('Ada')
    devicesWith('Ada', 'steps').should.eql(['manual'])
    devicesWith('Ada', 'distance').should.eql(['manual'])
    devicesWith('Ada', 'weight').should.containEql(deviceOf('Ada', 'Scale'))
    valuesOf('Ada').get('manual steps')!.size.should.be.above(300)
  })
})

function fail(reason: string): never {
  throw new Error(reason)
}
