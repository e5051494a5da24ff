import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, failureOf } from '../../../../lib/base/errors'
import type { JsonObject } from '../../../../lib/base/json'
import { SLICE } from '../../../../lib/gladys/import/history-import'
import type { ImportRecord } from '../../../../lib/gladys/import/resume-store'
import { ImportStore } from '../../../../lib/gladys/import/resume-store'
import { settled } from '../../../support/fake-clock'
import { groupOf, ImportBench, pagesOf, START } from '../../../support/import-bench'

const unavailable = () => new CodedError('WITHINGS_UNAVAILABLE', 'verbatim', { text: 'away' })

/** The numbers of groups from `first` back to `last`. */
const back = (first: number, last = 1): number[] =>
  Array.from({ length: first - last + 1 }, (_, index) => first - index)

describe('history import', () => {
  let desk: ImportBench
  beforeEach(() => {
    desk = new ImportBench()
  })
  afterEach(() => desk.close())

  it('sends everything, newest first, with one request for each page and behind everybody else', async () => {
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql(back(130))
    desk.asked.should.eql(['0', '100', '200'])
    new Set(desk.priorities).should.eql(new Set(['import']))
    desk.states.should.eql(['running', 'done'])
    const at = new Date((START + 60) * 1000).toISOString()
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
    desk.sent.should.eql([4, 3, 4, 3, 2])
  })

  it('sends what can be read of a page, and tells of the rest', async () => {
    desk.pages = [{ measuregrps: [groupOf(1), 'nonsense', groupOf(2, { measures: [{}] }), groupOf(3)] }]
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql([3, 1])
    desk.unreadable.should.eql([2])
    desk.import.state.state.should.equal('done')
  })

  it('tells Gladys of a feature once, however many pages it is on', async () => {
    desk.open()
    await desk.clock.advance(0)
    desk.introduced.should.eql(['weight'])
    desk.sent.should.eql(back(130))
  })

  it('sends nothing of a page before Gladys was told, and tells it all again when that failed', async () => {
    desk.pages = [{ measuregrps: [groupOf(1), groupOf(2, { measures: [{ type: 11, value: 60, unit: 0 }] })] }]
    desk.deafness = [new CodedError('OUTBOX_FULL', 'verbatim', { text: 'no room' })]
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql([])
    desk.import.state.should.match({ state: 'waiting', error: { code: 'OUTBOX_FULL' } })
    await desk.clock.advance(15_000)
    desk.introduced.should.eql(['heart_pulse', 'weight', 'heart_pulse', 'weight'])
    desk.sent.should.eql([2, 1])
  })

  it('tells how fast it goes, and the total at its end', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    for (let slice = 0; slice < 10; slice += 1) {
      desk.import.state.should.containEql({ total: null, secondsLeft: null })
      await desk.clock.advance(1000)
      await desk.acknowledge()
    }
    desk.import.state.rate.should.be.above(5).and.below(20)
    for (let slice = 0; slice < 3; slice += 1) await desk.acknowledge()
    desk.import.state.should.containEql({ done: 130, total: 130 })
  })

  it('goes on after a restart where it was, and not sooner than 10 s after that went out', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    for (let slices = 0; slices < 6; slices += 1) await desk.acknowledge()
    desk.sent.should.eql(back(130, 61))
    desk.restart()
    desk.automatic = true
    await desk.clock.advance(9_999)
    desk.import.state.should.containEql({ state: 'running', done: 59 })
    desk.sent.should.have.length(70)
    await desk.clock.advance(1)
    // The last that was acknowledged goes once more: others may have its date.
    desk.sent.slice(70).should.eql(back(71))
    desk.import.state.should.containEql({ state: 'done', done: 130, total: 130 })
  })

  it('repeats no more than 500 states after a kill', async () => {
    desk.pages = pagesOf(1_200)
    desk.automatic = false
    desk.open()
    await settled()
    while (desk.sent.length < 710) await desk.acknowledge()
    desk.kill()
    desk.automatic = true
    await desk.clock.advance(10_000)
    desk.sent.slice(710).should.eql(back(701))
    desk.import.state.should.containEql({ state: 'done', done: 1_200 })
  })

  it('leaves out what Gladys got live', async () => {
    desk.live = [130, 7]
    desk.open()
    await desk.clock.advance(0)
    desk.sent.should.eql(back(129).filter(number => number !== 7))
    desk.import.state.should.containEql({ state: 'done', done: 128 })
  })

  it('goes on at once where nothing of its page can have gone out', async () => {
    desk.failures = [unavailable]
    desk.open()
    await settled()
    desk.restart()
    await desk.clock.advance(0)
    desk.import.state.should.containEql({ state: 'done', done: 130 })
  })

  it('sends what Withings gives after a restart, be it something else', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    await desk.acknowledge()
    desk.pages[2] = pagesOf(0)[0] as JsonObject
    desk.restart()
    await desk.clock.advance(10_000)
    desk.sent.should.eql([...back(130, 111), ...back(100, 91)])
  })

  it('begins an import of the version before once more, with the newest, and says so', async () => {
    desk.open().import.stop()
    await settled()
    const name = desk.files.find(file => file.endsWith('.json'))!
    const path = join(desk.directory, name)
    const { unread: _, at: __, ...record } = JSON.parse(readFileSync(path, 'utf8')) as ImportRecord
    const before = { chapter: 'measures', offset: 100, done: 50, before: 0, pageBegun: true }
    writeFileSync(path, JSON.stringify({ ...record, ...before }))
    writeFileSync(path.replace(/json$/, 'log'), '0123456789abcdef 20\n')
    desk.asked.length = desk.sent.length = 0
    desk.open()
    desk.restarts.should.equal(1)
    desk.files.should.eql([name])
    await desk.clock.advance(9_999)
    desk.sent.should.eql([])
    await desk.clock.advance(1)
    desk.sent.should.eql(back(130))
    desk.import.state.should.containEql({ state: 'done', done: 130 })
  })

  it('passes over a record that a crash has damaged', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    writeFileSync(join(desk.directory, '0123456789abcdef.json'), '{"id":"0123')
    desk.store.load().should.eql([])
  })

  it('begins a year again when Withings no longer knows the offset', async () => {
    let refusals = 1
    desk.refuse = offset => offset === '200' && refusals-- > 0
    desk.open()
    await desk.clock.advance(0)
    desk.asked.should.eql(['0', '100', '200', '0', '100', '200'])
    desk.import.state.should.containEql({ state: 'done', done: 130, total: 130 })
  })

  it('does not begin again for ever', async () => {
    desk.refuse = offset => offset !== '0'
    desk.open()
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
      error: failureOf(unavailable())
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
      desk.asked.slice(0, tries + 2).should.eql(Array<string>(tries + 2).fill('0'))
    }
    desk.asked.slice(8).should.eql(['0', '100', '200'])
    desk.fail('BROKER_UNREACHABLE')
    await settled()
    desk.import.state.should.match({ state: 'waiting', error: { code: 'BROKER_UNREACHABLE' } })
    await desk.clock.advance(15_000)
    desk.sent.should.eql([...back(130, 121), ...back(130, 121)])
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

  for (const failure of [
    new CodedError('LOGIN_NEEDED', 'verbatim', { text: 'log in' }),
    new CodedError('NOT_CONFIGURED', 'clientSecret')
  ])
    it(`goes on at once when somebody helps it out of ${failure.code}`, async () => {
      desk.failures = [() => failure]
      desk.open()
      await settled()
      desk.import.state.should.match({ state: 'waiting', error: { code: failure.code } })
      desk.import.retry()
      await desk.clock.advance(0)
      desk.import.state.state.should.equal('done')
    })

  it('goes on without what Withings does not give, tells of it, and remembers it over a restart', async () => {
    desk.earlyFailures = {
      '/v2/stetho list': new CodedError('WITHINGS_REFUSED', null, { status: 2554 }),
      '/v2/sleep getsummary': new CodedError('SCOPE_MISSING', null, { scope: 'user.metrics' })
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
    desk.failures = [() => new CodedError('SCOPE_MISSING', null, { scope: 'user.metrics' })]
    desk.open()
    await desk.clock.advance(0)
    desk.import.state.should.containEql({ state: 'done', done: 0, total: 0, leftOut: ['measures'] })
  })

  it('fails when Withings gives nothing at all', async () => {
    const missing = new CodedError('SCOPE_MISSING', null, { scope: 'user.metrics' })
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
    desk.import.state.should.containEql({ state: 'failed', error: failureOf(missing) })
    desk.leftOut.length.should.equal(5)
  })

  for (const code of ['WITHINGS_REFUSED', 'NOT_CONFIGURED', 'BAD_ANSWER'] as const)
    it(`fails with ${code}, which does not pass`, async () => {
      const error = new CodedError(code, 'verbatim', { text: 'no' })
      desk.failures = [() => error]
      desk.open()
      await desk.clock.advance(0)
      desk.import.state.should.containEql({ state: 'failed', error: failureOf(error) })
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
    desk.sent.should.eql(back(130, 131 - 2 * SLICE))
    desk.asked.should.eql(['0', '100', '200'])
    desk.import.pause()
    desk.restart()
    await settled()
    desk.import.state.state.should.equal('paused')
    desk.asked.should.eql(['0', '100', '200'])
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
    desk.sent.should.eql(back(130))
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

  it('keeps its records to itself', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    const { mode } = statSync(join(desk.directory, '0123456789abcdef.json'))
    ;(mode & 0o077).should.equal(0)
  })
})
