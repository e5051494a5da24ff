import type { NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import type { ImportState } from '../../lib/gladys/import/state'
import type { Overview } from '../../lib/gladys/overview/types'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import type { Simulator } from '../simulator'
import { Collected } from '../support/events'
import { accountNode as accountOf, tab } from '../support/flows'
import type { PubackBroker } from '../support/puback-broker'
import { type Answer, useWithingsToGladys } from '../support/withings-to-gladys'
import accountNode = require('../../nodes/withings-account')
import sidebarPlugin = require('../../plugins/withings-sidebar')
import activityNode = require('../../nodes/withings-activity')

interface Progress extends NodeMessage {
  payload: Pick<ImportState, 'state'> & { import: string }
}

describe('days of two makers', function () {
  this.timeout(70_000)
  const bench = useWithingsToGladys('days', { years: 0.5 })
  let simulator: Simulator
  let broker: PubackBroker
  let account: string
  let progress: Collected<Progress>
  let reports: Collected<NodeMessage>

  const ada = () => bench.ada
  const SAMSUNG = { brand: 18, is_tracker: false, modelid: 1056, model: 'Samsung Health tracker' }
  const WATCH = { brand: 1, is_tracker: true, modelid: 94, model: 'ScanWatch 2' }
  /** Half a year of days, each counted by a watch that is not listed among the devices, and by a phone. */
  function countTwice(): void {
    const { activity } = ada()
    const once = new Map(activity.days.map(row => [row.date, row]))
    const nobody = { deviceid: null, hash_deviceid: null }
    activity.days = [...once.values()].flatMap((row, index) => [
      { ...row, ...nobody, ...WATCH, steps: 8000 + index },
      { ...row, ...nobody, ...SAMSUNG, steps: 2000 + index }
    ])
  }

  async function load(): Promise<void> {
    const { client } = simulator
    const flow = [
      tab,
      accountOf(simulator, { id: account }),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl: '', rate: 100_000 },
      {
        ...{
          id: 'days',
          type: 'withings-activity',
          z: 'tab',
          account,
          what: ['daily'],
          schedule: 0,
          mode: 'period'
        },
        ...{ days: 10, output: 'batch', external: 'include', units: 'metric', device: '', wires: [['state']] }
      },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create: 'none' },
        wires: [['reports'], ['out']]
      },
      { id: 'reports', type: 'helper', z: 'tab', wires: [] },
      { id: 'out', type: 'helper', z: 'tab', wires: [] }
    ]
    const credentials = { [account]: { clientId: client.id, clientSecret: client.secret } }
    await helper.load(
      [sidebarPlugin, accountNode, serverNode, activityNode, deviceStateNode],
      flow,
      credentials
    )
    reports = new Collected()
    progress = new Collected()
    helper.getNode('out').on('input', message => progress.push(message as Progress))
    helper.getNode('reports').on('input', message => reports.push(message))
  }

  const move = async (deviceId: string) =>
    (await helper
      .request()
      .post('/withings/days/move')
      .send({ node: 'state', account, deviceId })) as unknown as Answer<
      ImportState & { error: { code: string } }
    >
  const moves = async () =>
    ((await helper.request().get('/withings/overview')) as unknown as Answer<Overview>).body.moves
  /** One message through the activity node and into Gladys. */
  async function ask(): Promise<void> {
    const { length } = reports.items
    helper.getNode('days').receive({ payload: {} })
    await reports.until(all => all[length], 'the report', 30_000)
  }
  /** The steps of a device, each once, whether live or of the past. */
  const stepsOf = (device: string): number[] => {
    const path = `/device/mqtt:withings:${ada().userId}:${device}/feature/`
    const values = broker.seen
      .filter(({ topic }) => topic.includes(path) && topic.includes(':steps/'))
      .map(({ payload }) => JSON.parse(payload) as { state: number } | number)
      .map(value => (typeof value === 'number' ? value : value.state))
    return [...new Set(values)].sort((a, b) => a - b)
  }
  const isOf = (low: number, high: number, values: readonly number[]): boolean =>
    values.length > 0 && values.every(value => value >= low && value < high)

  beforeEach(async () => {
    ;({ simulator, broker, account } = bench)
    countTwice()
    await load()
    await bench.logIn(['user.info', 'user.metrics', 'user.activity'])
  })

  it('are two devices in a new home, neither with a value of the other', async () => {
    await ask()
    isOf(8000, 9000, stepsOf('model-94')).should.be.true()
    isOf(2000, 3000, stepsOf('model-1056')).should.be.true()
    stepsOf('model-94').length.should.equal(stepsOf('model-1056').length)
    stepsOf('manual').should.be.empty()
    ;(await moves()).should.be.empty()
  })

  it('stay among the manual entries of an older home until each is moved, with its history', async () => {
    const userId = ada().userId
    const old = { type: 'steps', value: 1, unit: 'steps', userId, deviceId: null, model: 'GoogleFit tracker' }
    // As the version before sent it: without a word on who counted.
    helper.getNode('state').receive({ payload: { ...old, date: '2026-01-01T12:00:00Z' } })
    await reports.until(all => all[0], 'the old day')
    await ask()
    stepsOf('model-94').should.be.empty()
    stepsOf('manual').length.should.be.above(10)
    ;(await moves()).should.eql([
      { account, to: 'model-94', name: 'ScanWatch 2' },
      { account, to: 'model-1056', name: 'Samsung Health' }
    ])

    broker.seen.length = 0
    const { status, body } = await move('model-1056')
    status.should.equal(200)
    body.should.containEql({ account, deviceId: 'model-1056', state: 'running' })
    await progress.until(
      all => all.find(({ payload }) => payload.import === body.id && payload.state === 'done'),
      'the end',
      60_000
    )
    isOf(2000, 3000, stepsOf('model-1056')).should.be.true()
    // The day that still runs goes out live.
    stepsOf('model-1056').length.should.be.aboveOrEqual(ada().activity.days.length / 2 - 1)
    stepsOf('manual').should.be.empty()

    await helper.unload()
    await load()
    ;(await moves()).map(({ to }) => to).should.eql(['model-94'])
    const today = ada().activity.days.reduce((last, row) => (row.date > last.date ? row : last))
    for (const row of ada().activity.days)
      if (row.date === today.date) row.steps = row.modelid === 94 ? 8999 : 2999
    await ask()
    stepsOf('model-1056').should.containEql(2999)
    // What both had written under one date goes out again as well.
    stepsOf('manual').should.containEql(8999)
    isOf(8000, 9000, stepsOf('manual')).should.be.true()
  })

  it('are not moved where nothing has to be', async () => {
    for (const deviceId of ['model-94', 'manual', 'no/id']) {
      const { status, body } = await move(deviceId)
      status.should.equal(400)
      body.error.code.should.equal('BAD_INPUT')
    }
    await ask()
    isOf(8000, 9000, stepsOf('model-94')).should.be.true()
  })
})
