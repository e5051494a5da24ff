import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '../../lib/errors'
import { SLICE } from '../../lib/gladys/history-import'
import type { ImportRecord } from '../../lib/gladys/import-record'
import { ImportStore } from '../../lib/gladys/import-store'
import type { JsonObject } from '../../lib/withings/json'
import { settled } from '../support/fake-clock'
import { groupOf, HistoryDesk, pagesOf, START } from '../support/history-desk'

const refusedOffset = () => new CodedError('WITHINGS_REFUSED', 'refused', { status: 503 })
const unavailable = () => new CodedError('WITHINGS_UNAVAILABLE', 'away')

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('history import', () => {
  let desk: HistoryDesk
  beforeEach(() => {
    desk = new HistoryDesk()
  })
  afterEach(() => desk.close())

  it('sends every page, oldest first within it, with one request each and behind everybody else', async () => {
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql(upTo(130))
    desk.asked.should.eql(['0', '100', '200'])
    new Set(desk.priorities).should.eql(new Set(['import']))
    desk.states.should.eql(['running', 'done'])
    const at = new Date((START + 130 * 60) * 1000).toISOString()
    desk.import.state.should.containEql({ state: 'done', done: 130, total: 130, secondsLeft: null, at })
    desk.files.should.eql([])
  })

  it('holds back what is uncertain, and what is of another device', async () => {
    desk.pages = [
      {
        measuregrps: [
          groupOf(1, { attrib: 1 }),
          groupOf(5, { is_inconclusive: true }),
          groupOf(2, { deviceid: 'other' }),
          groupOf(3, { deviceid: null }),
          groupOf(4)
        ]
      }
    ]
    desk.open({ deviceId: 'scale' })
    await desk.clock.advance(0)
    desk.open({ deviceId: 'manual' })
    await desk.clock.advance(0)
    desk.open({ deviceId: null })
    await desk.clock.advance(0)
    desk.sent.should.eql([4, 3, 2, 3, 4])
  })

  it('sends what can be read of a page, and tells of the rest', async () => {
    desk.pages = [{ measuregrps: [groupOf(1), 'nonsense', groupOf(2, { measures: [{}] }), groupOf(3)] }]
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql([1, 3])
    desk.unreadable.should.eql([2])
    desk.import.state.state.should.equal('done')
  })

  it('tells Gladys of a feature once, however many pages it is on', async () => {
    desk.open()
    await desk.clock.advance(0)
    desk.introduced.should.eql(['weight'])
    desk.sent.should.eql(upTo(130))
  })

  it('sends nothing of a page before Gladys was told, and tells it all again when that failed', async () => {
    desk.pages = [{ measuregrps: [groupOf(1), groupOf(2, { measures: [{ type: 11, value: 60, unit: 0 }] })] }]
    desk.deafness = [new CodedError('OUTBOX_FULL', 'no room')]
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql([])
    desk.import.state.should.match({ state: 'waiting', error: { code: 'OUTBOX_FULL' } })
    await desk.clock.advance(15_000)
    desk.introduced.should.eql(['weight', 'heart_pulse', 'weight', 'heart_pulse'])
    desk.sent.should.eql([1, 2])
  })

  it('knows the total with the last page, and then the time that is left', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    for (let slice = 0; slice < 10; slice += 1) {
      desk.import.state.should.containEql({ total: null, secondsLeft: null })
      await desk.clock.advance(1000)
      await desk.acknowledge()
    }
    desk.import.state.should.containEql({ done: 100, total: 130 })
    const { rate, secondsLeft } = desk.import.state
    rate.should.be.above(5).and.below(20)
    secondsLeft!.should.equal(Math.ceil(30 / rate))
  })

  it('goes on after a kill with the page that it was on, and not sooner than 10 s after that went out', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    for (let slices = 0; slices < 6; slices += 1) await desk.acknowledge()
    desk.sent.should.eql(upTo(70))
    desk.restart()
    desk.automatic = true
    await desk.clock.advance(9_999)
    desk.import.state.should.containEql({ state: 'running', done: 50 })
    desk.sent.should.have.length(70)
    await desk.clock.advance(1)
    desk.asked.should.eql(['0', '100', '100', '200'])
    desk.sent.slice(70).should.eql(upTo(130, 51))
    desk.import.state.should.containEql({ state: 'done', done: 130, total: 130 })
  })

  it('goes on at once where nothing of its page can have gone out', async () => {
    desk.failures = [unavailable]
    desk.open()
    await settled()
    desk.restart()
    await desk.clock.advance(0)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
  })

  it('sends the page that Withings gives after a kill, be it another one', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    await desk.acknowledge()
    desk.pages[0] = pagesOf(49)[0] as JsonObject
    desk.restart()
    await desk.clock.advance(10_000)
    desk.sent.should.eql([...upTo(2 * SLICE), ...upTo(SLICE)])
  })

  it('goes on from a record of the version before, which counted within the page, and takes its count away', async () => {
    desk.open().import.stop()
    await settled()
    const [name] = desk.files as [string]
    const path = join(desk.directory, name)
    const { pageBegun: _, ...record } = JSON.parse(readFileSync(path, 'utf8')) as ImportRecord
    const measures = { chapter: 'measures', offset: 100, done: 50, before: 0 }
    const counted = { fingerprint: '0123456789abcdef', acknowledged: 20 }
    writeFileSync(path, JSON.stringify({ ...record, ...measures, ...counted }))
    writeFileSync(path.replace(/json$/, 'log'), '0123456789abcdef 20\n')
    desk.asked.length = desk.sent.length = 0
    desk.open()
    desk.files.should.eql([name])
    await desk.clock.advance(9_999)
    desk.sent.should.eql([])
    await desk.clock.advance(1)
    desk.sent.should.eql(upTo(130, 51))
    desk.asked.should.eql(['100', '200'])
  })

  it('passes over a record that a crash has damaged', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    writeFileSync(join(desk.directory, '0123456789abcdef.json'), '{"id":"0123')
    desk.store.load().should.eql([])
  })

  it('begins again when Withings no longer knows the offset', async () => {
    desk.failures = [refusedOffset]
    desk.open({ chapter: 'measures', before: 7, offset: 200, done: 107 })
    await desk.clock.advance(9_999)
    desk.sent.should.eql([])
    await desk.clock.advance(1)
    desk.asked.should.eql(['200', '0', '100', '200'])
    desk.import.state.should.containEql({ state: 'done', done: 137, total: 137 })
  })

  it('does not begin again for ever', async () => {
    desk.refuse = offset => offset !== '0'
    desk.open({ chapter: 'measures', offset: 200, done: 100 })
    await desk.clock.advance(30_000)
    desk.import.state.error!.code.should.equal('WITHINGS_REFUSED')
    desk.import.state.state.should.equal('failed')
    desk.files.should.eql([])
  })

  it('waits with growing pauses for what passes, and shows why', async () => {
    desk.failures = [unavailable, unavailable, unavailable]
    desk.open()
    await settled()
    desk.import.state.should.containEql({
      state: 'waiting',
      error: { code: 'WITHINGS_UNAVAILABLE', message: 'away' }
    })
    await desk.clock.advance(14_999)
    desk.asked.length.should.equal(1)
    await desk.clock.advance(1)
    desk.asked.length.should.equal(2)
    await desk.clock.advance(29_999)
    desk.asked.length.should.equal(2)
    await desk.clock.advance(1)
    desk.asked.length.should.equal(3)
    await desk.clock.advance(60_000)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
    desk.import.state.should.not.have.property('error')
  })

  it('waits ten minutes at most, and begins with small pauses again once something went well', async () => {
    desk.failures = Array.from({ length: 8 }, () => unavailable)
    desk.automatic = false
    desk.open()
    await settled()
    for (const [tries, seconds] of [15, 30, 60, 120, 300, 600, 600, 600].entries()) {
      await desk.clock.advance(seconds * 1000 - 1)
      desk.asked.length.should.equal(tries + 1)
      await desk.clock.advance(1)
      desk.asked.length.should.equal(tries + 2)
    }
    desk.failures = [unavailable]
    for (let slices = 0; slices < 5; slices += 1) await desk.acknowledge()
    desk.asked.should.eql([...Array<string>(9).fill('0'), '100'])
    await desk.clock.advance(15_000)
    desk.asked.slice(9).should.eql(['100', '100'])
  })

  it('waits in every chapter for what passes, and leaves nothing out for it', async () => {
    desk.earlyFailures = { '/v2/measure getactivity': unavailable() }
    desk.open()
    await settled()
    desk.import.state.should.match({ state: 'waiting', chapter: 'days', leftOut: { length: 0 } })
    desk.earlyFailures = {}
    await desk.clock.advance(15_000)
    desk.import.state.should.containEql({ state: 'done', done: 130, leftOut: [] })
  })

  it('goes on at once when somebody logs in', async () => {
    desk.failures = [() => new CodedError('LOGIN_NEEDED', 'log in')]
    desk.open()
    await settled()
    desk.import.state.error!.code.should.equal('LOGIN_NEEDED')
    desk.import.retry()
    await desk.clock.advance(0)
    desk.import.state.state.should.equal('done')
  })

  it('goes on without what Withings does not give, tells of it, and remembers it over a restart', async () => {
    desk.earlyFailures = {
      '/v2/stetho list': refusedOffset(),
      '/v2/sleep getsummary': new CodedError('SCOPE_MISSING', 'no')
    }
    desk.automatic = false
    desk.open()
    await settled()
    desk.restart()
    desk.automatic = true
    await desk.clock.advance(10_000)
    desk.leftOut.should.eql([
      ['stethoscope', 'WITHINGS_REFUSED'],
      ['nights', 'SCOPE_MISSING']
    ])
    desk.import.state.should.containEql({ state: 'done', done: 130, leftOut: ['stethoscope', 'nights'] })
  })

  it('knows the total where the measures are what it does not give', async () => {
    desk.failures = [() => new CodedError('SCOPE_MISSING', 'not granted')]
    desk.open()
    await desk.clock.advance(0)
    desk.import.state.should.containEql({ state: 'done', done: 0, total: 0, leftOut: ['measures'] })
  })

  it('fails when Withings gives nothing at all', async () => {
    const missing = new CodedError('SCOPE_MISSING', 'no')
    const early = [
      'heart list',
      'stetho list',
      'measure getworkouts',
      'measure getactivity',
      'sleep getsummary'
    ]
    for (const call of early) desk.earlyFailures[`/v2/${call}`] = missing
    desk.failures = [() => missing]
    desk.open()
    await desk.clock.advance(0)
    desk.import.state.should.containEql({ state: 'failed', error: { code: 'SCOPE_MISSING', message: 'no' } })
    desk.leftOut.length.should.equal(5)
  })

  for (const code of ['WITHINGS_REFUSED', 'NOT_CONFIGURED', 'BAD_ANSWER'] as const)
    it(`fails with ${code}, which does not pass`, async () => {
      desk.failures = [() => new CodedError(code, 'no')]
      desk.open()
      await desk.clock.advance(0)
      desk.import.state.should.containEql({ state: 'failed', error: { code, message: 'no' } })
      desk.files.should.eql([])
    })

  it("sends nobody else's history", async () => {
    desk.userId = '13'
    desk.open()
    await desk.clock.advance(0)
    desk.import.state.error!.code.should.equal('NOT_CONFIGURED')
    desk.asked.should.eql([])
  })

  it('pauses, also over a restart, lets arrive what is on its way, and goes on without another request', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.pause()
    await desk.acknowledge()
    desk.import.state.should.containEql({ state: 'paused', done: SLICE, rate: 0, secondsLeft: null })
    desk.sent.length.should.equal(SLICE)
    desk.import.resume()
    await settled()
    desk.sent.should.eql(upTo(2 * SLICE))
    desk.asked.should.eql(['0'])
    desk.import.pause()
    desk.restart()
    await settled()
    desk.import.state.state.should.equal('paused')
    desk.asked.should.eql(['0'])
    desk.automatic = true
    desk.import.resume()
    await desk.clock.advance(10_000)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
  })

  it('goes on after pause and resume in one breath, in every order', async () => {
    desk.automatic = false
    desk.open()
    desk.import.pause()
    desk.import.resume()
    desk.import.pause()
    desk.import.resume()
    await settled()
    desk.sent.length.should.equal(SLICE)
    desk.import.pause()
    desk.import.resume()
    desk.automatic = true
    await desk.acknowledge()
    await desk.clock.advance(20_000)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
    desk.sent.should.eql(upTo(130))
  })

  it('sends nothing after it was cancelled, and leaves nothing behind', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.cancel()
    await desk.acknowledge()
    desk.import.resume()
    await desk.clock.advance(600_000)
    desk.sent.length.should.equal(SLICE)
    desk.states.should.eql(['running', 'cancelled'])
    desk.files.should.eql([])
    new ImportStore(desk.directory, () => undefined).load().should.eql([])
  })

  for (const end of ['pause', 'cancel', 'stop'] as const)
    it(`lets go of a request on its way: ${end}`, async () => {
      const hanging = (desk.hanging = [])
      desk.open()
      await settled()
      hanging.should.match([{ aborted: false }])
      desk.import[end]()
      hanging.should.match([{ aborted: true }])
      await settled()
      desk.asked.should.eql(['0'])
    })

  it('goes on by itself after a restart once it was resumed', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.pause()
    desk.import.resume()
    desk.automatic = true
    desk.restart()
    await desk.clock.advance(10_000)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
  })

  it('tells that the broker is away while it runs, and no longer when that is back', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.brokerIs('away')
    desk.import.state.should.match({ state: 'waiting', error: { code: 'BROKER_UNREACHABLE' } })
    desk.import.brokerIs('connected')
    desk.import.state.should.containEql({ state: 'running' }).and.not.have.property('error')
    desk.import.pause()
    desk.import.brokerIs('away')
    desk.import.state.should.containEql({ state: 'paused' }).and.not.have.property('error')
  })

  it('shows while the broker comes back what else it waits for', async () => {
    desk.failures = [unavailable]
    desk.open()
    await settled()
    desk.import.brokerIs('connected')
    desk.import.state.should.match({ state: 'waiting', error: { code: 'WITHINGS_UNAVAILABLE' } })
  })

  it('tells that the broker is away, after a pause too, and that it goes on', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.brokerIs('away')
    desk.import.pause()
    desk.import.resume()
    desk.import.state.should.match({ state: 'waiting', error: { code: 'BROKER_UNREACHABLE' } })
    desk.import.brokerIs('connected')
    desk.import.state.state.should.equal('running')
    desk.automatic = true
    await desk.acknowledge()
    await desk.clock.advance(0)
    desk.sent.should.eql(upTo(130))
  })

  it('keeps its records to itself', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    const { mode } = statSync(join(desk.directory, '0123456789abcdef.json'))
    ;(mode & 0o077).should.equal(0)
  })
})
