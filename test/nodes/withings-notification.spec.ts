import helper from 'node-red-node-test-helper'
import should from 'should'
import type { Notification } from '../../lib/withings/notifications/notification'
import { deliver } from '../simulator/deliveries'
import { skippedPauses } from '../support/skipped-pauses'
import { Bench, startServer, stopServer } from '../support/withings-bench'

const publicUrl = 'https://home.example.org'
const foreign = 'https://elsewhere.example.org/hook'
const second = (): number => Math.floor(Date.now() / 1000)
const hour = 3_600

describe('withings-notification', function () {
  // Withings may be asked for the same list only every 10 s.
  this.timeout(60_000)
  let bench: Bench
  let origin: string

  before(startServer)
  after(stopServer)
  beforeEach(async () => {
    skippedPauses.begin()
    bench = await Bench.open()
    origin = await bench.publish(publicUrl)
  })
  afterEach(async () => {
    await bench.close()
    skippedPauses.end()
  })

  const load = (properties: object = {}): Promise<void> =>
    bench.load({ type: 'withings-notification', publicUrl, categories: [1, 50, 51], ...properties })
  const own = (): string[] =>
    bench.simulator.notify
      .of(bench.ada.userId)
      .filter(({ callbackUrl }) => callbackUrl !== foreign)
      .map(({ callbackUrl, appli }) => `${appli} ${callbackUrl}`)
  const address = (): string =>
    bench.simulator.notify.of(bench.ada.userId).at(-1)!.callbackUrl.replace(publicUrl, origin)
  const tell = (form: Record<string, string>): Promise<number[]> =>
    deliver(bench.simulator.notify, bench.ada.userId, form)
  const bed = (appli: 50 | 51, at: number, deviceid = 'mat'): Promise<number[]> =>
    tell({ appli: String(appli), deviceid, date: String(at) })
  const payloads = (): Notification[] => bench.out.items.map(({ payload }) => payload as Notification)

  async function subscribed(properties: object = {}): Promise<void> {
    await load(properties)
    await bench.logIn()
    await bench.shows('status.subscribed')
  }
  /** Starts again; resolves when the node shows this. */
  async function reload(status: string, properties: object = {}): Promise<void> {
    await helper.unload()
    bench.statuses.items.length = 0
    await load(properties)
    await bench.statuses.until(texts => texts.at(-1) === status, `the status ${status}`, 40_000)
  }

  it('subscribes after the login, once each, and leaves those of others alone', async () => {
    const { notify } = bench.simulator
    notify.subscriptions.push({ userId: bench.ada.userId, appli: 1, callbackUrl: foreign, comment: '' })
    await load()
    await bench.shows('status.loginNeeded')
    await bench.logIn()
    await bench.shows('status.subscribed')
    own().should.have.length(3)
    new Set(notify.of(bench.ada.userId).map(({ callbackUrl }) => callbackUrl)).size.should.equal(2)
    address().should.match(/\/withings\/notify\/[\w-]{32}$/)
    bench.requestsOf('revoke').should.eql([])
  })

  it('answers POST, HEAD and GET with 200 and nothing, and others not', async () => {
    await subscribed()
    const form = new URLSearchParams({ appli: '1', userid: bench.ada.userId })
    for (const init of [
      { method: 'POST', body: form },
      { method: 'POST' },
      { method: 'HEAD' },
      { method: 'GET' }
    ]) {
      const answer = await fetch(address(), init)
      answer.status.should.equal(200)
      ;(await answer.text()).should.equal('')
    }
    ;(await fetch(address(), { method: 'PUT' })).status.should.equal(405)
    for (const path of ['/withings/notify/guess', '/withings/notify/', '/withings/notify/__proto__'])
      (await fetch(origin + path, { method: 'POST', body: form })).status.should.equal(404)
  })

  it('passes a notification on with its span', async () => {
    await subscribed()
    ;(await tell({ appli: '1', startdate: '1706376729', enddate: '1706376730' })).should.eql([200])
    const [message] = await bench.out.count(1, 'the message')
    message!.should.match({
      topic: `withings/${bench.ada.userId}/weight`,
      startDate: '2024-01-27T17:32:09.000Z',
      endDate: '2024-01-27T17:32:10.000Z',
      payload: { category: 1, name: 'weight', userId: bench.ada.userId }
    })
  })

  it('ignores another user, junk, what is too long, and what was not chosen, and goes on', async () => {
    await subscribed()
    const post = async (body: BodyInit): Promise<number> =>
      (await fetch(address(), { method: 'POST', body, duplex: 'half' } as RequestInit)).status
    const endless = {
      sent: 0,
      pull(controller: ReadableStreamDefaultController) {
        this.sent += 10_000
        controller.enqueue(Buffer.alloc(10_000, 'x'))
        if (this.sent > 50_000) controller.close()
      }
    }
    const form = (changes: object) =>
      new URLSearchParams({ userid: bench.ada.userId, appli: '1', ...changes })
    ;(await post(form({ userid: '4' }))).should.equal(200)
    ;(await post(form({ appli: 'x' }))).should.equal(200)
    ;(await post(form({ appli: '44', startdate: '1', enddate: '2' }))).should.equal(200)
    ;(await post('{"appli":1')).should.equal(200)
    ;(await post(form({ comment: 'x'.repeat(20_000) }))).should.equal(413)
    ;(await post(new ReadableStream(endless))).should.equal(413)
    ;(await post(form({ date: '2026-11-22' }))).should.equal(200)
    await bench.out.count(1, 'the message')
    payloads().should.eql([{ category: 1, name: 'weight', userId: bench.ada.userId, date: '2026-11-22' }])
  })

  it('takes JSON too, and of both only short values', async () => {
    await subscribed()
    const post = async (body: string, type = 'application/json'): Promise<number> =>
      (await fetch(address(), { method: 'POST', body, headers: { 'Content-Type': type } })).status
    const long = 'x'.repeat(101)
    ;(await post(`{"appli":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).should.equal(200)
    ;(await post(`{"appli":`)).should.equal(200)
    ;(await post(JSON.stringify({ appli: 1, userid: long }))).should.equal(200)
    ;(
      await post(JSON.stringify({ appli: '1', date: '2026-11-22', deviceid: { a: 1 }, more: long }))
    ).should.equal(200)
    await bench.out.count(2, 'two messages')
    const told = { category: 1, name: 'weight', userId: bench.ada.userId }
    payloads().should.eql([told, { ...told, date: '2026-11-22' }])
  })

  it('tells bed events once each and in order, also after a restart', async () => {
    await subscribed()
    const now = second()
    await bed(50, now - 300)
    await bed(50, now - 300)
    await bed(51, now - 100)
    await bed(50, now - 200)
    await bench.out.count(2, 'two events')
    await reload('status.subscribed')
    await bed(51, now - 100)
    await bed(50, now - 150)
    await bed(50, now - 50)
    await bench.out.until(
      () => payloads().filter(({ deviceId }) => deviceId === 'mat').length === 3,
      'the third event'
    )
    payloads()
      .filter(({ deviceId }) => deviceId === 'mat')
      .map(({ name, date }) => [name, Date.parse(date!) / 1000 - now])
      .should.eql([
        ['bed_in', -300],
        ['bed_out', -100],
        ['bed_in', -50]
      ])
  })

  it('is not silenced by an event dated ahead, nor by beds that somebody makes up', async () => {
    await subscribed()
    const now = second()
    await bed(50, now - 300)
    await bed(51, now + 3 * hour)
    for (let made = 0; made < 55; made += 1) await bed(50, now - 200, `made-up-${made}`)
    await bed(51, now - 400)
    await bed(51, now - 100)
    const ofMat = () => payloads().filter(({ deviceId }) => deviceId === 'mat')
    await bench.out.until(() => ofMat().length === 2, 'both events')
    await reload('status.subscribed')
    await bed(51, now + 3 * hour)
    await bed(51, now - 100)
    await bed(50, now - 10)
    await bench.out.until(() => ofMat().length === 3, 'the third event')
    ofMat()
      .map(({ name, date }) => [name, Date.parse(date!) / 1000 - now])
      .should.eql([
        ['bed_in', -300],
        ['bed_out', -100],
        ['bed_in', -10]
      ])
  })

  it('loses no bed to a flood, and passes at most 120 events a minute', async () => {
    await subscribed()
    const now = second()
    await bed(50, now - 300)
    for (let made = 0; made < 150; made += 1) await bed(50, now - 200, `made-up-${made}`)
    await bed(51, now - 100)
    await bed(50, now - 50)
    // What is about data comes after them, and is not held up.
    await tell({ appli: '1', startdate: String(now - 60), enddate: String(now) })
    await bench.out.until(() => payloads().some(({ name }) => name === 'weight'), 'the weight')
    payloads().should.have.length(121)
    await reload('status.subscribed')
    const ofMat = () => payloads().filter(({ deviceId }) => deviceId === 'mat')
    await bench.out.until(() => ofMat().length === 2, 'the event that was held back')
    Date.parse(ofMat()[1]!.date!).should.equal((now - 50) * 1000)
  })

  it('tells what came while it was being restarted', async () => {
    await subscribed()
    const url = address()
    await helper.unload()
    const body = new URLSearchParams({ appli: '50', deviceid: 'mat', date: String(second()) })
    const answer = await fetch(url, { method: 'POST', body })
    answer.status.should.equal(200)
    await load()
    await bench.out.count(1, 'the event')
    payloads()[0]!.name.should.equal('bed_in')
  })

  it('finds a lost event in the data of the night', async () => {
    await subscribed({ categories: [44, 50, 51] })
    const now = second()
    bench.ada.beds.push(
      { deviceId: 'mat', inBed: true, at: now - 8 * hour },
      { deviceId: 'mat', inBed: false, at: now - hour }
    )
    await bed(50, now - 8 * hour)
    await tell({ appli: '44', startdate: String(now - 8 * hour), enddate: String(now - hour) })
    // The simulated person has slept on a mat before.
    const ofMat = (): Notification[] =>
      payloads().filter(({ deviceId, catchUp }) => catchUp && deviceId === 'mat')
    await bench.out.until(() => ofMat().length === 1, 'the lost event')
    ofMat()[0]!.should.eql({
      category: 51,
      name: 'bed_out',
      userId: bench.ada.userId,
      date: new Date((now - hour) * 1000).toISOString(),
      deviceId: 'mat',
      catchUp: true
    })
  })

  it('says that a subscription was lost, renews it, and has catch up what was missed', async () => {
    await subscribed({ categories: [1, 4, 50] })
    const { notify } = bench.simulator
    notify.subscriptions = notify.subscriptions.filter(({ appli }) => appli !== 4)
    await reload('status.renewed', { categories: [1, 4, 50] })
    bench.statuses.items.should.containDeep(['status.lost', 'status.renewed'])
    own().should.have.length(3)
    const found = () => bench.out.items.find(({ payload }) => (payload as Notification).category === 4)
    const caughtUp = await bench.out.until(found, 'the message')
    caughtUp.should.match({ mode: 'new', payload: { category: 4, name: 'pressure', catchUp: true } })
    should((caughtUp as { startDate?: string }).startDate).be.undefined()
  })

  it('has catch up what was missed in an outage, also when it is deployed meanwhile', async () => {
    await subscribed()
    bench.simulator.faults.add({ kind: 'status', status: 503, action: 'list' })
    await reload('WITHINGS_REFUSED')
    bench.simulator.faults.clear()
    await reload('status.subscribed')
    const found = () => bench.out.items.find(({ payload }) => (payload as Notification).category === 1)
    const caughtUp = await bench.out.until(found, 'the message')
    caughtUp.should.match({ mode: 'new', payload: { name: 'weight', catchUp: true } })
  })

  it('revokes its own subscriptions and no others when the account is unlinked', async () => {
    const { notify } = bench.simulator
    notify.subscriptions.push({ userId: bench.ada.userId, appli: 1, callbackUrl: foreign, comment: '' })
    await subscribed()
    ;(await bench.admin('/unlink', {})).status.should.equal(200)
    own().should.eql([])
    notify.of(bench.ada.userId).should.have.length(1)
    bench.requestsOf('revoke').should.have.length(3)
    await bench.shows('status.loginNeeded')
  })

  it('unlinks in good time when Withings does not answer', async () => {
    await subscribed()
    bench.simulator.faults.add({ kind: 'hang', path: '/notify' })
    const before = Date.now()
    ;(await bench.admin('/unlink', {})).body!.should.match({ linked: false })
    ;(Date.now() - before).should.be.below(18_000)
  })

  it('forgets the login when Withings confirms that the user withdrew it', async () => {
    await subscribed({ categories: [46] })
    bench.simulator.tokens.revokeGrant(bench.ada.userId)
    await tell({ appli: '46', action: 'unlink' })
    await bench.shows('status.loginNeeded')
    const [message] = await bench.out.count(1, 'the message')
    message!.payload!.should.match({ name: 'user', action: 'unlink' })
    ;(await bench.admin('')).body!.should.match({ linked: false })
  })

  it('keeps the login when somebody only says so', async () => {
    await subscribed({ categories: [46] })
    const issued = (): number => bench.simulator.tokens.issued(bench.ada.userId).length
    const before = issued()
    await tell({ appli: '46', action: 'delete' })
    await bench.out.count(1, 'the message')
    while (issued() === before) await new Promise(setImmediate)
    ;(await bench.admin('')).body!.should.match({ linked: true, status: 'volatile' })
  })

  it('asks Withings at most once a minute whether somebody withdrew the access', async () => {
    await subscribed({ categories: [46] })
    const issued = (): number => bench.simulator.tokens.issued(bench.ada.userId).length
    const before = issued()
    for (let post = 1; post < 6; post += 1) {
      await tell({ appli: '46', action: 'unlink', date: String(second() - post) })
      await bench.out.count(post, 'the message')
      ;(await bench.admin('/devices')).status.should.equal(200)
    }
    issued().should.equal(before + 1)
  })

  it('forgets the login also when nobody wants to hear of it', async () => {
    await subscribed({ categories: [1] })
    bench.simulator.tokens.revokeGrant(bench.ada.userId)
    const form = { userid: bench.ada.userId, appli: '46', action: 'delete' }
    await fetch(address(), { method: 'POST', body: new URLSearchParams(form) })
    await bench.shows('status.loginNeeded')
    ;(await bench.admin('')).body!.should.match({ linked: false })
    bench.out.items.should.eql([])
  })

  it('revokes all of many subscriptions, also when each takes its time', async () => {
    await subscribed({ categories: [1, 2, 4, 16, 44, 46, 50, 51, 52, 54, 55] })
    bench.simulator.faults.add({ kind: 'slow', ms: 700, action: 'revoke' })
    ;(await bench.admin('/unlink', {})).status.should.equal(200)
    own().should.eql([])
  })

  it('revokes at the former address when it got another one', async () => {
    await subscribed({ categories: [50] })
    await bench.publish('https://new.example.org')
    await reload('status.subscribed', { categories: [50], publicUrl: 'https://new.example.org' })
    own().should.have.length(1)
    own()[0]!.should.startWith('50 https://new.example.org/')
  })

  it('revokes nothing when the public address is taken out and put back at once', async () => {
    await subscribed()
    await skippedPauses.keepPauses(() => reload('status.noPublicUrl', { publicUrl: '' }))
    await reload('status.subscribed')
    // Had anything been revoked, it would be renewed now.
    await reload('status.subscribed')
    bench.requestsOf('revoke').should.eql([])
    own().should.have.length(3)
  })

  it('revokes its subscriptions when the public address is taken out, at the next start if need be', async () => {
    await subscribed()
    bench.simulator.faults.add({ kind: 'status', status: 503, action: 'revoke' })
    await reload('status.noPublicUrl', { publicUrl: '' })
    while (bench.requestsOf('revoke').length < 3) await new Promise(setImmediate)
    own().should.have.length(3)
    bench.simulator.faults.clear()
    await reload('status.noPublicUrl', { publicUrl: '' })
    while (own().length > 0) await new Promise(setImmediate)
  })

  it('says without a public address that polling goes on, and asks nothing', async () => {
    await load({ publicUrl: '' })
    await bench.logIn()
    await bench.shows('status.noPublicUrl')
    bench.requestsOf('list').should.eql([])
  })

  for (const url of [null, 7, { a: 1 }])
    it(`takes ${JSON.stringify(url)} for no public address, and starts`, async () => {
      await load({ publicUrl: url })
      await bench.shows('status.noPublicUrl')
    })

  for (const url of ['http://home.example.org', 'https://localhost', 'https://home.example.org:8443'])
    it(`says that ${url} is not public, and asks nothing`, async () => {
      await load({ publicUrl: url })
      await bench.logIn()
      await bench.shows('status.notPublic')
      bench.requestsOf('list').should.eql([])
    })

  it('says when Withings cannot reach it, tells Catch once, and tries again', async () => {
    bench.simulator.notify.lead(publicUrl, 'http://127.0.0.1:9')
    await load()
    await bench.logIn()
    await bench.shows('status.unreachable')
    await bench.caught.until(
      items => items.some(({ error }) => error!.code === 'WITHINGS_REFUSED'),
      'the error'
    )
    await bench.publish(publicUrl)
    await bench.statuses.until(texts => texts.at(-1) === 'status.subscribed', 'the next try', 40_000)
    bench.caught.items.filter(({ error }) => error!.code === 'WITHINGS_REFUSED').should.have.length(1)
  })

  it('subscribes what the login allows, and says how much that is', async () => {
    await load({ categories: [1, 50] })
    await bench.logIn({ scopes: ['user.info', 'user.metrics'] })
    await bench.shows('status.partly')
    own().should.have.length(1)
    await bench.caught.until(items => items.some(({ error }) => error!.code === 'SCOPE_MISSING'), 'the error')
  })

  it('says NOT_CONFIGURED without an account', async () => {
    await load({ account: 'nobody' })
    await bench.shows('status.notConfigured')
  })
})
