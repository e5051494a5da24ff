import { steadyClock } from '../../../../lib/base/clock'
import {
  type Priority,
  REPEAT_PAUSE,
  RequestQueue,
  type Turn
} from '../../../../lib/withings/api/request-queue'
import { Limits } from '../../../simulator/limits'
import { FakeClock, settled } from '../../../support/fake-clock'

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
    queue.run({ priority, identity }, () => send(name), signal)
  const send = (name: string): Promise<void> => {
    sent.push([name, clock.now() - start])
    return Promise.resolve()
  }
  const ask = (...request: Parameters<typeof turn>): void => void turn(...request).catch(() => undefined)
  const names = () => sent.map(([name]) => name)
  const askMany = (count: number, priority: Priority = 'poll'): void => {
    for (let index = 0; index < count; index += 1) ask(String(index), priority)
  }

  const millisOf = (of = sent) => of.map(([, after]) => after)

  it('lets 20 clicks go at once, then one each 625 ms', async () => {
    askMany(60, 'user')
    await settled()
    sent.should.have.length(20)
    await clock.advance(25_000)
    millisOf()
      .slice(20)
      .should.eql(Array.from({ length: 40 }, (_, index) => (index + 1) * 625))
  })

  it('lets 4 polls go at once, then as many as clicks', async () => {
    askMany(100)
    await settled()
    sent.should.have.length(4)
    await clock.advance(60_000)
    sent.should.have.length(100)
  })

  it('lets no click wait for more than 3 s beside hundreds of polls and an import', async () => {
    askMany(200)
    askMany(200, 'import')
    for (const pause of [0, 100, 4_900, 55_000, 60_000]) {
      await clock.advance(pause)
      const asked = clock.now() - start
      for (let click = 0; click < 20; click += 1) ask('click', click % 2 ? 'user' : 'token')
      await clock.advance(20_000)
      const clicks = sent.filter(([name, after]) => name === 'click' && after >= asked)
      clicks.should.have.length(20)
      Math.max(...millisOf(clicks)).should.be.belowOrEqual(asked + 3_000)
    }
  })

  it('takes forward what a click waits for as well', async () => {
    askMany(200)
    const devices: Turn = { priority: 'poll', identity: 'devices' }
    void queue.run(devices, () => send('devices'))
    ask('click')
    await settled()
    names().should.not.containEql('devices')
    queue.raise(devices, 'user')
    await settled()
    names().at(-1)!.should.equal('devices')
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

  describe('for a server that counts what arrives', () => {
    /** What a strict server sees: when each request arrived. */
    let arrived: number[]
    let counted: Limits

    beforeEach(() => {
      arrived = []
      counted = new Limits({ now: () => clock.now(), offset: () => undefined }, 120)
    })

    /** On the way for `there` ms, its answer for `back` ms. */
    const travel = async (there: number, back: number): Promise<void> => {
      await clock.sleep(there)
      counted.overQuota('client').should.be.false()
      arrived.push(clock.now())
      await clock.sleep(back)
    }
    const mostInAMinute = () =>
      Math.max(...arrived.map((from, index) => arrived.slice(index).filter(at => at - from < 60_000).length))

    const ways: [string, (nth: number) => [number, number]][] = [
      ['at once', () => [0, 0]],
      ['after 10 s, then at once', nth => (nth < 40 ? [10_000, 0] : [0, 0])],
      ['slower and faster', nth => [(nth * 7919) % 10_000, (nth * 104_729) % 10_000]],
      ['a minute late', nth => [nth % 3 === 0 ? 60_000 : 0, 500]]
    ]
    for (const [name, wayOf] of ways) {
      it(`never more than 120 in any minute, ${name}`, async () => {
        const all = Array.from({ length: 400 }, (_, nth) =>
          queue.run({ priority: nth % 2 ? 'user' : 'token' }, () => travel(...wayOf(nth)))
        )
        await clock.advance(600_000)
        await Promise.all(all)
        mostInAMinute().should.be.belowOrEqual(120)
      })
    }

    it('never more than 120 in any minute when the event loop is held up for 10 s', async () => {
      let heldUpUntil = 0
      const busy = () => travel(Math.max(0, heldUpUntil - clock.now()), 20)
      const all = Array.from({ length: 400 }, () => queue.run({ priority: 'user' }, busy))
      for (let second = 0; second < 60; second += 1) {
        heldUpUntil = clock.now() + (second % 2 ? 0 : 10_000)
        await clock.advance(5_000)
      }
      await Promise.all(all)
      mostInAMinute().should.be.belowOrEqual(120)
    })
  })

  it('counts a request that failed', async () => {
    await queue
      .run({ priority: 'user', identity: 'devices' }, () => Promise.reject(new Error('failed')))
      .should.be.rejectedWith('failed')
    ask('again', 'user', 'devices')
    await clock.advance(REPEAT_PAUSE)
    sent.should.eql([['again', REPEAT_PAUSE]])
  })

  it('lets the same request go only 10 s after the answer of the first', async () => {
    void queue.run({ priority: 'user', identity: 'devices' }, () => clock.sleep(9_000))
    ask('again', 'user', 'devices')
    await clock.advance(60_000)
    sent.should.eql([['again', 9_000 + REPEAT_PAUSE]])
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
    await clock.advance(5_000)
    names().should.eql(['token 3', 'token 6', 'user 2', 'user 5', 'poll 1', 'poll 7', 'import 0', 'import 4'])
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
    askMany(20, 'user')
    const aborted = turn('aborted', 'token', undefined, abort.signal)
    abort.abort(new Error('closed'))
    await aborted.should.be.rejected()
    ask('last')
    await clock.advance(1_000)
    sent.at(-1)!.should.eql(['last', 625])
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
    await clock.advance(90_000)
    clock.asleep.should.equal(0)
  })
})
