import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonFile } from '../../../../lib/base/json-file'
import { Announcer } from '../../../../lib/gladys/discovery/announcer'
import { draftsOf } from '../../../../lib/gladys/http/device-draft'
import { SentLedger } from '../../../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../../../lib/gladys/model/manual-days'
import type { Publication } from '../../../../lib/gladys/model/states'
import { Outbox } from '../../../../lib/gladys/outbox/outbox'
import { Sender, type SendReport, type SendRequest } from '../../../../lib/gladys/sender'
import { clockOf } from '../../../support/fake-clock'
import { parseInput } from '../../../support/parse-input'

type Create = SendRequest['create']

/** 22 November 2026, 12:00. */
const start = 1_795_348_800_000
const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }

/** As version 0.2 wrote it: days of whatever maker under "manual", beside a weight that was typed in. */
const component = (type: string, unit: string) => ({ type, unit })
const before = {
  'withings-12-manual': {
    ...{ userId: '12', deviceId: null, model: 'GoogleFit tracker' },
    components: {
      weight: component('weight', 'kg'),
      steps: component('steps', 'steps'),
      distance: component('distance', 'm')
    },
    payload: '{"device":{"identifiers":["withings-12-manual"]}}'
  }
}

describe('days that went under "manual"', () => {
  let directory: string
  let sender: Sender
  let sent: Publication[]
  let minute: number

  function open(): void {
    const fail = (reason: unknown): never => {
      throw new Error(String(reason))
    }
    const clock = clockOf(() => start)
    sender = new Sender({
      ledger: new SentLedger({ directory, onVolatile: fail, clock }),
      announcer: new Announcer(join(directory, 'announced.json'), fail),
      counters: new JsonFile(join(directory, 'days.json'), parseCounters, fail),
      ...{ creator: undefined, pending: undefined, clock },
      outbox: hooks =>
        new Outbox({
          ...{ ...hooks, directory: join(directory, 'outbox'), rate: 10_000, clock },
          ...{ onVolatile: fail, onLost: fail, drained: () => undefined },
          publish: publication => {
            sent.push(publication)
            return Promise.resolve()
          }
        })
    })
    sender.outbox.brokerConnected()
  }
  function restart(): void {
    sender.close()
    open()
  }
  const request = (create: Create): SendRequest => ({ create, liveMinutes: 60, naming })
  const send = (payload: unknown, create: Create): Promise<SendReport> =>
    sender.send(parseInput(payload), request(create))
  const steps = (more: object): object => ({
    ...{ type: 'steps', value: 100 + minute, unit: 'steps', userId: '12', deviceId: null, source: 'device' },
    date: new Date(start - (minute -= 1) * 60_000).toISOString(),
    ...more
  })
  const watch = () => steps({ deviceId: 'watch', model: 'ScanWatch 2', modelId: 94 })
  const phone = () => steps({ model: 'Samsung Health tracker', source: 'external', modelId: 1056 })
  const typedIn = () => ({ ...steps({ source: 'manual' }), type: 'weight', unit: 'kg' })
  /** Where the values of these messages went. */
  const placesOf = async (payload: unknown, create: Create): Promise<string[]> => {
    sent = []
    await send(payload, create)
    return sent.flatMap(({ topic }) => {
      const [, place] =
        /^withings\/12\/([^/]+)\//.exec(topic) ?? /\/mqtt:withings:12:([^/]+)\/feature/.exec(topic) ?? []
      return place === undefined ? [] : [place]
    })
  }
  const configs = (): Map<string, Record<string, unknown>> =>
    new Map(
      sent
        .filter(({ topic }) => topic.startsWith('homeassistant/'))
        .map(({ topic, payload }) => [
          topic.split('/')[2] ?? '',
          (payload === '' ? {} : JSON.parse(payload)) as Record<string, unknown>
        ])
    )

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'days-'))
    sent = []
    minute = 50
  })
  afterEach(() => {
    sender.close()
    rmSync(directory, { recursive: true, force: true })
  })

  /** Leaves behind what the version before did. */
  async function asBefore(create: Create): Promise<void> {
    if (create === 'discovery') writeFileSync(join(directory, 'announced.json'), JSON.stringify(before))
    open()
    // Without a word on who counted, as then.
    if (create === 'none') await send(steps({ source: undefined }), create)
    restart()
  }

  for (const create of ['discovery', 'none'] as const) {
    it(`go on there after an update until somebody moves them (${create})`, async () => {
      await asBefore(create)
      ;(await placesOf([watch(), phone()], create)).should.eql(['manual', 'manual'])
      const addressing = create === 'discovery' ? 'discovery' : 'own'
      sender.days.moves(addressing).should.eql([
        { userId: '12', to: 'watch', model: 'ScanWatch 2' },
        { userId: '12', to: 'model-1056', model: 'Samsung Health tracker' }
      ])
      restart()
      sender.days.moves(addressing).length.should.equal(2)

      await sender.moveDays({ userId: '12', to: 'watch' }, request(create))
      ;(await placesOf([watch(), phone(), typedIn()], create)).should.eql(['watch', 'manual', 'manual'])
      restart()
      sender.days
        .moves(addressing)
        .map(({ to }) => to)
        .should.eql(['model-1056'])
      ;(await placesOf([watch(), phone()], create)).should.eql(['watch', 'manual'])

      await sender.moveDays({ userId: '12', to: 'model-1056' }, request(create))
      sender.days.moves(addressing).should.be.empty()
      restart()
      ;(await placesOf([watch(), phone(), typedIn()], create)).should.eql(['watch', 'model-1056', 'manual'])
    })
  }

  it('leave the announcement of the manual entries only when the last of them has moved', async () => {
    await asBefore('discovery')
    await send([watch(), phone()], 'discovery')
    sent = []
    await sender.moveDays({ userId: '12', to: 'watch' }, request('discovery'))
    configs().size.should.equal(0)
    await sender.moveDays({ userId: '12', to: 'model-1056' }, request('discovery'))
    const [config] = sent
    config!.should.match({ topic: 'homeassistant/device/withings-12-manual/config', retain: true })
    const { device, components } = JSON.parse(config!.payload) as Record<string, object>
    device!.should.eql({
      identifiers: ['withings-12-manual'],
      name: 'Manual entries (Ada)',
      manufacturer: 'Withings'
    })
    Object.keys(components!).should.eql(['weight'])
    const stored = JSON.parse(readFileSync(join(directory, 'announced.json'), 'utf8')) as typeof before
    Object.keys(stored['withings-12-manual'].components).should.eql(['weight'])
  })

  it('take the announcement back that held nothing else', async () => {
    open()
    await send(steps({ source: undefined }), 'discovery')
    await send(watch(), 'discovery')
    sent = []
    await sender.moveDays({ userId: '12', to: 'watch' }, request('discovery'))
    sent.should.eql([{ topic: 'homeassistant/device/withings-12-manual/config', payload: '', retain: true }])
  })

  it('are nothing to move in a new home, where each maker has a device with its own values', async () => {
    open()
    ;(await placesOf([watch(), phone()], 'discovery')).should.eql(['watch', 'model-1056'])
    const announced = configs()
    announced.get('withings-12-watch')!.should.match({ device: { name: 'ScanWatch 2 (Ada)' } })
    announced
      .get('withings-12-model-1056')!
      .should.match({ device: { name: 'Samsung Health (Ada)', model: 'Samsung Health tracker' } })
    announced.has('withings-12-manual').should.be.false()
    sender.days.moves('discovery').should.be.empty()
  })

  it('have devices of their own when they are created over HTTP', () => {
    const drafts = draftsOf(parseInput([watch(), phone(), typedIn()]), naming, () => true)
    drafts
      .map(({ externalId, name }) => [externalId, name])
      .should.eql([
        ['mqtt:withings:12:watch', 'ScanWatch 2 (Ada)'],
        ['mqtt:withings:12:model-1056', 'Samsung Health (Ada)'],
        ['mqtt:withings:12:manual', 'Manual entries (Ada)']
      ])
    const ofPhone = parseInput({ ...typedIn(), model: 'GoogleFit tracker' })
    draftsOf(ofPhone, naming, () => true).should.match([{ model: null }])
  })
})
