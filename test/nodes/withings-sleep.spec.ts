import helper from 'node-red-node-test-helper'
import should from 'should'
import { systemClock } from '../../lib/base/clock'
import type { Reading } from '../../lib/withings/readings/reading'
import type { Night } from '../../lib/withings/sleep/night'
import type { Stages } from '../../lib/withings/sleep/stages'
import type { NewNight } from '../simulator'
import { Bench, type Message, startServer, stopServer } from '../support/withings-bench'

const hour = 3600

describe('withings-sleep', () => {
  let bench: Bench
  let now: number

  before(startServer)
  after(stopServer)

  beforeEach(async () => {
    bench = await Bench.open()
    bench.ada.sleep.length = 0
    now = Math.floor(bench.simulator.clock.now() / 1000)
  })
  afterEach(() => bench.close())

  async function start(properties: object = {}): Promise<void> {
    // What lies in the day is no nap unless a test says so: these run at any hour.
    await bench.load({ type: 'withings-sleep', napHours: 0, ...properties })
    ;(await bench.logIn()).status.should.equal(200)
  }
  async function run(message: object = {}): Promise<void> {
    const before = bench.completed.items.length
    bench.send(message)
    await bench.completed.count(before + 1, 'the end of the run')
    bench.caught.items.should.eql([])
  }
  /** A night that ended so many hours ago. */
  const addNight = (hoursAgo: number, hours: number, parts: Partial<NewNight> = {}): number => {
    const enddate = now - hoursAgo * hour
    return bench.simulator.addNight(bench.ada.userId, {
      startdate: enddate - hours * hour,
      enddate,
      ...parts
    })
  }
  const nightOf = (message?: Message): Night => message?.payload as Night

  it('works as it is dropped, and sends each night with topic and parts, oldest first', async () => {
    addNight(2, 8)
    addNight(27, 8)
    await bench.load({ type: 'withings-sleep' })
    ;(await bench.logIn()).status.should.equal(200)
    await run({ topic: 'mine', mine: 1 })
    const messages = bench.out.items
    messages
      .map(message => nightOf(message).id)
      .should.eql([...bench.ada.sleep].sort((a, b) => a.enddate - b.enddate).map(({ id }) => String(id)))
    messages.forEach((message, index) => {
      const { userId, deviceId, kind, readings } = nightOf(message)
      message.topic!.should.equal(`withings/${userId}/${deviceId}/${kind}`)
      message.parts!.should.match({ type: 'array', index, count: 2 })
      should(message.mine).equal(1)
      readings.length.should.be.above(20)
    })
    await bench.shows('status.nights')
  })

  for (const what of ['nights', 'stages'])
    it(`sends the ${what} beside one in which Withings wrote absurd numbers`, async () => {
      const modified = addNight(50, 8, { modified: 1e13, data: { sleep_latency: 1e13, waso: -25920 } })
      const [old, newest] = [addNight(74, 8), addNight(2, 8)]
      await start({ what, mode: 'all', output: 'batch' })
      await run()
      const sent = bench.out.items[0]!.payload as { id: string }[]
      sent.map(({ id }) => id).should.eql([old, modified, newest].map(String))
    })

  it('tells a night that can be none, sends the others, and does not hang on it', async () => {
    addNight(50, 8, { startdate: 1 })
    const good = addNight(2, 8)
    await start({ mode: 'all', output: 'batch' })
    bench.send()
    const [message] = await bench.caught.count(1, 'the error')
    message!.error!.code.should.equal('BAD_ANSWER')
    ;(bench.out.items[0]!.payload as Night[]).map(({ id }) => id).should.eql([String(good)])
  })

  it('sends a night once', async () => {
    addNight(2, 8)
    await start({ output: 'batch' })
    await run()
    await run()
    bench.out.items.map(({ payload }) => (payload as Night[]).length).should.eql([1, 0])
    await bench.shows('status.nothingNew')
  })

  it('sends a night again when it changed', async () => {
    const id = addNight(2, 8)
    await start()
    await run()
    bench.simulator.clock.offset(hour * 1000)
    bench.simulator.scoreNight(bench.ada.userId, id, 97)
    await run()
    const scores = bench.out.items.map(message => nightOf(message).values.sleep_score)
    scores.should.have.length(2)
    should(scores[1]).equal(97)
  })

  it('tells that a night has no score yet, and waits for it', async () => {
    addNight(1, 8, { scored: false })
    await start()
    await run()
    nightOf(bench.out.items[0]).should.match({ scored: false, completed: false })
    await bench.shows('status.nightsUnscored')
  })

  it('asks by itself for a score that is missing, and sends the night once with it', async () => {
    const sleep = systemClock.sleep.bind(systemClock)
    let due: () => void = () => undefined
    systemClock.sleep = (ms, signal) =>
      ms === 10 * 60_000 ? new Promise(resolve => (due = resolve)) : sleep(ms, signal)
    try {
      const id = addNight(1, 8, { scored: false })
      await start({ schedule: 0 })
      await run()
      bench.simulator.clock.offset(hour * 1000)
      bench.simulator.scoreNight(bench.ada.userId, id, 88)
      due()
      await bench.out.count(2, 'the night with its score')
      nightOf(bench.out.items[1]).should.match({ id: String(id), scored: true, values: { sleep_score: 88 } })
      // What was sent by itself is not sent again.
      bench.simulator.clock.offset(hour * 1000)
      await run()
      bench.out.items.should.have.length(2)
    } finally {
      systemClock.sleep = sleep
    }
  })

  it('leaves naps out, or sends nothing else, by the rule of the user', async () => {
    addNight(10, 8)
    addNight(1, 1)
    const always = { napHours: 3, napFrom: 0, napUntil: 24 }
    await start({ ...always, mode: 'all', naps: 'exclude', output: 'batch' })
    await run()
    const kinds = () => (bench.out.items.at(-1)!.payload as Night[]).map(({ kind }) => kind)
    kinds().should.eql(['night'])
  })

  it('sends the newest of each kind, those of a nap beside those of the night', async () => {
    addNight(27, 8, { data: { sleep_score: 60 } })
    addNight(10, 8, { data: { sleep_score: 70 } })
    addNight(1, 1, { data: { total_sleep_time: 3000 } })
    await start({ napHours: 3, napFrom: 0, napUntil: 24, output: 'latest', mode: 'all' })
    await run()
    const latest = bench.out.items[0]!.payload as Record<string, Reading>
    latest.sleep_score!.value.should.equal(70)
    latest.nap_sleep_duration!.value.should.equal(3000)
    latest.sleep_duration!.value.should.be.above(4 * hour)
  })

  it('sends as the latest one night whole, where a mat and a watch have both seen it', async () => {
    addNight(27, 8, { data: { sleep_score: 60 } })
    const mat = addNight(2, 8, { data: { sleep_score: 70 } })
    const watch = { hash_deviceid: 'watch', model: 16, model_id: 93 }
    // It lacks what only a mat knows, and ends later.
    addNight(1, 8, { ...watch, data: { sleep_score: 90, apnea_hypopnea_index: null, snoring: null } })
    for (const what of ['nights', 'stages']) {
      await helper.unload()
      await start({ what, output: 'latest', mode: 'all' })
      await run()
    }
    const readings = Object.values(bench.out.items[0]!.payload as Record<string, Reading>)
    readings.length.should.be.above(20)
    new Set(readings.map(({ groupId }) => groupId)).should.eql(new Set([String(mat)]))
    should((bench.out.items[1]!.payload as Stages).id).equal(String(mat))
  })

  it('joins parts as the user wants it', async () => {
    addNight(6, 3)
    addNight(1, 4)
    await start({ mode: 'all', output: 'batch', joinMinutes: 61 })
    await run()
    const [night] = bench.out.items[0]!.payload as Night[]
    night!.parts.should.have.length(2)
  })

  it('sends the stages of each night, and those of the newest as the latest', async () => {
    addNight(27, 8)
    const newest = addNight(2, 8)
    await start({ what: 'stages', mode: 'period', days: 7, output: 'latest' })
    await run()
    bench.requestsOf('get').should.have.length(1)
    const { id, kind, timeline, series } = bench.out.items[0]!.payload as Stages
    should({ id, kind }).eql({ id: String(newest), kind: 'stages' })
    timeline.length.should.be.above(10)
    Object.keys(series).should.containDeep(['heart_rate', 'respiratory_rate'])
    await bench.shows('status.stages')
  })

  it('takes the days of the message', async () => {
    addNight(2, 8)
    addNight(60, 8)
    await start({ output: 'batch' })
    const wanted = bench.ada.sleep.find(({ enddate }) => enddate === now - 60 * hour)!
    await run({ startDate: wanted.date, endDate: wanted.date })
    const nights = bench.out.items[0]!.payload as Night[]
    nights.map(({ day }) => day).should.eql([wanted.date])
  })

  it('says what is missing when the login does not allow sleep', async () => {
    await bench.load({ type: 'withings-sleep' })
    const scopes = ['user.info', 'user.metrics']
    ;(await bench.logIn({ scopes }, { scopes })).status.should.equal(200)
    bench.send()
    const [message] = await bench.caught.count(1, 'the error')
    message!.error!.should.match({ code: 'SCOPE_MISSING', message: /user\.activity/ })
  })
})
