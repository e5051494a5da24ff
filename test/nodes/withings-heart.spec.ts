import helper from 'node-red-node-test-helper'
import should from 'should'
import type { HeartRecording } from '../../lib/withings/heart/ecg'
import type { StethoscopeRecording } from '../../lib/withings/heart/recordings'
import type { HeartSignal } from '../../lib/withings/heart/signal'
import type { Reading } from '../../lib/withings/readings/reading'
import type { HeartRow, Person } from '../simulator'
import { type Bench, type Message, useBench } from '../support/withings-bench'

const day = 86_400
const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString()
const recordingOf = (message: Message): HeartRecording => message.payload as HeartRecording

describe('withings-heart', () => {
  let bench: Bench
  useBench(opened => (bench = opened))

  async function start(properties: object = {}, userId = bench.ada.userId): Promise<void> {
    await bench.load({ type: 'withings-heart', ...properties })
    ;(await bench.logIn({ userId })).status.should.equal(200)
  }
  /** The same node with other properties, as after a deploy. */
  async function restart(properties: object): Promise<void> {
    await helper.unload()
    await bench.load({ type: 'withings-heart', ...properties })
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
  const ben = (): Person => bench.simulator.people.find(({ name }) => name === 'Ben')!
  const rows = (wanted: (row: HeartRow) => boolean = () => true) =>
    bench.ada.recordings.heart.filter(wanted).map(described).sort()
  const described = ({ timestamp, ecg, deviceid, heart_rate }: HeartRow) => {
    const rate = typeof heart_rate === 'object' ? !heart_rate.is_deleted && heart_rate.value : heart_rate
    return [isoOf(timestamp), ecg?.signalid ?? null, ecg?.afib, rate || null, deviceid].join(' ')
  }
  const found = (recordings: HeartRecording[]) =>
    recordings
      .map(({ date, signalId, values, heartRate, deviceId }) =>
        [date, signalId, values.ecg_afib, heartRate, deviceId].join(' ')
      )
      .sort()

  it('sends the recordings beside those in which Withings wrote absurd numbers', async () => {
    const { simulator, ada } = bench
    const before = ada.recordings.heart.length
    simulator.addEcg(ada.userId, { modified: 1e13, afib: -1, heart_rate: -1 })
    simulator.addStetho(ada.userId, { vhd: -1 })
    await start({ mode: 'all', output: 'batch' })
    await run()
    const recordings = bench.out.items[0]!.payload as HeartRecording[]
    recordings.should.have.length(before + 1)
    recordings.at(-1)!.should.match({ afib: null, heartRate: null, values: {} })
    recordings.at(-1)!.modified.should.equal(recordings.at(-1)!.date)
  })

  it('sends each recording as a message, oldest first, with topic and parts', async () => {
    await start({ mode: 'all' })
    await run({ topic: 'mine', mine: { kept: [1] } })
    const messages = bench.out.items
    found(messages.map(recordingOf)).should.eql(rows())
    const dates = messages.map(message => recordingOf(message).date)
    dates.should.eql([...dates].sort())
    messages.forEach((message, index) => {
      const { deviceId, readings } = recordingOf(message)
      message.should.match({
        topic: `withings/${bench.ada.userId}/${deviceId}/ecg`,
        parts: { type: 'array', index, count: messages.length },
        mine: { kept: [1] }
      })
      readings.forEach(({ date }) => date.should.equal(recordingOf(message).date))
    })
    messages
      .map(message => recordingOf(message).afib)
      .should.containDeep(['positive', 'inconclusive', 'no_diagnosis'])
    await bench.shows('status.recordings')
  })

  it('sends all recordings as one message, or the latest reading of each kind', async () => {
    await start({ mode: 'all', output: 'batch' })
    await run()
    const recordings = bench.out.items[0]!.payload as HeartRecording[]
    found(recordings).should.eql(rows())
    should(bench.out.items[0]!.topic).equal(`withings/${bench.ada.userId}`)

    await restart({ mode: 'all', output: 'latest' })
    await run()
    const latest = bench.out.items[1]!.payload as Record<string, Reading>
    Object.entries(latest).forEach(([key, { type }]) => key.should.equal(type))
    const newest = recordings.filter(({ heartRate }) => heartRate !== null).at(-1)!
    should(latest.ecg_heart_rate).match({ value: newest.heartRate, unit: 'bpm', date: newest.date })
  })

  it('sends after the first run only what is new, came late or was edited, and then nothing', async () => {
    await start({ days: 20, output: 'batch' })
    await run()
    const { simulator, ada } = bench
    const now = Math.floor(simulator.clock.now() / 1000)
    const edited = ada.recordings.heart.find(
      ({ ecg, timestamp }) => ecg?.afib === 0 && timestamp < now - day && timestamp > now - 18 * day
    )!
    const fresh = simulator.addEcg(ada.userId, { afib: 1 })
    const late = simulator.addEcg(ada.userId, { timestamp: now - 18.5 * day, heart_rate: 77 })
    edited.ecg!.afib = 2
    edited.modified = now
    // Another span than before, for an equal request within 10 s is answered from the first.
    await restart({ days: 19, output: 'batch' })
    await run()
    await run()
    const [first, second, third] = bench.out.items.map(({ payload }) => payload as HeartRecording[])
    found(first!).should.eql(
      rows(row => row.timestamp >= now - 20 * day && ![fresh, late].includes(row.ecg?.signalid ?? 0)).map(
        text => text.replace(` ${edited.ecg!.signalid} 2 `, ` ${edited.ecg!.signalid} 0 `)
      )
    )
    second!.map(({ signalId }) => Number(signalId)).should.eql([late, edited.ecg!.signalid, fresh])
    second!.map(({ afib }) => afib).should.eql(['negative', 'inconclusive', 'positive'])
    third!.should.eql([])
    await bench.shows('status.nothingNew')
  })

  it('asks for dates of a message, and leaves the cursor alone', async () => {
    await start({ mode: 'new', days: 5, output: 'batch' })
    const now = Math.floor(Date.now() / 1000)
    await run({ startDate: isoOf(now - 12 * day), endDate: now - 10 * day })
    found(bench.out.items[0]!.payload as HeartRecording[]).should.eql(
      rows(({ timestamp }) => timestamp >= now - 12 * day && timestamp <= now - 10 * day)
    )
    await run()
    found(bench.out.items[1]!.payload as HeartRecording[]).should.eql(
      rows(({ timestamp }) => timestamp >= now - 5 * day)
    )
  })

  for (const kind of ['text-numbers', 'unknown-fields', 'missing-more', 'false-numbers'] as const)
    it(`reads the same from answers with ${kind}`, async () => {
      bench.simulator.faults.add({ kind, path: '/v2/heart' })
      await start({ mode: 'all', output: 'batch' })
      await run()
      found(bench.out.items[0]!.payload as HeartRecording[]).should.eql(rows())
    })

  it('tells Catch about recordings that cannot be read, once, and sends the others', async () => {
    await start({ mode: 'all', output: 'batch' })
    bench.simulator.faults.add({ kind: 'false-numbers', fields: ['timestamp'], path: '/v2/heart', times: 1 })
    const { code, message } = await failure()
    code.should.equal('BAD_ANSWER')
    message.should.match(/series\[0\]/)
    bench.out.items.should.have.length(1)
  })

  it('lists the recordings of a stethoscope, apart from those of the heart', async () => {
    await start({ what: 'stethoscope', days: 0, output: 'batch' })
    await run()
    const recordings = bench.out.items[0]!.payload as StethoscopeRecording[]
    const { stetho } = bench.ada.recordings
    recordings
      .map(({ signalId, vhd, date }) => [signalId, vhd, date].join(' '))
      .sort()
      .should.eql(
        stetho.map(({ signalid, vhd, timestamp }) => [signalid, vhd, isoOf(timestamp)].join(' ')).sort()
      )
    await restart({ what: 'recordings', days: 0, output: 'batch' })
    await run()
    found(bench.out.items[1]!.payload as HeartRecording[]).should.eql(rows())
    await restart({ what: 'stethoscope', days: 0, output: 'each' })
    const added = bench.simulator.addStetho(bench.ada.userId, { vhd: 1 })
    await run()
    const messages = bench.out.items.slice(2)
    messages.should.have.length(1)
    messages[0]!.should.match({ topic: /\/stethoscope$/, payload: { signalId: String(added), vhd: 1 } })
  })

  describe('as the signal of an ECG', () => {
    const signalIn = (index: number): HeartSignal => bench.out.items[index]!.payload as HeartSignal

    it('sends the one that the message names', async () => {
      await start({ what: 'signal' })
      const { heart, unsynced } = bench.ada.recordings
      const row = heart.find(({ ecg, model }) => ecg && model === 44 && !unsynced.has(ecg.signalid))!
      await run({ signalId: row.ecg!.signalid, mine: 1 })
      const signal = signalIn(0)
      signal.should.match({
        kind: 'ecg_signal',
        signalId: String(row.ecg!.signalid),
        synced: true,
        frequency: 500,
        duration: 20,
        unit: 'µV',
        position: 'left_arm',
        model: 'BPM Core',
        intervals: {}
      })
      signal.samples.should.have.length(10_000)
      signal.series.should.have.length(10_000)
      should(signal.series[9_999]).match({ x: 19_998, y: signal.samples[9_999] })
      bench.out.items[0]!.should.match({ topic: `withings/${bench.ada.userId}/manual/ecg_signal`, mine: 1 })
      bench.requestsOf('list').should.eql([])
      await bench.shows('status.signal')
    })

    it('sends the one of the recording in the message, in its filtered version and with intervals', async () => {
      await start({ mode: 'all' }, ben().userId)
      await run()
      const recording = bench.out.items.at(-1)!.payload as HeartRecording
      await restart({ what: 'signal' })
      await run({ payload: recording })
      const [message] = bench.out.items.slice(-1)
      const signal = message!.payload as HeartSignal
      message!.topic!.should.equal(`withings/${ben().userId}/${recording.deviceId}/ecg_signal`)
      signal.should.match({
        signalId: recording.signalId,
        date: recording.date,
        deviceId: recording.deviceId,
        model: 'ScanWatch',
        frequency: 300,
        duration: 30,
        heartRate: recording.heartRate,
        intervals: { qrs: 92, pr: 158, qt: 388, qtc: 412 }
      })
      signal.series.map(({ y }) => y).should.eql(signal.filtered)
      signal.samples.should.not.eql(signal.filtered)
    })

    it('sends the newest one, and says while the device has not sent it', async () => {
      await start({ what: 'signal' })
      const { simulator, ada } = bench
      const signalid = simulator.addEcg(ada.userId, { synced: false })
      await run()
      signalIn(0).should.match({
        signalId: String(signalid),
        synced: false,
        samples: { length: 0 },
        series: { length: 0 }
      })
      await bench.shows('status.notSynced')
      simulator.syncSignal(ada.userId, signalid)
      const newer = simulator.addEcg(ada.userId, {
        timestamp: Math.floor(simulator.clock.now() / 1000) + 60
      })
      await run({ signalId: newer })
      signalIn(1).should.match({ signalId: String(newer), synced: true, frequency: 300 })
    })

    it('sends nothing where there is none', async () => {
      await start({ what: 'signal' })
      await run({ payload: [] })
      await bench.shows('status.noSignal')
      bench.simulator.requests.filter(({ path }) => path === '/v2/heart').should.eql([])
      bench.ada.recordings.heart.length = 0
      await run()
      await bench.shows('status.noSignal')
      bench.requestsOf('list').should.have.length(2)
      bench.out.items.should.eql([])
    })

    it('is never polled', async () => {
      await start({ what: 'signal', schedule: 1 })
      await run({ payload: [], mine: 'the only one' })
      bench.completed.items.map(({ mine }) => mine).should.eql(['the only one'])
      bench.simulator.requests.filter(({ path }) => path === '/v2/heart').should.eql([])
    })

    it('says BAD_INPUT for no id, and WITHINGS_REFUSED for one of nobody', async () => {
      await start({ what: 'signal' })
      ;(await failure({ signalId: 'abc' })).code.should.equal('BAD_INPUT')
      ;(await failure({ signalId: 1 })).code.should.equal('WITHINGS_REFUSED')
      bench.out.items.should.eql([])
    })
  })

  it('says SCOPE_MISSING with the scope', async () => {
    await bench.load({ type: 'withings-heart' })
    await bench.logIn({ scopes: ['user.info'] })
    ;(await failure()).should.match({ code: 'SCOPE_MISSING', message: /user\.metrics/ })
  })
})
