import should from 'should'
import { type Priority, RequestQueue, type Turn } from '../../../../lib/withings/api/request-queue'
import { SingleFlight } from '../../../../lib/withings/api/single-flight'
import { FakeClock, settled } from '../../../support/fake-clock'

describe('shared jobs', () => {
  let clock: FakeClock
  let jobs: SingleFlight<string>
  /** One per start of a job: how to end it, and its signal. */
  let started: {
    resolve: (value: string) => void
    reject: (error: Error) => void
    signal: AbortSignal
    turn: Turn
  }[]

  beforeEach(() => {
    clock = new FakeClock()
    jobs = new SingleFlight(clock, new RequestQueue(clock))
    started = []
  })

  const asked = (identity: string, signal?: AbortSignal, priority: Priority = 'poll') => ({
    identity,
    priority,
    keep: true,
    ...(signal && { signal })
  })
  const run = (identity = 'devices', signal?: AbortSignal, priority?: Priority) =>
    jobs.run(
      asked(identity, signal, priority),
      (jobSignal, turn) =>
        new Promise<string>((resolve, reject) => {
          started.push({ resolve, reject, signal: jobSignal, turn })
          jobSignal.addEventListener('abort', () => reject(jobSignal.reason as Error))
        })
    )
  const closed = new Error('closed')

  it('give two callers the answer of one', async () => {
    const both = [run(), run()]
    started[0]!.resolve('answer')
    ;(await Promise.all(both)).should.eql(['answer', 'answer'])
    started.should.have.length(1)
  })

  it('are as urgent as the most urgent of those who wait', () => {
    void run('devices', undefined, 'import')
    const { turn } = started[0]!
    turn.priority.should.equal('import')
    void run('devices', undefined, 'user')
    turn.priority.should.equal('user')
    void run('devices', undefined, 'poll')
    turn.priority.should.equal('user')
    jobs.raise('devices', 'token')
    jobs.raise('measures', 'token')
    turn.priority.should.equal('token')
  })

  it('keep different requests apart', async () => {
    const both = [run('devices'), run('measures')]
    started[1]!.resolve('measures')
    started[0]!.resolve('devices')
    ;(await Promise.all(both)).should.eql(['devices', 'measures'])
  })

  it('keep an answer for 10 s after it came, no longer', async () => {
    const first = run()
    await clock.advance(8_000)
    started[0]!.resolve('first')
    await first
    await clock.advance(10_000)
    ;(await run()).should.equal('first')
    await clock.advance(1_000)
    const second = run()
    started.should.have.length(2)
    started[1]!.resolve('second')
    ;(await second).should.equal('second')
  })

  it('do not keep a failure, and tell it to all who waited', async () => {
    const both = [run(), run()]
    const failure = new Error('failed')
    started[0]!.reject(failure)
    for (const one of both) await one.should.be.rejectedWith(failure)
    await settled()
    const again = run()
    started[1]!.resolve('answer')
    ;(await again).should.equal('answer')
  })

  it('go on for the others when one gives up', async () => {
    const abort = new AbortController()
    const [one, other] = [run('devices', abort.signal), run()]
    abort.abort(closed)
    await one.should.be.rejectedWith(closed)
    started[0]!.signal.aborted.should.be.false()
    started[0]!.resolve('answer')
    ;(await other).should.equal('answer')
  })

  it('are aborted when all gave up, and start anew for the next one', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const both = [run('devices', first.signal), run('devices', second.signal)]
    first.abort(closed)
    started[0]!.signal.aborted.should.be.false()
    second.abort(closed)
    started[0]!.signal.aborted.should.be.true()
    should(started[0]!.signal.reason).equal(closed)
    for (const one of both) await one.should.be.rejectedWith(closed)
    const next = run()
    started[1]!.resolve('answer')
    ;(await next).should.equal('answer')
  })

  it('start anew at once when all gave up, even where the old one never ends', async () => {
    const abort = new AbortController()
    const hung = jobs.run(asked('devices', abort.signal), () => new Promise<string>(() => undefined))
    abort.abort(closed)
    await hung.should.be.rejectedWith(closed)
    const next = run()
    started[0]!.resolve('answer')
    ;(await next).should.equal('answer')
  })

  it('survive an abort after the answer, and keep the answer', async () => {
    const abort = new AbortController()
    const first = run('devices', abort.signal)
    started[0]!.resolve('answer')
    await first
    abort.abort(closed)
    ;(await run()).should.equal('answer')
    started.should.have.length(1)
  })

  it('refuse who comes with an aborted signal, without hurting the others', async () => {
    const other = run()
    await run('devices', AbortSignal.abort(closed)).should.be.rejectedWith(closed)
    started[0]!.resolve('answer')
    ;(await other).should.equal('answer')
  })

  it('leave nothing behind when the 10 s are over', async () => {
    const first = run()
    started[0]!.resolve('answer')
    await first
    await clock.advance(11_000)
    clock.asleep.should.equal(0)
  })
})
