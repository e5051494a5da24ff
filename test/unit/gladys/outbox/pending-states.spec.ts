import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonFile } from '../../../../lib/base/json-file'
import { Announcer } from '../../../../lib/gladys/discovery/announcer'
import type { GladysDevice } from '../../../../lib/gladys/http/api'
import { refused } from '../../../../lib/gladys/http/client'
import { CreatedStore } from '../../../../lib/gladys/http/created-store'
import { DeviceCreator } from '../../../../lib/gladys/http/device-creation'
import { SentLedger } from '../../../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../../../lib/gladys/model/manual-days'
import type { Publication } from '../../../../lib/gladys/model/states'
import { Outbox } from '../../../../lib/gladys/outbox/outbox'
import { Sender, type SendReport, type SendRequest } from '../../../../lib/gladys/sender'
import { clockOf, settled } from '../../../support/fake-clock'
import { parseInput } from '../../../support/parse-input'

const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
const start = Date.UTC(2026, 10, 22, 12)
const device = 'mqtt:withings:12:abc'

interface Body {
  external_id: string
  features: { external_id: string }[]
}

describe('states that wait for a feature in Gladys', () => {
  let directory: string
  let sender: Sender
  let sent: Publication[]
  let time: number
  let timers: { at: number; run: () => void }[]
  let devices: Map<string, Body>
  let away: boolean
  let refusing: string
  let asked: number
  let lost: number

  const clock = clockOf(
    () => time,
    (milliseconds, run) => {
      const timer = { at: time + milliseconds, run }
      timers.push(timer)
      return () => (timers = timers.filter(other => other !== timer))
    }
  )
  const api = {
    root: 'http://gladys',
    mqttServiceId: () => Promise.resolve('service'),
    devices: (): Promise<GladysDevice[]> => {
      asked += 1
      if (away) return Promise.reject(refused('gladysBusy'))
      const all = [...devices.values()].map(raw => ({
        externalId: raw.external_id,
        name: '',
        features: new Set(raw.features.map(({ external_id }) => external_id)),
        raw: raw as never
      }))
      return Promise.resolve(all)
    },
    saveDevice: (body: object): Promise<void> => {
      const saved = body as Body
      if (saved.external_id === refusing) return Promise.reject(refused('http', { http: 422 }))
      devices.set(saved.external_id, saved)
      return Promise.resolve()
    }
  }
  const fail = (reason: string): never => {
    throw new Error(reason)
  }

  interface Keeping {
    capacity?: number
    outboxCapacity?: number
    kept?: 'in memory'
  }
  /** Our side after a kill: nothing in memory but what was kept. */
  function restart({ capacity = 1000, outboxCapacity = 1000, kept }: Keeping = {}): void {
    timers = []
    const below = (name: string): string | undefined => (kept ? undefined : join(directory, name))
    const onVolatile = kept ? () => undefined : fail
    sender = new Sender({
      ledger: new SentLedger({ directory: kept ? undefined : directory, onVolatile, clock }),
      announcer: new Announcer(undefined, onVolatile),
      counters: new JsonFile(undefined, parseCounters, onVolatile),
      creator: new DeviceCreator({ api, store: new CreatedStore(below('created.json'), onVolatile), clock }),
      pending: {
        ...{ directory: below('held'), capacity, onVolatile },
        onLost: count => (lost += count)
      },
      clock,
      outbox: hooks =>
        new Outbox({
          ...{ ...hooks, directory: below('outbox'), capacity: outboxCapacity, rate: 10_000, clock },
          onVolatile,
          onLost: () => undefined,
          drained: () => undefined,
          publish: publication => {
            sent.push(publication)
            return Promise.resolve()
          }
        })
    })
    sender.outbox.brokerConnected()
  }
  /** Lets so much time pass, and follow what follows. */
  async function pass(milliseconds: number): Promise<void> {
    const target = time + milliseconds
    for (;;) {
      await quiet()
      const [next] = timers.filter(({ at }) => at <= target).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      timers = timers.filter(other => other !== next)
      time = next.at
      next.run()
    }
    time = target
  }
  /** Turns until nothing is under way: reading, making and sending take a few each. */
  async function quiet(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settled()
  }
  const send = (...payload: object[]): Promise<SendReport> =>
    sender.send(parseInput(payload), { create: 'http', liveMinutes: 15, naming })
  const refuse = (count: number, ...payload: object[]): Promise<unknown> =>
    send(...payload).should.be.rejectedWith({
      code: 'GLADYS_REFUSED',
      message: new RegExp(`Values kept until Gladys has their features: ${count}$`)
    })
  const reading = (value: number, minutesAgo: number, more: object = {}): object => ({
    ...{ type: 'weight', value, unit: 'kg', userId: '12', deviceId: 'abc', model: 'Body+' },
    date: (start - minutesAgo * 60_000) / 1000,
    ...more
  })
  const ratio = { type: 'fat_ratio', unit: '%' }
  const other = { deviceId: 'other' }
  /** What has gone out: topic's last parts and payload. */
  const messages = (): string[] =>
    sent.map(({ topic, payload }) => {
      const [feature, kind] = topic.split('/').slice(-2)
      return `${feature?.replace('mqtt:withings:12:', '')} ${kind} ${payload}`
    })
  const past = (feature: string, value: number, minutesAgo: number): string =>
    `${feature} historical ${JSON.stringify({
      state: value,
      created_at: new Date(start - minutesAgo * 60_000).toISOString()
    })}`

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gladys-held-'))
    sent = []
    time = start
    devices = new Map()
    away = true
    refusing = ''
    asked = 0
    lost = 0
    restart()
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('go out by themselves, once, at their own dates, when Gladys answers again', async () => {
    await refuse(2, reading(80, 60), reading(81, 30))
    await refuse(1, reading(20, 30, ratio))
    await pass(3_600_000)
    sent.should.eql([])
    away = false
    await pass(900_000)
    messages().should.eql([
      past('abc:weight', 80, 60),
      past('abc:weight', 81, 30),
      past('abc:fat_ratio', 20, 30)
    ])
    devices.get(device)?.features.length.should.equal(2)
    await pass(3_600_000)
    sent.length.should.equal(3)
    readFileSync(join(directory, 'held', 'drafts.json'), 'utf8').should.equal('[]')
    await send(reading(80, 60)).should.finally.match({ skipped: [{ reason: 'already_sent' }] })
  })

  it('are live when they still are young', async () => {
    await refuse(1, reading(80, 1))
    away = false
    await pass(30_000)
    messages().should.eql(['abc:weight state 80'])
  })

  it('are tried less and less often, a quarter of an hour apart at most, and not without need', async () => {
    await pass(3_600_000)
    asked.should.equal(0)
    await refuse(1, reading(80, 60))
    const tries: number[] = []
    for (let second = 0; second < 4000; second += 10) {
      const before = asked
      await pass(10_000)
      if (asked > before) tries.push(second + 10)
    }
    tries.should.eql([30, 90, 210, 450, 930, 1830, 2730, 3630])
    away = false
    await pass(900_000)
    away = true
    await refuse(1, reading(20, 60, ratio))
    away = false
    await pass(30_000)
    sent.length.should.equal(2)
  })

  it('are not tried any more once the server node was closed, nor by a try that began before', async () => {
    await refuse(1, reading(80, 60))
    sender.close()
    timers.should.eql([])
    const before = asked
    await pass(3_600_000)
    asked.should.equal(before)
    restart()
    const [retry] = timers
    timers = []
    retry!.run()
    sender.close()
    await quiet()
    asked.should.equal(before)
    timers.should.eql([])
  })

  it('outlast a kill', async () => {
    await refuse(2, reading(80, 60), reading(20, 30, ratio))
    restart()
    away = false
    await pass(30_000)
    messages().should.eql([past('abc:weight', 80, 60), past('abc:fat_ratio', 20, 30)])
    restart()
    await pass(3_600_000)
    sent.length.should.equal(2)
    readdirSync(join(directory, 'held')).sort().should.eql(['drafts.json', 'position'])
  })

  it('do not go again that had gone out when the process was killed', async () => {
    await refuse(1, reading(80, 60))
    const held = join(directory, 'held')
    const before = join(directory, 'before')
    cpSync(held, before, { recursive: true })
    away = false
    await pass(30_000)
    sender.close()
    rmSync(held, { recursive: true })
    renameSync(before, held)
    restart()
    await pass(30_000)
    messages().should.eql([past('abc:weight', 80, 60)])
  })

  it('follow at once when Gladys makes something for a message', async () => {
    await refuse(1, reading(20, 30, ratio))
    await refuse(1, reading(70, 20, other))
    away = false
    await send(reading(80, 10)).should.finally.match({ historical: 0, live: 1, created: { length: 2 } })
    await quiet()
    messages().should.eql([
      'abc:weight state 80',
      past('abc:fat_ratio', 20, 30),
      past('other:weight', 70, 20)
    ])
  })

  it('belong to the message that comes again before that', async () => {
    const message = [reading(80, 60), reading(81, 30)]
    restart({ capacity: message.length })
    await refuse(2, ...message)
    await refuse(2, ...message)
    away = false
    await send(...message).should.finally.match({
      historical: 2,
      created: { length: 2 },
      skipped: { length: 0 }
    })
    await pass(3_600_000)
    messages().should.eql([past('abc:weight', 80, 60), past('abc:weight', 81, 30)])
    lost.should.equal(0)
  })

  it('do not overwrite what was corrected meanwhile', async () => {
    await refuse(1, reading(80, 60))
    await refuse(1, reading(81, 60))
    await refuse(1, reading(70, 30))
    away = false
    await send(reading(71, 30))
    await pass(3_600_000)
    messages().should.eql([past('abc:weight', 71, 30), past('abc:weight', 81, 60)])
  })

  it('do not overwrite what was corrected and still waits for the broker after a kill', async () => {
    await refuse(1, reading(80, 60))
    sender.outbox.brokerAway()
    away = false
    const kept = join(directory, 'held')
    const before = join(directory, 'before')
    cpSync(kept, before, { recursive: true })
    await send(reading(81, 60))
    sender.close()
    rmSync(kept, { recursive: true })
    renameSync(before, kept)
    restart()
    await pass(3_600_000)
    messages().should.eql([past('abc:weight', 81, 60)])
  })

  it('bring nothing back that the user deleted', async () => {
    away = false
    await send(reading(80, 60))
    away = true
    await refuse(1, reading(20, 30, ratio))
    restart()
    devices.clear()
    away = false
    await pass(3_600_000)
    devices.size.should.equal(0)
    sent.length.should.equal(1)
    restart()
    timers.should.eql([])
  })

  it('wait on for a device that Gladys refuses, while the others go', async () => {
    await refuse(2, reading(80, 60), reading(70, 50, other))
    refusing = device
    away = false
    await pass(30_000)
    messages().should.eql([past('other:weight', 70, 50)])
    restart()
    await pass(30_000)
    refusing = ''
    await pass(3_600_000)
    messages()
      .slice(1)
      .should.eql([past('abc:weight', 80, 60)])
  })

  it('lose the oldest when there are too many, and say so', async () => {
    restart({ capacity: 3 })
    await refuse(2, reading(80, 60), reading(81, 50))
    await refuse(2, reading(82, 40), reading(83, 30))
    lost.should.equal(1)
    // The same message once more: what had to go is new then.
    await refuse(1, reading(80, 60))
    lost.should.equal(2)
    away = false
    await pass(30_000)
    messages().should.eql([
      past('abc:weight', 82, 40),
      past('abc:weight', 83, 30),
      past('abc:weight', 80, 60)
    ])
  })

  it('wait for room in the outbox', async () => {
    restart({ outboxCapacity: 1 })
    await refuse(2, reading(80, 60), reading(81, 50))
    sender.outbox.brokerAway()
    away = false
    await pass(30_000)
    sender.outbox.size.should.equal(0)
    sender.outbox.brokerConnected()
    await pass(3_600_000)
    messages().should.eql([past('abc:weight', 80, 60), past('abc:weight', 81, 50)])
  })

  it('are counted as lost when they were only in memory, or nobody knows any more how to make their feature', async () => {
    restart({ kept: 'in memory' })
    await refuse(1, reading(80, 60))
    sender.close().should.equal(1)
    restart()
    await refuse(2, reading(80, 60), reading(81, 50))
    sender.close().should.equal(0)
    writeFileSync(join(directory, 'held', 'drafts.json'), '{"damaged"')
    restart()
    lost.should.equal(2)
    timers.should.eql([])
  })
})
