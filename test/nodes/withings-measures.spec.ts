import helper from 'node-red-node-test-helper'
import should from 'should'
import { measureType } from '../../lib/withings/measures/types'
import type { Reading } from '../../lib/withings/readings/reading'
import type { ExpectedReading, Json } from '../simulator'
import { type Bench, type Message, useBench } from '../support/withings-bench'

const hour = 3600
const readingOf = (message: Message): Reading => message.payload as Reading
const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString()

describe('withings-measures', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  async function start(properties: object = {}): Promise<void> {
    await bench.load({ type: 'withings-measures', ...properties })
    ;(await bench.logIn()).status.should.equal(200)
  }
  /** Sends a message and waits for the end of its run. */
  async function run(message: object = {}): Promise<void> {
    const before = bench.completed.items.length
    bench.send(message)
    await bench.completed.count(before + 1, 'the end of the run')
    bench.caught.items.should.eql([])
  }
  async function failure(message: object = {}): Promise<NonNullable<Message['error']>> {
    const before = bench.caught.items.length
    bench.send(message)
    const errors = await bench.caught.count(before + 1, 'the error')
    return errors[before]!.error!
  }
  const expected = (wanted: (reading: ExpectedReading) => boolean = () => true) =>
    bench.simulator
      .expectedReadings(bench.ada.userId)
      .filter(wanted)
      .map(({ meastype, value, date, grpid }) =>
        [measureType(meastype).name, value, isoOf(date), String(grpid)].join(' ')
      )
      .sort()
  const found = (readings: Reading[]) =>
    readings.map(({ type, value, date, groupId }) => [type, String(value), date, groupId].join(' ')).sort()
  const startOf = (name: string) => bench.requestsOf('getmeas').at(-1)!.params[name]

  it('sends each reading as a message, oldest first, with topic and parts', async () => {
    await start({ mode: 'all', output: 'each' })
    await run({ topic: 'mine', mine: { kept: [1] }, parts: { id: 'foreign' } })
    const messages = bench.out.items
    found(messages.map(readingOf)).should.eql(expected(({ attrib }) => attrib !== 1))
    const dates = messages.map(message => readingOf(message).date)
    dates.should.eql([...dates].sort())
    messages.forEach((message, index) => {
      const { userId, deviceId, type, position } = readingOf(message)
      const place = position === undefined ? type : `${type}/${position}`
      message.topic!.should.equal(`withings/${userId}/${deviceId ?? 'manual'}/${place}`)
      message.parts!.should.match({
        id: messages[0]!.parts!.id,
        type: 'array',
        index,
        count: messages.length,
        parts: { id: 'foreign' }
      })
      should(message.mine).eql({ kept: [1] })
    })
    messages[0]!.parts!.id.should.not.equal('foreign')
    bench.completed.items.should.have.length(1)
  })

  it('sends all readings as one message, and keeps what else was in it', async () => {
    await start({ mode: 'all', output: 'batch', ambiguous: 'include' })
    await run({ topic: 'mine', mine: 1, payload: 'trigger' })
    const [message] = bench.out.items as [Message]
    bench.out.items.should.have.length(1)
    const readings = message.payload as Reading[]
    found(readings).should.eql(expected())
    readings.map(({ date }) => date).should.eql(readings.map(({ date }) => date).sort())
    message.should.match({ topic: `withings/${bench.ada.userId}`, mine: 1 })
    message.should.not.have.property('parts')
  })

  it('sends the newest of each type and position', async () => {
    await start({ mode: 'all', output: 'latest' })
    await run()
    const latest = bench.out.items[0]!.payload as Record<string, Reading>
    latest.weight!.value.should.equal(82.05)
    latest.should.have.property('segment_fat_mass_left_arm')
    for (const [key, { type, position }] of Object.entries(latest)) {
      key.should.equal(position === undefined ? type : `${type}_${position}`)
    }
    const newest = expected(({ attrib, meastype }) => attrib !== 1 && meastype === 10)
      .map(text => text.split(' ')[2])
      .sort()
      .at(-1)
    should(latest.systolic_blood_pressure!.date).equal(newest)
  })

  it('classifies a blood pressure beside the systolic reading, and leaves the reading as it is', async () => {
    await start({ mode: 'all', types: ['systolic_blood_pressure', 'diastolic_blood_pressure'] })
    await run()
    const classified = bench.out.items.filter(message => 'bloodPressure' in message)
    classified.length.should.be.above(0)
    const partner = ({ groupId }: Reading) =>
      bench.out.items
        .map(readingOf)
        .find(other => other.groupId === groupId && other.type === 'diastolic_blood_pressure')?.value
    for (const message of bench.out.items) {
      const reading = readingOf(message)
      reading.should.not.have.properties('class', 'bloodPressure')
      if (reading.type !== 'systolic_blood_pressure') message.should.not.have.property('bloodPressure')
      else {
        const expected = { systolic: reading.value, diastolic: partner(reading), notice: /./ }
        message.should.match({ bloodPressure: expected })
      }
    }
  })

  it('sends only the wanted types, in imperial units', async () => {
    await start({ mode: 'all', types: ['weight'], units: 'imperial', output: 'latest' })
    await run()
    const latest = bench.out.items[0]!.payload as Record<string, Reading>
    Object.keys(latest).should.eql(['weight'])
    latest.weight!.should.match({ value: 180.8893, unit: 'lb' })
    should(startOf('meastypes')).equal('1')
  })

  it('sends after the first run only what is new or was edited, and then nothing', async () => {
    await start({ mode: 'new', days: 0, output: 'batch' })
    await run()
    const { simulator, ada } = bench
    simulator.addGroup(ada.userId, { measures: [{ type: 1, value: 81_930, unit: -3 }] })
    const old = ada.groups.find(({ attrib, measures }) => attrib === 0 && measures.length > 1)!
    simulator.editGroup(ada.userId, old.grpid, { attrib: 7 })
    await run()
    await run()
    const [, second, third] = bench.out.items.map(({ payload }) => payload as Reading[])
    const added = ada.groups.find(({ measures }) => measures[0]?.value === 81_930)!
    found(second!).should.eql(expected(({ grpid }) => grpid === old.grpid || grpid === added.grpid))
    should(third).eql([])
    should(startOf('startdate')).be.undefined()
  })

  it('keeps no reading from the next run because a message asked for other types', async () => {
    await start({ mode: 'new', days: 0, output: 'batch', ambiguous: 'include' })
    await run({ types: ['weight'] })
    await run()
    const [narrow, all] = bench.out.items.map(({ payload }) => payload as Reading[])
    new Set(narrow!.map(({ type }) => type)).should.eql(new Set(['weight']))
    found(all!).should.eql(expected())
  })

  it('sends nothing again when a message asks for some of what the node sent', async () => {
    await start({ mode: 'new', days: 0, output: 'batch' })
    await run()
    bench.simulator.addGroup(bench.ada.userId, { measures: [{ type: 1, value: 81_930, unit: -3 }] })
    await run({ types: ['weight'] })
    const [, narrow] = bench.out.items.map(({ payload }) => payload as Reading[])
    narrow!.map(({ value }) => value).should.eql([81.93])
  })

  it('sends nothing again to a message that asked before what the node sent since', async () => {
    await start({ mode: 'new', days: 0, output: 'batch' })
    await run({ types: ['weight'] })
    bench.simulator.addGroup(bench.ada.userId, { measures: [{ type: 1, value: 81_930, unit: -3 }] })
    await run()
    await run({ types: ['weight'] })
    const [, all, narrow] = bench.out.items.map(({ payload }) => payload as Reading[])
    all!.map(({ value }) => value).should.containEql(81.93)
    should(narrow).eql([])
  })

  it('sends nothing again when a message names the types of the node', async () => {
    await start({ mode: 'new', days: 0, output: 'batch', types: ['weight', 'spo2'] })
    await run()
    await run({ types: 'spo2,weight,spo2' })
    await run({ types: [] })
    await run({ types: [] })
    const [own, named, all, none] = bench.out.items.map(({ payload }) => payload as Reading[])
    own!.length.should.be.above(0)
    should(named).eql([])
    found(all!).should.eql(expected(({ attrib }) => attrib !== 1))
    should(none).eql([])
  })

  it('sends the readings of a type that was added to the node', async () => {
    await start({ mode: 'new', days: 0, output: 'batch', types: ['weight'] })
    await run()
    await helper.unload()
    await bench.load({
      type: 'withings-measures',
      mode: 'new',
      days: 0,
      output: 'batch',
      types: ['weight', 'fat_ratio']
    })
    await run()
    const readings = bench.out.items[1]!.payload as Reading[]
    found(readings.filter(({ type }) => type === 'fat_ratio')).should.eql(
      expected(({ attrib, meastype }) => attrib !== 1 && meastype === 6)
    )
  })

  it('asks for the last days in the mode "period", and leaves the cursor alone', async () => {
    await start({ mode: 'period', days: 2, output: 'batch' })
    const before = Math.floor(Date.now() / 1000)
    await run()
    await run({ mode: 'new' })
    const [period, first] = bench.out.items.map(({ payload }) => payload as Reading[])
    Number(bench.requestsOf('getmeas')[0]!.params.startdate).should.be.within(
      before - 48 * hour,
      before - 48 * hour + 10
    )
    found(period!).should.eql(expected(({ attrib, date }) => attrib !== 1 && date >= before - 48 * hour))
    found(first!).should.eql(found(period!))
  })

  it('takes types, mode and dates of the message', async () => {
    await start({ mode: 'new', days: 1, output: 'batch' })
    const [from, until] = [
      Math.floor(Date.now() / 1000) - 20 * 24 * hour,
      Math.floor(Date.now() / 1000) - 24 * hour
    ]
    await run({ types: ['weight'], startDate: isoOf(from), endDate: new Date(until * 1000) })
    found(bench.out.items[0]!.payload as Reading[]).should.eql(
      expected(
        ({ attrib, meastype, date }) => attrib !== 1 && meastype === 1 && date >= from && date <= until
      )
    )
    await run({ mode: 'all', types: 'weight,fat_ratio' })
    found(bench.out.items[1]!.payload as Reading[]).should.eql(
      expected(({ attrib, meastype }) => attrib !== 1 && (meastype === 1 || meastype === 6))
    )
  })

  it('passes messages on one after the other, in their order', async () => {
    await start({ mode: 'all', output: 'latest' })
    bench.simulator.faults.add({ kind: 'slow', ms: 200, params: { meastypes: '1' } })
    for (const mine of [1, 2, 3]) bench.send({ mine, types: ['weight', 'height', 'spo2'].slice(0, mine) })
    await bench.completed.count(3, 'the ends of the runs')
    bench.out.items.map(({ mine }) => mine).should.eql([1, 2, 3])
    bench.completed.items.map(({ mine }) => mine).should.eql([1, 2, 3])
  })

  it('counts in the status what it held back', async () => {
    await start({ mode: 'all', output: 'batch' })
    await run()
    await bench.shows('status.readingsHeldBack')
    await run({ startDate: 1, endDate: 2 })
    await bench.shows('status.nothingNew')
  })

  it('tells Catch about readings that cannot be read, once, and sends the others', async () => {
    await start({ mode: 'all', output: 'batch' })
    bench.simulator.faults.add({ kind: 'false-numbers', fields: ['date'], action: 'getmeas', times: 1 })
    const { code, message } = await failure({ types: 'weight' })
    code.should.equal('BAD_ANSWER')
    message.should.match(/measuregrps\[0\]/)
    bench.out.items.should.have.length(1)
    bench.completed.items.should.have.length(0)
  })

  const good = { grpid: 1, attrib: 0, category: 1, date: 1_790_000_000, measures: [] }
  const absurd: [string, Json, RegExp][] = [
    ['null', null, /measuregrps\[0\]/],
    ['a list', [], /measuregrps\[0\]/],
    ['no field', {}, /measuregrps\[0\]/],
    ['a date in 300,000 years', { ...good, date: 1e13 }, /measuregrps\[0\]/],
    ['no measures', { ...good, measures: null }, /measuregrps\[0\]/],
    ['an object as value', { ...good, measures: [{ type: 1, value: {}, unit: -3 }] }, /measures\[0\]/],
    ['a value beyond all numbers', { ...good, measures: [{ type: 1, value: 1, unit: 400 }] }, /measures\[0\]/]
  ]
  for (const [what, group, place] of absurd)
    it(`sends all the other readings beside a group with ${what}, and tells Catch`, async () => {
      await start({ mode: 'all', output: 'batch', ambiguous: 'include' })
      bench.simulator.faults.add({ kind: 'extra-groups', groups: [group], action: 'getmeas', times: 1 })
      const { code, message } = await failure()
      code.should.equal('BAD_ANSWER')
      message.should.match(place)
      found(bench.out.items[0]!.payload as Reading[]).should.eql(expected())
    })

  it('sends the readings of both groups with one id, and of an edited one no more than once', async () => {
    await start({ mode: 'new', days: 0, output: 'batch' })
    const { simulator, ada } = bench
    const grpid = ada.groups.find(({ attrib, measures }) => attrib === 0 && measures.length > 1)!.grpid
    simulator.addGroup(ada.userId, { grpid, measures: [{ type: 1, value: 81_930, unit: -3 }] })
    await run()
    await run()
    const [first, second] = bench.out.items.map(({ payload }) => payload as Reading[])
    found(first!).should.eql(expected(({ attrib }) => attrib !== 1))
    should(second).eql([])
  })

  it('holds back what is inconclusive, and sends it where it is wanted', async () => {
    for (const ambiguous of ['exclude', 'include'] as const) {
      await start({ mode: 'all', output: 'batch', types: ['spo2'], ambiguous })
      if (ambiguous === 'exclude')
        bench.simulator.addGroup(bench.ada.userId, {
          is_inconclusive: true,
          measures: [{ type: 54, value: 91, unit: 0 }]
        })
      await run()
      await bench.shows(ambiguous === 'exclude' ? 'status.readingsHeldBack' : 'status.readings')
      await helper.unload()
    }
    const [without, withIt] = bench.out.items.map(({ payload }) => payload as Reading[])
    should(without).eql([])
    withIt!.map(({ value, source }) => [value, source]).should.eql([[91, 'inconclusive']])
  })

  it('sends no fat-free mass that nobody measured, also when asked for nothing else', async () => {
    await start({ mode: 'all', output: 'batch', types: ['fat_free_mass'], ambiguous: 'include' })
    await run()
    const masses = expected(({ meastype }) => meastype === 5)
    found(bench.out.items[0]!.payload as Reading[]).should.eql(masses)
  })

  it('says BAD_INPUT, asks nothing, and goes on', async () => {
    await start({ mode: 'all', types: ['weight'] })
    for (const message of [{ types: ['wieght'] }, { startDate: 2, endDate: 1 }, { mode: 'x' }]) {
      const { code, cause, source } = await failure(message)
      code.should.equal('BAD_INPUT')
      cause.should.eql({ code: 'BAD_INPUT' })
      source.id.should.equal(bench.id)
    }
    bench.requestsOf('getmeas').should.eql([])
    bench.caught.items.length.should.equal(3)
    bench.send()
    await bench.completed.count(1, 'the end of the run')
  })

  it('takes no more messages while a thousand wait', async () => {
    await start({ mode: 'all', types: ['weight'], output: 'latest' })
    bench.simulator.faults.add({ kind: 'slow', ms: 500, action: 'getmeas', times: 1 })
    for (let mine = 0; mine < 1_001; mine += 1) bench.send({ mine })
    const [problem] = await bench.caught.count(1, 'the error')
    problem!.should.match({ mine: 1_000, error: { code: 'BAD_INPUT', message: /1000 messages/ } })
    bench.completed.items.should.eql([])
  })

  it('says WITHINGS_REFUSED, and SCOPE_MISSING with the scope', async () => {
    await start({ mode: 'all', output: 'batch' })
    bench.simulator.faults.add({ kind: 'status', status: 503, action: 'getmeas', times: 1 })
    const refused = await failure()
    refused.should.match({ code: 'WITHINGS_REFUSED', message: /503/ })
    bench.requestsOf('getmeas').should.have.length(1)
    await bench.admin('/unlink', {})
    await bench.logIn({ scopes: ['user.info'] })
    ;(await failure({ types: 'weight' })).should.match({ code: 'SCOPE_MISSING', message: /user\.metrics/ })
    bench.out.items.should.eql([])
  })

  it('sends what one device measured, and tells of another one from the beginning', async () => {
    const own = (deviceId: string | null) => expected(each => each.deviceId === deviceId && each.attrib !== 1)
    const devices = bench.simulator.expectedReadings(bench.ada.userId).map(({ deviceId }) => deviceId)
    for (const [device, deviceId] of [
      ['manual', null],
      [devices.find(id => id !== null)!, devices.find(id => id !== null)!]
    ] as const) {
      await start({ device, days: 0, output: 'batch' })
      await run()
      const readings = bench.out.items.at(-1)!.payload as Reading[]
      readings.length.should.be.above(0)
      found(readings).should.eql(own(deviceId))
      await helper.unload()
    }
  })

  it('takes the dates of a run from where its form says', async () => {
    const until = { endDate: 'payload.until', endDateType: 'msg' }
    await start({ startDate: '2026-01-01T00:00:00Z', startDateType: 'str', ...until, output: 'batch' })
    await run({ payload: { until: '2026-01-02T00:00:00Z' }, startDate: 'ignored', mine: 1 })
    should(startOf('startdate')).equal(String(Date.parse('2026-01-01') / 1000))
    should(startOf('enddate')).equal(String(Date.parse('2026-01-02') / 1000))
    bench.out.items.at(-1)!.should.containEql({ startDate: 'ignored', mine: 1 })
  })

  for (const [what, date] of [
    ['an expression', { startDate: '$now(', startDateType: 'jsonata' }],
    ['a text', { endDate: 'tomorrow', endDateType: 'str' }]
  ] as const)
    it(`says BAD_INPUT for ${what} that is no date`, async () => {
      await start(date)
      ;(await failure()).code.should.equal('BAD_INPUT')
      bench.requestsOf('getmeas').should.eql([])
    })
})
