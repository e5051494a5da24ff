import { steadyClock } from '../../lib/clock'
import { REPEAT_PAUSE, RequestQueue, type Priority } from '../../lib/withings/request-queue'
import { FakeClock, settled } from '../support/fake-clock'

describe('the request queue', () => {
  let clock: FakeClock
  let queue: RequestQueue
  /** Names of the requests in the order in which they went out, and the milliseconds since the start. */
  let sent: [name: string, after: number][]
  let start: number

  beforeEach(() => {
    clock = new FakeClock()
    queue = new RequestQueue(clock)
    sent = []
    start = clock.now()
  })

  const turn = (name: string, priority: Priority = 'user', identity?: string, signal?: AbortSignal) =>
    queue.turn(priority, identity, signal).then(() => void sent.push([name, clock.now() - start]))
  const ask = (...request: Parameters<typeof turn>): void => void turn(...request).catch(() => undefined)
  const names = () => sent.map(([name]) => name)
  const askMany = (count: number, priority: Priority = 'poll'): void => {
    for (let index = 0; index < count; index += 1) ask(String(index), priority)
  }

  it('lets 116 go at once and the 117th after a minute; the rest of the 120 is kept for tokens', async () => {
    askMany(117)
    ask('token', 'token')
    await clock.advance(60_000)
    sent.should.have.length(117)
    sent.map(([, after]) => after).should.eql(Array(117).fill(0))
    names().at(-1)!.should.equal('token')
    await clock.advance(5_000)
    names().at(-1)!.should.equal('116')
    sent.at(-1)![1].should.be.within(60_001, 61_000)
  })

  it('lets no more than 120 tokens go within a minute', async () => {
    askMany(121, 'token')
    await clock.advance(60_000)
    sent.should.have.length(120)
  })

  it('refuses who waits or comes during a pause of more than a minute', async () => {
    const waiting = turn('waiting', 'import', undefined)
    askMany(200)
    const last = turn('last', 'import')
    queue.pause(60_001)
    await last.should.be.rejectedWith({ code: 'RATE_LIMITED' })
    await waiting
    await turn('late', 'token').should.be.rejectedWith({ code: 'RATE_LIMITED' })
    clock.asleep.should.equal(0)
    await clock.advance(1)
    ask('patient')
    await clock.advance(61_000)
    names().at(-1)!.should.equal('patient')
  })

  it('never lets more than 120 go within any minute', async () => {
    askMany(60)
    await clock.advance(30_000)
    askMany(250)
    await clock.advance(300_000)
    sent.should.have.length(310)
    const times = sent.map(([, after]) => after)
    const gaps = times.slice(120).map((after, index) => after - times[index]!)
    Math.min(...gaps).should.be.above(60_000)
    times.at(-1)!.should.be.below(190_000)
  })

  it('lets the same request go again after more than 10 s, and others meanwhile', async () => {
    ask('first', 'user', 'devices')
    ask('again', 'user', 'devices')
    ask('other', 'import', 'measures')
    await clock.advance(10_000)
    names().should.eql(['first', 'other'])
    await clock.advance(1_000)
    sent.at(-1)!.should.eql(['again', REPEAT_PAUSE])
    REPEAT_PAUSE.should.be.above(10_000)
  })

  it('counts the 10 s from the latest of equal requests', async () => {
    for (let time = 0; time < 3; time += 1) ask(String(time), 'user', 'devices')
    await clock.advance(60_000)
    sent.map(([, after]) => after).should.eql([0, REPEAT_PAUSE, 2 * REPEAT_PAUSE])
  })

  it('lets nothing go during a pause, then all that waits', async () => {
    queue.pause(12_000)
    ask('waiting', 'token')
    await clock.advance(11_999)
    names().should.eql([])
    queue.pauseLeft.should.equal(1)
    await clock.advance(1)
    names().should.eql(['waiting'])
    queue.pauseLeft.should.equal(0)
  })

  it('takes the longer of two pauses, also one that begins while others wait', async () => {
    queue.pause(10_000)
    ask('waiting')
    await clock.advance(5_000)
    queue.pause(20_000)
    queue.pause(1_000)
    await clock.advance(19_999)
    names().should.eql([])
    await clock.advance(1)
    names().should.eql(['waiting'])
  })

  it('lets tokens go before users, polls and imports, and equals in their order', async () => {
    queue.pause(1_000)
    const order: Priority[] = ['import', 'poll', 'user', 'token', 'import', 'user', 'token', 'poll']
    order.forEach((priority, index) => ask(`${priority} ${index}`, priority))
    await clock.advance(1_000)
    names().should.eql(['token 3', 'token 6', 'user 2', 'user 5', 'poll 1', 'poll 7', 'import 0', 'import 4'])
  })

  it('lets a user overtake an import that fills the minute', async () => {
    askMany(200, 'import')
    await settled()
    ask('click', 'user')
    await clock.advance(61_000)
    sent[116]![0].should.equal('click')
  })

  it('forgets a waiting request that is aborted, and nobody else', async () => {
    const abort = new AbortController()
    const reason = new Error('closed')
    queue.pause(1_000)
    const aborted = turn('aborted', 'token', undefined, abort.signal)
    ask('other')
    abort.abort(reason)
    await aborted.should.be.rejectedWith(reason)
    await clock.advance(1_000)
    names().should.eql(['other'])
  })

  it('does not count an aborted request', async () => {
    const abort = new AbortController()
    askMany(115)
    await settled()
    queue.pause(1_000)
    const aborted = turn('aborted', 'token', undefined, abort.signal)
    abort.abort(new Error('closed'))
    await aborted.should.be.rejected()
    ask('last')
    await clock.advance(1_000)
    names().at(-1)!.should.equal('last')
  })

  it('refuses a request that comes with an aborted signal', async () => {
    const reason = new Error('closed')
    await turn('late', 'user', undefined, AbortSignal.abort(reason)).should.be.rejectedWith(reason)
    names().should.eql([])
  })

  it('does not take back a request that went out before the abort', async () => {
    const abort = new AbortController()
    await turn('sent', 'user', undefined, abort.signal)
    abort.abort(new Error('closed'))
    names().should.eql(['sent'])
  })

  it('waits no longer when the clock of the machine is set back', async () => {
    queue = new RequestQueue(steadyClock)
    queue.pause(1)
    const { now } = Date
    const before = queue.pauseLeft
    Date.now = () => now() - 3_600_000
    const during = queue.pauseLeft
    Date.now = now
    before.should.be.within(0, 1)
    during.should.be.within(0, 1)
    await turn('sent')
    names().should.eql(['sent'])
  })

  it('sleeps once at most, and not at all when nobody waits', async () => {
    askMany(130)
    await settled()
    clock.asleep.should.equal(1)
    await clock.advance(61_000)
    clock.asleep.should.equal(0)
  })
})
