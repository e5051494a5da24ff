import type { Node, NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import type { ImportState } from '../../lib/gladys/import/state'
import { accountRegistry } from '../../lib/red/accounts/account-registry'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { startGladys } from '../gladys-stand-in'
import type { Simulator } from '../simulator'
import { Collected } from '../support/events'
import { accountNode as accountOf, tab } from '../support/flows'
import type { PubackBroker } from '../support/puback-broker'
import { type Answer, useWithingsToGladys } from '../support/withings-to-gladys'
import accountNode = require('../../nodes/withings-account')
import sidebarPlugin = require('../../plugins/withings-sidebar')

interface Progress extends NodeMessage {
  payload: Pick<ImportState, 'state' | 'done' | 'total' | 'rate' | 'secondsLeft' | 'missing' | 'dropped'> & {
    import: string
  }
}
interface Failure {
  error: { code: string; message: string }
}

const WEIGHT = 1

describe('history imports of gladys-device-state', function () {
  // Pages come one after the other, as the budget of requests allows.
  this.timeout(70_000)
  const bench = useWithingsToGladys('importing', { years: 0.5 })
  let simulator: Simulator
  let broker: PubackBroker
  let progress: Collected<Progress>
  let published: Collected<ImportState>
  let account: string

  async function load(
    create = 'none',
    where: 'in front' | 'on a later tab' = 'in front',
    httpUrl = ''
  ): Promise<void> {
    const { client } = simulator
    const flow = [
      tab,
      ...(where === 'in front' ? [accountOf(simulator, { id: account })] : []),
      { id: 'server', type: 'gladys-server', mqttUrl: broker.url, tls: '', httpUrl, rate: 100_000 },
      { id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', create, wires: [[], ['out']] },
      { id: 'out', type: 'helper', z: 'tab', wires: [] },
      ...(where === 'on a later tab'
        ? [{ id: 'tab2', type: 'tab' }, accountOf(simulator, { id: account, z: 'tab2' })]
        : [])
    ]
    const credentials = { [account]: { clientId: client.id, clientSecret: client.secret } }
    await helper.load([sidebarPlugin, accountNode, serverNode, deviceStateNode], flow, credentials)
    helper.getNode('out').on('input', message => progress.push(message as Progress))
  }

  async function post<Body = ImportState>(path: string, body: object = {}): Promise<Answer<Body>> {
    return await helper.request().post(`/withings/imports${path}`).send(body)
  }
  async function list(): Promise<Answer<ImportState[]>> {
    return await helper.request().get('/withings/imports')
  }
  const begin = (more: object = {}) => post('', { node: 'state', account, ...more })
  const ended = (id: string, state = 'done') =>
    progress.until(
      all => all.find(({ payload }) => payload.import === id && payload.state === state),
      state,
      60_000
    )
  const ada = () => bench.ada

  /** What the log says of imports; a catalogue is not loaded here. */
  const warnings = () =>
    (helper.getNode('state') as Node & { warn: { args: [string][] } }).warn.args
      .map(([words]) => words)
      .filter(words => words.startsWith('gladys.'))
  const expected = () => simulator.expectedReadings(ada().userId).filter(({ attrib }) => attrib !== 1)
  /** What arrived of body measures, as topics and payloads. */
  const measures = () =>
    broker.seen
      .filter(({ topic }) => !/:(ecg|stethoscope)_\w+\//.test(topic))
      .map(({ topic, payload }) => `${topic} ${payload}`)

  const logIn = (scopes = ['user.metrics']) => bench.logIn(scopes)

  beforeEach(() => {
    ;({ simulator, broker, published, account } = bench)
    progress = new Collected()
  })

  it('sends the history, and tells how far it is on the second output, to editors and over the API', async () => {
    await load()
    await logIn()
    const { status, body, headers } = await begin()
    status.should.equal(201)
    headers['cache-control']!.should.equal('no-store')
    body.should.containEql({ node: 'state', account, deviceId: null, from: null, state: 'running' })
    const last = await ended(body.id)
    const { length } = broker.seen
    last.should.containEql({ topic: `withings/import/${body.id}` })
    last.payload.should.containEql({ chapter: 'measures', done: length, total: length, secondsLeft: null })
    progress.items[0]!.payload.should.containEql({ state: 'running', done: 0, total: null, at: null })
    measures().length.should.equal(expected().length)
    const ecgs = ada().recordings.heart.filter(({ ecg }) => ecg !== undefined)
    broker.seen.filter(({ topic }) => topic.includes(':ecg_afib/')).length.should.equal(ecgs.length)
    broker.seen.every(({ topic }) => topic.endsWith('/historical')).should.be.true()
    await published.until(all => all.at(-1)?.state === 'done', 'the end in the editor')
    published.items.length.should.be.below(20)
    const leftOut = ['workouts', 'days', 'nights']
    const own = (await list()).body.filter(({ account: its }) => its === account)
    own.should.match([{ id: body.id, state: 'done', done: length, leftOut }])
    warnings().should.eql(leftOut.map(() => 'gladys.importLeftOut'))
  })

  it('sends days, workouts and nights too, each with its date', async () => {
    await load()
    await logIn(['user.metrics', 'user.activity'])
    const { payload } = await ended((await begin()).body.id)
    payload.done.should.equal(broker.seen.length)
    const dates = (type: string) =>
      broker.seen
        .filter(({ topic }) => topic.endsWith(`:${type}/historical`))
        .map(({ payload }) => (JSON.parse(payload) as { created_at: string }).created_at)
    const { activity, sleep } = ada()
    const ends = activity.workouts.map(({ enddate }) => new Date(enddate * 1000).toISOString())
    new Set(dates('workout_duration')).should.eql(new Set(ends))
    const nights = new Set(sleep.map(({ enddate }) => new Date(enddate * 1000).toISOString()))
    dates('sleep_score').length.should.be.above(100)
    dates('sleep_score')
      .every(date => nights.has(date))
      .should.be.true()
    dates('steps').length.should.be.above(100)
    warnings().should.be.empty()
  })

  it('takes one device, or what was typed in, from a date on', async () => {
    await load()
    await logIn()
    const userId = ada().userId
    const all = simulator.expectedReadings(userId).filter(({ attrib }) => attrib !== 1)
    const deviceId = all.find(reading => reading.meastype === 10 && reading.deviceId !== null)!.deviceId!
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000)
    const wanted = (device: string | null, from: Date) =>
      all.filter(({ deviceId: its, date }) => its === device && date >= Math.floor(from.getTime() / 1000))
        .length
    const first = await begin({ deviceId, from: daysAgo(90).toISOString() })
    first.body.should.containEql({ deviceId })
    ;(await ended(first.body.id)).payload.done.should.equal(wanted(deviceId, new Date(first.body.from!)))
    // Another span: the same request has to wait for 10 s.
    const second = await begin({ deviceId: 'manual', from: daysAgo(120).toISOString() })
    ;(await ended(second.body.id)).payload.done.should.equal(wanted(null, new Date(second.body.from!)))
    first.body.from!.should.equal(new Date(first.body.from!).toISOString())
    wanted(deviceId, daysAgo(90)).should.be.within(1, all.length - 1)
    wanted(null, daysAgo(120)).should.be.within(1, all.length - 1)
  })

  it('announces new features before their first state', async () => {
    await load('discovery')
    await logIn()
    await ended((await begin()).body.id)
    const announced = new Set<string>()
    for (const { topic, payload } of broker.seen) {
      if (topic.startsWith('homeassistant/')) {
        const { components } = JSON.parse(payload) as { components: Record<string, unknown> }
        const identifier = topic.split('/')[2]!
        for (const key of Object.keys(components))
          announced.add(`homeassistant:${identifier}:sensor:${identifier}:${key}`)
      } else announced.has(topic.split('/')[5]!).should.be.true(topic)
    }
    announced.size.should.be.above(10)
  })

  it('gives the running import for the same one, pauses, resumes and cancels', async () => {
    await load()
    await logIn()
    broker.acknowledging = false
    const { body } = await begin()
    await broker.published(1)
    const again = await begin()
    again.status.should.equal(200)
    again.body.id.should.equal(body.id)
    ;(await post(`/${body.id}/pause`)).body.state.should.equal('paused')
    await ended(body.id, 'paused')
    ;(await post(`/${body.id}/resume`)).body.state.should.equal('running')
    ;(await post(`/${body.id}/cancel`)).body.state.should.equal('cancelled')
    ;(await post(`/${body.id}/resume`)).body.state.should.equal('cancelled')
    const other = await begin()
    other.status.should.equal(201)
    other.body.id.should.not.equal(body.id)
  })

  it('imports everything of a person, and nothing twice that an import of one device sends', async () => {
    await load()
    await logIn()
    const { deviceId } = expected().find(reading => reading.deviceId !== null)!
    const one = await begin({ deviceId })
    await post(`/${one.body.id}/pause`)
    await ended(one.body.id, 'paused')
    const before = broker.seen.length
    const all = await begin()
    all.status.should.equal(201)
    all.body.should.match({ deviceId: null, except: [deviceId] })
    // What is part of one of all needs none of its own; what is left out of it keeps the one it has.
    const [part, same] = await Promise.all([begin({ deviceId: 'manual' }), begin({ deviceId })])
    ;[part, same].map(({ status }) => status).should.eql([200, 200])
    ;[part, same].map(({ body }) => body.id).should.eql([all.body.id, one.body.id])
    await ended(all.body.id)
    broker.seen
      .slice(before)
      .filter(({ topic }) => topic.includes(deviceId!))
      .should.eql([])
    await post(`/${one.body.id}/resume`)
    await ended(one.body.id)
    measures().length.should.equal(expected().length)
    new Set(measures()).size.should.equal(expected().length)
  })

  it('takes the place of an import that asks for less', async () => {
    await load()
    await logIn()
    const { deviceId } = expected().find(reading => reading.deviceId !== null)!
    const one = await begin({ deviceId, from: new Date().toISOString() })
    await post(`/${one.body.id}/pause`)
    const all = await begin()
    all.body.should.match({ except: { length: 0 } })
    await ended(one.body.id, 'cancelled')
    await ended(all.body.id)
    new Set(measures()).size.should.equal(expected().length)
  })

  it('tells which types were announced by it, whose values Gladys drops, until it was done again', async () => {
    await load('discovery')
    await logIn()
    const { deviceId } = expected().find(({ meastype }) => meastype === WEIGHT)!
    const type = 'weight'
    const known = { userId: ada().userId, deviceId, model: 'Body+', type, value: 1, unit: null }
    helper.getNode('state').receive({ payload: { ...known, date: '2026-11-01T08:00:00Z' } })
    await broker.published(2)
    const first = await ended((await begin({ deviceId })).body.id)
    const { missing, dropped, done } = first.payload
    missing!.should.not.containEql(type)
    missing!.length.should.be.above(1)
    dropped!.should.be.above(0).and.below(done)
    const again = await ended((await begin({ deviceId })).body.id)
    again.payload.should.match({ missing: { length: 0 }, dropped: 0, done })
  })

  it('still knows after a restart what Gladys drops', async () => {
    await load('discovery')
    await logIn()
    const { body } = await begin()
    await broker.published(50)
    const { missing } = (await post(`/${body.id}/pause`)).body
    missing!.length.should.be.above(1)
    await helper.unload()
    await load('discovery')
    const { dropped } = (await post(`/${body.id}/resume`)).body
    dropped!.should.be.above(0)
    const { payload } = await ended(body.id)
    payload.missing!.should.containDeep(missing!)
    payload.dropped!.should.be.above(dropped!)
  })

  it('goes on by itself when the flow starts again', async () => {
    await load()
    await logIn()
    broker.acknowledging = false
    const { body } = await begin()
    await broker.published(1)
    await helper.unload()
    broker.acknowledging = true
    await load()
    const { payload } = await ended(body.id)
    payload.done.should.be.aboveOrEqual(expected().length)
    new Set(measures()).size.should.equal(expected().length)
  })

  it('waits for a Gladys that is away, says so, and goes on when it is back', async () => {
    const gladys = await startGladys({ mqttUrl: broker.url, email: 'ada@example.org', password: 'x' })
    try {
      await load('none', 'in front', gladys.url)
      await logIn()
      const first = await begin()
      await ended(first.body.id)
      await gladys.until(() => gladys.requests.some(({ path }) => path === '/api/v1/ping'), 'a ping')
      await gladys.stopHttp()
      // Or it would be over before anybody noticed.
      broker.acknowledging = false
      const { body } = await begin()
      const waiting = await published.until(
        all => all.find(({ id, state }) => id === body.id && state === 'waiting'),
        'the wait',
        60_000
      )
      waiting.error!.should.match({ code: 'GLADYS_REFUSED', message: /the import waits for it/ })
      broker.acknowledging = true
      await gladys.startHttp()
      const { payload } = await ended(body.id)
      payload.done.should.be.aboveOrEqual(expected().length)
    } finally {
      await gladys.close()
    }
  })

  it('goes on by itself when its account stands on a later tab', async () => {
    await load('none', 'on a later tab')
    await logIn()
    broker.acknowledging = false
    const { body } = await begin()
    await broker.published(1)
    await helper.unload()
    // A fresh process knows nothing of the account before its node is there.
    const registry = accountRegistry(undefined as never)
    registry.configure(account, { ...registry.settingsOf(account)!, clientId: '' })
    broker.acknowledging = true
    await load('none', 'on a later tab')
    await ended(body.id)
  })

  it('waits while somebody has to log in, and goes on after that', async () => {
    await load()
    await logIn()
    simulator.tokens.revokeGrant(ada().userId)
    const { body } = await begin()
    await ended(body.id, 'waiting')
    ;(await list()).body.find(({ id }) => id === body.id)!.error!.code.should.equal('LOGIN_NEEDED')
    await logIn()
    await ended(body.id)
  })

  const junk: [string, object, number, string][] = [
    ['no node', { account: 'a' }, 400, 'BAD_INPUT'],
    ['a list as account', { node: 'state', account: [] }, 400, 'BAD_INPUT'],
    ['a path as node', { node: '../state', account: 'a' }, 400, 'BAD_INPUT'],
    ['a node that is not there', { node: 'nobody', account: 'a' }, 400, 'NOT_CONFIGURED'],
    ['another kind of node', { node: 'server', account: 'a' }, 400, 'NOT_CONFIGURED'],
    ['an account that is not there', { node: 'state', account: 'nobody' }, 400, 'NOT_CONFIGURED'],
    ['a date that is none', { node: 'state', account: 'a', from: 'yesterday' }, 400, 'BAD_INPUT'],
    ['a number as date', { node: 'state', account: 'a', from: 12 }, 400, 'BAD_INPUT'],
    ['a device that is a topic', { node: 'state', account: 'a', deviceId: 'a/#' }, 400, 'BAD_INPUT']
  ]
  it('refuses junk with a code and without an import', async () => {
    await load()
    for (const [name, form, status, code] of junk) {
      const answer = await post<Failure>('', form)
      answer.status.should.equal(status, name)
      answer.body.error.code.should.equal(code, name)
    }
    const unlinked = await begin()
    unlinked.status.should.equal(409)
    for (const action of ['pause', 'resume', 'cancel'])
      (await post(`/nobody/${action}`)).status.should.equal(404)
    ;(await list()).body.filter(each => each.account === account).should.be.empty()
  })

  it('shows progress as status', async () => {
    await load()
    await logIn()
    const { body } = await begin()
    await ended(body.id)
    const node = helper.getNode('state') as Node & { status: { args: [{ text: string }][] } }
    node.status.args.map(([{ text }]) => text).should.matchAny(/^importing, \d+ done$/)
  })
})
