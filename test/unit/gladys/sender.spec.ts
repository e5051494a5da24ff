import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { JsonFile } from '../../../lib/base/json-file'
import { Announcer } from '../../../lib/gladys/discovery/announcer'
import { SentLedger } from '../../../lib/gladys/ledger/sent-ledger'
import { itemsIn } from '../../../lib/gladys/model/input'
import { parseCounters } from '../../../lib/gladys/model/manual-days'
import type { Publication } from '../../../lib/gladys/model/states'
import { Outbox } from '../../../lib/gladys/outbox/outbox'
import { Sender, type SendReport, type SendRequest } from '../../../lib/gladys/sender'
import { StepClock } from '../../support/fake-clock'
import { parseInput } from '../../support/parse-input'

const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => undefined }
const start = Date.UTC(2026, 10, 22, 12)

describe('Gladys sender', () => {
  let directory: string
  let sender: Sender
  let sent: Publication[]
  let refuse: boolean
  /** The broker takes everything and acknowledges nothing. */
  let silent: boolean
  /** It needs a turn to acknowledge. */
  let slow: boolean
  let clock: StepClock

  function restart(capacity = 100, kept: 'on disk' | 'in memory' = 'on disk'): void {
    const onVolatile = (reason: string): void => {
      throw new Error(reason)
    }
    sender = new Sender({
      ledger: new SentLedger({ directory, onVolatile, clock }),
      announcer: new Announcer(join(directory, 'announced.json'), onVolatile),
      counters: new JsonFile(join(directory, 'days.json'), parseCounters, onVolatile),
      creator: undefined,
      pending: undefined,
      clock,
      outbox: hooks =>
        new Outbox({
          ...hooks,
          directory: kept === 'on disk' ? join(directory, 'outbox') : undefined,
          onVolatile: kept === 'on disk' ? onVolatile : () => undefined,
          onLost: count => onVolatile(`${count} lost`),
          rate: 10_000,
          clock,
          capacity,
          drained: () => undefined,
          publish: publication => {
            sent.push(publication)
            if (silent) return new Promise(() => undefined)
            if (slow) return nextTurn()
            return refuse ? Promise.reject(new Error('gone')) : Promise.resolve()
          }
        })
    })
  }
  const send = (payload: unknown, create: SendRequest['create'] = 'none'): Promise<SendReport> =>
    sender.send(parseInput(payload), { create, liveMinutes: 15, naming })
  const weight = (value: number, minutesAgo: number): object => ({
    type: 'weight',
    value,
    unit: 'kg',
    userId: '12',
    deviceId: 'abc',
    model: 'Body+',
    date: (start - minutesAgo * 60_000) / 1000
  })
  const outboxFile = (): string => readdirSync(join(directory, 'outbox')).find(name => name !== 'position')!
  const kinds = (): string[] => sent.map(({ topic }) => topic.split('/').at(-1) ?? '')

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-sender-'))
    sent = []
    clock = new StepClock(start)
    refuse = false
    silent = false
    slow = false
    restart()
    sender.outbox.brokerConnected()
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('sends live what is young and newer, the rest as history, oldest first', async () => {
    const report = await send([weight(80, 1), weight(82.05, 30), weight(81, 5)])
    report.should.eql({ live: 2, historical: 1, queued: 0, created: [], skipped: [] })
    sent
      .map(({ payload }) => payload)
      .should.eql(['{"state":82.05,"created_at":"2026-11-22T11:30:00.000Z"}', '81', '80'])
    await send(weight(80.5, 3))
    kinds().should.eql(['historical', 'state', 'state', 'historical'])
  })

  const kind = (value: unknown, minutesAgo: number): object => ({
    ...weight(0, minutesAgo),
    type: 'workout_type',
    unit: null,
    value
  })
  const words = (): string[] => sent.map(({ payload }) => payload)

  it('sends of words the newest, as text, however old it is, since Gladys keeps no history of them', async () => {
    const report = await send([kind('Walk', 5000), kind('Trail Running', 600), kind('Yoga', 900)])
    report.should.match({ live: 1, historical: 0 })
    report.skipped.map(({ reason }) => reason).should.eql(['older_text', 'older_text'])
    sent[0]!.topic.should.endWith('mqtt:withings:12:abc:workout_type/text')
    words().should.eql(['Trail Running'])
  })

  it('sends no words that are older than what Gladys has, also after a restart, but changed ones', async () => {
    await send(kind('Yoga', 100))
    restart()
    sender.outbox.brokerConnected()
    await send([kind('Walk', 200), kind('Yoga', 100)])
    await send(kind('Pilates', 100))
    await send(kind('Row', 50))
    words().should.eql(['Yoga', 'Pilates', 'Row'])
  })

  it('keeps words over a restart while the broker is away, and still knows which are the newest', async () => {
    sender.outbox.brokerAway()
    await send(kind('Yoga & Co.', 100))
    sender.close()
    restart()
    await send(kind('Walk', 200)).should.finally.match({ skipped: [{ reason: 'older_text' }] })
    sender.outbox.brokerConnected()
    await send(weight(80, 1))
    words().should.eql(['Yoga & Co.', '80'])
  })

  for (const value of [5, '', ' ', 'two\nlines', 'a\ud800'])
    it(`takes ${JSON.stringify(value)} for no words`, async () => {
      const { skipped } = await send(kind(value, 1))
      skipped.map(({ reason }) => reason).should.eql(['not_numeric'])
    })

  it('skips words with discovery, where Gladys makes no feature of them', async () => {
    const { skipped } = await send([kind('Yoga', 1), weight(80, 1)], 'discovery')
    skipped.map(({ reason }) => reason).should.eql(['not_numeric'])
    words()
      .some(payload => payload.includes('Yoga'))
      .should.be.false()
  })

  it('sends nothing twice, also after a restart, but a changed value', async () => {
    await send([weight(80, 1), weight(80, 1)]).should.finally.match({
      live: 1,
      skipped: [{ reason: 'already_queued' }]
    })
    await send(weight(80, 1)).should.finally.match({ live: 0, skipped: [{ reason: 'already_sent' }] })
    restart()
    sender.outbox.brokerConnected()
    await send(weight(80, 1)).should.finally.match({ live: 0, skipped: [{ reason: 'already_sent' }] })
    await clock.step(10_000)
    await send(weight(81, 1)).should.finally.match({ live: 0, historical: 1, skipped: { length: 0 } })
    await clock.step(10_000)
    await send(weight(80, 1)).should.finally.match({ historical: 1, skipped: { length: 0 } })
    sent.length.should.equal(3)
  })

  it('knows the newest date after a restart: no old value runs scenes', async () => {
    await send(weight(80, 1))
    restart()
    sender.outbox.brokerConnected()
    await send(weight(81, 2)).should.finally.match({ live: 0, historical: 1 })
  })

  it('does not queue the same state twice', async () => {
    sender.outbox.brokerAway()
    await send(weight(80, 1)).should.finally.match({ queued: 1, skipped: { length: 0 } })
    await send(weight(80, 1)).should.finally.match({ queued: 0, skipped: [{ reason: 'already_queued' }] })
    await send(weight(81, 1)).should.finally.match({ queued: 1 })
    await send(weight(80, 1)).should.finally.match({ queued: 1 })
  })

  it('sends after a restart what waited, in order, and takes it for queued until then', async () => {
    sender.outbox.brokerAway()
    await send([weight(80, 1), weight(81, 2)], 'discovery')
    sender.close().should.equal(0)
    restart()
    sender.outbox.size.should.equal(3)
    sender.outbox.brokerAway()
    await send(weight(80, 1), 'discovery').should.finally.match({ skipped: [{ reason: 'already_queued' }] })
    sender.outbox.brokerConnected()
    await send([weight(80, 1), weight(81, 2)], 'discovery').should.finally.match({ live: 0, queued: 0 })
    sent
      .map(({ topic, payload }) => [topic.split('/').at(-1), payload])
      .filter(([topic]) => topic !== 'config')
      .should.eql([
        ['weight', '81'],
        ['weight', '80']
      ])
    sent[0]?.topic.should.equal('homeassistant/device/withings-12-abc/config')
    await send(weight(80, 1), 'discovery').should.finally.match({ skipped: [{ reason: 'already_sent' }] })
  })

  it('keeps to the last of two values that waited for one date', async () => {
    await send(weight(80, 1))
    sender.outbox.brokerAway()
    await send(weight(81, 1))
    await send(weight(80, 1))
    restart()
    sender.outbox.brokerConnected()
    await clock.step(10_000)
    await send(weight(79, 9))
    await clock.step(10_000)
    sent
      .slice(1)
      .filter(({ payload }) => !payload.includes('79'))
      .map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
      .should.eql([81, 80])
  })

  it('does not send again what was acknowledged when the outbox could not note it', async () => {
    sender.outbox.brokerAway()
    await send([weight(80, 1), weight(81, 2)])
    const outbox = join(directory, 'outbox')
    const before = join(directory, 'before')
    cpSync(outbox, before, { recursive: true })
    sender.outbox.brokerConnected()
    await send(weight(82, 3))
    sender.close()
    rmSync(outbox, { recursive: true })
    renameSync(before, outbox)
    restart()
    sender.outbox.size.should.equal(0)
    readdirSync(outbox).should.eql(['position'])
  })

  it('sends as history what became old in the queue', async () => {
    sender.outbox.brokerAway()
    await send([weight(80, 1), { device: 'd', feature: 'f', value: 1 }])
    clock.time += 20 * 60_000
    sender.outbox.brokerConnected()
    kinds().should.eql(['historical', 'historical'])
  })

  it('repeats a live state as live after an outage', async () => {
    refuse = true
    const report = send([weight(81, 2), weight(80, 1)])
    await nextTurn()
    sender.outbox.brokerAway()
    await report.should.finally.match({ queued: 2 })
    refuse = false
    sender.outbox.brokerConnected()
    kinds().should.eql(['state', 'state'])
    await clock.step(10_000)
    kinds().should.eql(['state', 'state', 'state', 'state'])
  })

  it('announces before the first state, and addresses what Gladys makes of it', async () => {
    const report = await send([weight(80, 1), weight(82, 30)], 'discovery')
    const device = 'homeassistant:withings-12-abc'
    const feature = `${device}:sensor:withings-12-abc:weight`
    report.created.should.eql([device, feature])
    sent
      .map(({ topic }) => topic)
      .should.eql([
        'homeassistant/device/withings-12-abc/config',
        `gladys/master/device/${device}/feature/${feature}/historical`,
        'withings/12/abc/weight'
      ])
    sent.map(({ retain }) => retain).should.eql([true, false, false])
    await send(weight(80, 1), 'discovery').should.finally.match({ created: { length: 0 }, live: 0 })
    sent.length.should.equal(3)
  })

  it('sends a message that is longer than the outbox while the broker takes it', async () => {
    restart(600)
    sender.outbox.brokerConnected()
    const report = await send(Array.from({ length: 900 }, (_, index) => weight(80, 20 + index)))
    report.should.match({ live: 0, historical: 900, queued: 0 })
    sent.length.should.equal(900)
  })

  it('takes all of a message or nothing', async () => {
    restart(2)
    sender.outbox.brokerAway()
    await send([weight(80, 1), weight(81, 2)], 'discovery').should.be.rejectedWith({ code: 'OUTBOX_FULL' })
    sender.outbox.size.should.equal(0)
    const report = await send(weight(80, 1), 'discovery')
    report.should.match({ queued: 1, skipped: { length: 0 } })
    report.created.length.should.equal(2)
  })

  it('has messages in the outbox before the broker has acknowledged those before them', async () => {
    silent = true
    const reports = Array.from({ length: 90 }, (_, index) => send(weight(80, index)))
    await nextTurn()
    sender.outbox.size.should.equal(90)
    readFileSync(join(directory, 'outbox', outboxFile()), 'utf8')
      .split('\n')
      .length.should.equal(91)
    sender.outbox.brokerAway()
    ;(await Promise.all(reports)).map(({ queued }) => queued).should.eql(new Array(90).fill(1))
  })

  it('waits for room while the broker takes what fills it', async () => {
    slow = true
    restart(2)
    sender.outbox.brokerConnected()
    const reports = Array.from({ length: 5 }, (_, index) => send(weight(80, index + 20)))
    ;(await Promise.all(reports)).map(({ historical }) => historical).should.eql([1, 1, 1, 1, 1])
  })

  it('fails, and nothing else, when it is closed with announcements and states in memory on their way', async () => {
    silent = true
    restart(100, 'in memory')
    sender.outbox.brokerConnected()
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.prependListener('unhandledRejection', listener)
    const report = send(weight(80, 1), 'discovery')
    await nextTurn()
    sender.close().should.equal(1)
    await report.should.be.rejectedWith({ code: 'BROKER_UNREACHABLE' })
    await nextTurn()
    process.off('unhandledRejection', listener)
    unhandled.should.eql([])
  })

  it('lets other work of the process run while it takes a long message, and keeps the order of messages', async () => {
    restart(100_000)
    sender.outbox.brokerAway()
    const many = Array.from({ length: 35_000 }, (_, index) => weight(80, index))
    let before = performance.now()
    let longest = 0
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - before)
      before = performance.now()
    }, 1)
    const request = { create: 'discovery', liveMinutes: 15, naming } as const
    const order: string[] = []
    await Promise.all([
      sender.send(itemsIn(many), request).then(({ queued }) => order.push(`long ${queued}`)),
      send(weight(81, 0)).then(({ queued }) => order.push(`short ${queued}`))
    ])
    clearInterval(ticking)
    order.should.eql(['long 35000', 'short 1'])
    longest.should.be.below(500)
  })

  it('sends each value of a long message once, the newest and then oldest first, in whatever order they came', async () => {
    const minutes = Array.from({ length: 700 }, (_, index) => 20 + ((index * 331) % 700))
    await send(minutes.map(ago => weight(ago, ago))).should.finally.match({
      historical: 700,
      skipped: { length: 0 }
    })
    sent
      .map(({ payload }) => (JSON.parse(payload) as { state: number }).state)
      .should.eql([20, ...minutes.filter(ago => ago > 20).sort((a, b) => b - a)])
  })

  it('sends nothing live that is older than what has left and is not acknowledged yet', async () => {
    silent = true
    void send([weight(81, 1)])
    void send([weight(80, 5)])
    while (sent.length < 2) await nextTurn()
    kinds().should.eql(['state', 'historical'])
  })

  it('tells Gladys of what an import brings once, and is done with states when the broker has them', async () => {
    const items = parseInput([weight(80, 30)])
    const request: SendRequest = { create: 'discovery', liveMinutes: 15, naming }
    await sender.announceOrCreate(items, request)
    await sender.announceOrCreate(items, request)
    kinds().should.eql(['config'])
    silent = true
    const introducing = sender.announceOrCreate(
      parseInput([{ ...weight(80, 30), deviceId: 'other' }]),
      request
    )
    const topics = { liveTopic: 'a/state', historicalTopic: 'a/historical' }
    const state = { feature: 'a', date: start, value: 1, liveUntil: start, ...topics }
    const arriving = sender.sendHistory([state])
    const first = await Promise.race([introducing, arriving, nextTurn('neither')])
    String(first).should.equal('neither')
    kinds().should.eql(['config', 'config', 'historical'])
    for (const waiting of [introducing, arriving]) waiting.catch(() => undefined)
  })

  it('refuses to announce for an import while the broker is away and the outbox is full', async () => {
    sender.outbox.brokerAway()
    await send(Array.from({ length: 100 }, (_, index) => weight(index, 20 + index)))
    const introducing = sender.announceOrCreate(parseInput([weight(80, 30)]), {
      create: 'discovery',
      liveMinutes: 15,
      naming
    })
    await introducing.should.be.rejectedWith({ code: 'OUTBOX_FULL' })
  })

  it('gives values without a date one of their own', async () => {
    const undated = (value: number): object => ({ device: 'd', feature: 'f', value })
    await send(undated(1))
    await send(undated(1))
    await send(undated(0)).should.finally.match({ live: 1 })
    kinds().should.eql(['state', 'state', 'state'])
    await send([undated(2), undated(3)]).should.finally.match({ live: 2, historical: 0 })
    words().should.eql(['1', '1', '0', '2', '3'])
  })

  it('goes on with days under "manual" where they are known there, else under their device', async () => {
    const day = (type: string, deviceId: string | null, minutesAgo: number) => {
      const date = new Date(start - minutesAgo * 60_000).toISOString()
      return {
        type,
        value: 1,
        unit: 'steps',
        date,
        userId: '12',
        deviceId,
        model: 'ScanWatch',
        ...(deviceId === null ? {} : { source: 'device' })
      }
    }
    for (const create of ['none', 'discovery'] as const) {
      // As the version before sent it.
      await send([day('steps', null, 9)], create)
      sent = []
      await send([day('steps', 'w', 5), day('active_duration', 'w', 4)], create)
      const topics = sent.map(({ topic }) => topic).filter(topic => /(steps|active_duration)/.test(topic))
      topics.should.have.length(2)
      topics[0]!.should.match(/manual.*steps/)
      topics[1]!.should.match(/w.*active_duration/).and.not.match(/manual/)
    }
  })
})
