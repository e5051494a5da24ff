import type { NodeAPI } from 'node-red'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import should from 'should'
import { JsonFile } from '../../../lib/base/json-file'
import { Announcer } from '../../../lib/gladys/discovery/announcer'
import { devicesAddedTo } from '../../../lib/gladys/http/added-devices-poller'
import type { GladysDevice } from '../../../lib/gladys/http/api'
import { CreatedStore } from '../../../lib/gladys/http/created-store'
import { DeviceCreator } from '../../../lib/gladys/http/device-creation'
import { parseSession } from '../../../lib/gladys/http/session'
import { SentLedger } from '../../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../../lib/gladys/model/manual-days'
import { Outbox } from '../../../lib/gladys/outbox/outbox'
import { Sender, type SendReport, type SendRequest } from '../../../lib/gladys/sender'
import { EncryptedStore } from '../../../lib/red/storage/encrypted-store'
import { parseNotifyRecord } from '../../../lib/red/storage/notification-records'
import { parseSampleCursor, unpackDelivered } from '../../../lib/withings/activity/intraday-cursor'
import { parseTokens } from '../../../lib/withings/auth/token-manager'
import { parseSeenTypes } from '../../../lib/withings/diagnostics/seen-types'
import { parseCursor } from '../../../lib/withings/sync/cursor'
import { clockOf, settled } from '../../support/fake-clock'
import { parseInput } from '../../support/parse-input'

/** 22 November 2026, 12:00. */
const start = 1_795_348_800_000
const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
const topic = 'gladys/master/device/mqtt:withings:12:abc/feature/mqtt:withings:12:abc'

/** What version 0.1 wrote, byte for byte, and left when it was killed. */
const weight = (date: number, value: number, liveUntil: number): string =>
  `{"kind":"state","state":{"feature":"mqtt:withings:12:abc:weight","date":${date},"value":${value},` +
  `"liveTopic":"${topic}:weight/state","historicalTopic":"${topic}:weight/historical","liveUntil":${liveUntil}}}\n`
const announcement =
  '{"device":{"identifiers":["withings-12-abc"],"name":"Body+ (Ada)","manufacturer":"Withings","model":"Body+"},' +
  '"origin":{"name":"node-red-withings"},"components":{"spo2":{"platform":"sensor","name":"Spo2",' +
  '"unique_id":"withings-12-abc_spo2","state_topic":"withings/12/abc/spo2","unit_of_measurement":"%",' +
  '"state_class":"measurement","icon":"mdi:lungs"}}}'
const ledger = '189346ad0eedc18ae1ddc396507d49c8-2026.log'
const files: Record<string, string> = {
  [ledger]: '1795338000000 79.5\n1795341600000 79\n1795341600000 80\n17953',
  'created.json':
    '{"serviceId":"service","devices":{"mqtt:withings:12:abc":["mqtt:withings:12:abc:weight"]}}',
  'announced.json':
    '{"withings-12-abc":{"userId":"12","deviceId":"abc","model":"Body+","components":{"spo2":{"type":"spo2","unit":"%"}},' +
    `"payload":${JSON.stringify(announcement)}}}`,
  'arrived.json': '{"withings-12-abc":true}',
  // The first line was acknowledged; the second too, but the kill came before that was noted.
  'outbox/position': '0000000000000001\n',
  'outbox/0000000000000000.jsonl':
    weight(1795338000000, 79.5, 1795338900000) +
    weight(1795341600000, 80, 1795342500000) +
    weight(1795345200000, 81, 1795346100000),
  'outbox/0000000000000003.jsonl':
    '{"kind":"config","publication":{"topic":"homeassistant/device/withings-12-abc/config",' +
    `"payload":${JSON.stringify(announcement)},"retain":true}}\n` +
    '{"kind":"state","state":{"feature":"homeassistant:withings-12-abc:sensor:withings-12-abc:spo2",' +
    '"date":1795345800000,"value":98,"liveTopic":"withings/12/abc/spo2","historicalTopic":"gladys/master/device/' +
    'homeassistant:withings-12-abc/feature/homeassistant:withings-12-abc:sensor:withings-12-abc:spo2/historical",' +
    '"liveUntil":1795346700000}}\n{"kind":"state","state":{"feature":"mqtt:wi',
  'held/position': '0000000000000000\n',
  'held/drafts.json':
    '[{"externalId":"mqtt:withings:12:abc","name":"Body+ (Ada)","sharedName":"Body+ (Ada)","model":"Body+","features":' +
    '[{"name":"Fat ratio","external_id":"mqtt:withings:12:abc:fat_ratio","category":"unknown","type":"unknown",' +
    '"unit":"percent","min":0,"max":100,"read_only":true,"has_feedback":false,"keep_history":true}]}]',
  'held/0000000000000000.jsonl':
    '{"kind":"state","state":{"feature":"mqtt:withings:12:abc:fat_ratio","date":1795346400000,"value":20,' +
    `"liveTopic":"${topic}:fat_ratio/state","historicalTopic":"${topic}:fat_ratio/historical","liveUntil":1795347300000}}\n`
}

describe('files of the version before', () => {
  let directory: string
  let sender: Sender
  let sent: string[]
  let saved: unknown[]
  let there: GladysDevice
  let retry: (() => void) | undefined

  const clock = clockOf(
    () => start,
    (_pause, run) => ((retry = run), () => undefined)
  )
  const fail = (reason: unknown): never => {
    throw new Error(String(reason))
  }
  const scale: GladysDevice = {
    externalId: 'mqtt:withings:12:abc',
    name: 'Body+ (Ada)',
    features: new Set(['mqtt:withings:12:abc:weight']),
    raw: { features: [{ external_id: 'mqtt:withings:12:abc:weight' }] }
  }
  const api = {
    root: 'http://gladys',
    mqttServiceId: () => Promise.resolve('service'),
    devices: () => Promise.resolve([there]),
    saveDevice: (body: object) => (saved.push(body), Promise.resolve())
  }

  function open(): void {
    sent = []
    saved = []
    sender = new Sender({
      ledger: new SentLedger({ directory, onVolatile: fail, clock }),
      announcer: new Announcer(join(directory, 'announced.json'), fail),
      counters: new JsonFile(join(directory, 'days.json'), parseCounters, fail),
      creator: new DeviceCreator({
        api,
        store: new CreatedStore(join(directory, 'created.json'), fail),
        clock
      }),
      pending: { directory: join(directory, 'held'), onVolatile: fail, onLost: fail },
      clock,
      outbox: hooks =>
        new Outbox({
          ...{ ...hooks, directory: join(directory, 'outbox'), rate: 10_000, clock },
          ...{ onVolatile: fail, onLost: fail, drained: () => undefined },
          publish: publication => {
            sent.push(`${publication.topic} ${publication.payload}`)
            return Promise.resolve()
          }
        })
    })
    sender.outbox.brokerConnected()
  }
  async function quiet(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settled()
  }
  const past = (path: string, state: number, created_at: string): string =>
    `gladys/master/device/${path}/historical {"state":${state},"created_at":"2026-11-22T${created_at}:00.000Z"}`
  const reading = (value: number, date: number): object => ({
    ...{ type: 'weight', value, unit: 'kg', userId: '12', deviceId: 'abc', model: 'Body+' },
    date: date / 1000
  })
  const send = (create: SendRequest['create'], ...payload: object[]): Promise<SendReport> =>
    sender.send(parseInput(payload), { create, liveMinutes: 15, naming })

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'upgrade-'))
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), content)
    }
    there = scale
    open()
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('sends what waited, nothing that was sent, and nothing twice after the next restart', async () => {
    await quiet()
    sent.should.eql([
      past('mqtt:withings:12:abc/feature/mqtt:withings:12:abc:weight', 81, '11:00'),
      `homeassistant/device/withings-12-abc/config ${announcement}`,
      past(
        'homeassistant:withings-12-abc/feature/homeassistant:withings-12-abc:sensor:withings-12-abc:spo2',
        98,
        '11:10'
      )
    ])
    sender.close()
    readdirSync(join(directory, 'outbox')).should.eql(['position'])
    open()
    await quiet()
    sent.should.eql([])
  })

  it('makes what could not be made, and sends what waited for it', async () => {
    retry!()
    await quiet()
    saved.should.match([{ features: [{}, { external_id: 'mqtt:withings:12:abc:fat_ratio', max: 100 }] }])
    sent
      .at(-1)!
      .should.equal(past('mqtt:withings:12:abc/feature/mqtt:withings:12:abc:fat_ratio', 20, '11:20'))
    sender.close()
    readdirSync(join(directory, 'held')).sort().should.eql(['drafts.json', 'position'])
    readFileSync(join(directory, 'held/drafts.json'), 'utf8').should.equal('[]')
  })

  it('knows what was sent, and writes on behind the half line of a kill', async () => {
    const sentBefore = [reading(79.5, 1795338000000), reading(80, 1795341600000)]
    ;(await send('http', ...sentBefore, reading(79, 1795334400000))).should.match({
      historical: 1,
      skipped: [{ reason: 'already_sent' }, { reason: 'already_sent' }]
    })
    sender.close()
    readFileSync(join(directory, ledger), 'utf8').should.equal(
      '1795338000000 79.5\n1795341600000 79\n1795341600000 80\n1795345200000 81\n1795334400000 79\n'
    )
  })

  it('makes no feature again that was deleted', async () => {
    there = { ...scale, features: new Set(), raw: { features: [] } }
    await quiet()
    ;(await send('http', reading(82, start))).skipped.should.match([{ reason: 'deleted_in_gladys' }])
    saved.should.eql([])
  })

  it('announces what was announced beside what is new, and knows what has arrived', async () => {
    await quiet()
    const { created } = await send('discovery', { ...reading(60, start), type: 'heart_pulse', unit: 'bpm' })
    created.should.eql(['homeassistant:withings-12-abc:sensor:withings-12-abc:heart_pulse'])
    sent[3]!.should.match(/^homeassistant.*"spo2":.*"heart_pulse":/)
    devicesAddedTo(directory).should.eql(['withings-12-abc'])
  })
})

describe('settings of the version before', () => {
  const sealed = {
    withingsAccounts: {
      account:
        'P/dBOQqyl5YLVswDrgoMvvCUByTlVB7e5Wwxo8FFlgS6l54ju1KSUkSDITq0ezJeaWbTb+XJpmSwx7BfClF2fgQrFOvUjk1IIXA+akvw/' +
        'krazyVaQfon5Q55Uj0BBHm8sDrjPe/P/oSRKxLbLYCa6AxzV7OVnOyftaRgfFwPoYumuiHLd2HYMt2JD4FRKnxGHWJQl8pvsyGWkvhvKkW' +
        'Tbq79oZZgHsm/I9sDDjxzBoYOgROnjCDgnjC8ARmzaIR8r71RII3/1NvGBDJDtA/j6u/tVleL0ejQ04Z5nx0i6oolLfPF17J43vWVd51L4+' +
        'Hsj5oGVZPd969oJ98PU+HH6LOXUrTwQ6o9OU0JySV8'
    },
    withingsGladys: {
      server:
        '/saQzw0nrAExoCqrxUGp5/LGhqfSJUVC0kV+ZoseScmqO22iP4K6EEtSGoLOBD8TOVzTjYTNxIYI4eZbDLvTQ2lBHcPnKbb/HijO2zu+q7' +
        '+xLq+lr3uZy1BC8n17qxoB'
    },
    credentialSecret: 'household secret'
  }
  const settings = { available: () => true, get: (key: keyof typeof sealed) => sealed[key] }
  const RED = { settings } as unknown as NodeAPI

  it('hold the logins at Withings and Gladys', () => {
    should(new EncryptedStore(RED, 'withingsAccounts', parseTokens).load('account')).eql({
      userId: '12',
      scopes: ['user.metrics', 'user.info'],
      linkedAt: 1790000000000,
      accessToken: 'access-1',
      accessUntil: 1795341600000,
      lifetime: 10800000,
      refreshToken: 'refresh-2',
      refreshUntil: 1826877600000,
      previousRefreshToken: 'refresh-1'
    })
    should(new EncryptedStore(RED, 'withingsGladys', parseSession).load('server')).eql({
      kind: 'open',
      fingerprint: 'f00d',
      refreshToken: 'gladys-refresh'
    })
  })

  const records: [string, (value: unknown) => unknown, string][] = [
    ['cursor', parseCursor, '{"userId":"12","upTo":1795341600,"delivered":[["4000000001",1795341500]]}'],
    [
      'cursor with something unreadable',
      parseCursor,
      '{"userId":"12","upTo":1795341600,"delivered":[],"unreadable":[["measures 7",1795341000]]}'
    ],
    [
      'cursor of samples',
      parseSampleCursor,
      '{"userId":"12","since":1795300000,"upTo":1795341600,"delivered":"0a1btoweg0 9zzz1o","complete":1795341000}'
    ],
    [
      'subscription',
      parseNotifyRecord,
      '{"account":"account","secret":"s3cret","url":"https://example.org/withings/notify/s3cret","former":[],' +
        '"known":[1,44],"heardUntil":1795341600,"beds":[{"userId":"12","deviceId":null,"inBed":true,"at":1795340000}]}'
    ],
    [
      'list of what arrived',
      parseSeenTypes,
      '{"types":{"weight":{"date":"2026-11-22T10:00:00.000Z","model":null,"heldBack":false}},' +
        '"devices":[{"type":"scale","model":"Body+"}]}'
    ]
  ]
  for (const [name, parse, stored] of records)
    it(`hold the ${name}`, () => {
      should(parse(JSON.parse(stored))).eql(JSON.parse(stored))
    })

  it('hold the times of delivered samples', () => {
    const { delivered } = parseSampleCursor(JSON.parse(records[2]![2]))!
    ;[...unpackDelivered(delivered)].should.eql([
      [1795341600, '0a1b'],
      [1795341660, '9zzz']
    ])
  })
})
