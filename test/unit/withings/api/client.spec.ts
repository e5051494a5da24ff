import type { HttpAnswer, HttpSend } from '../../../../lib/base/http'
import type { JsonObject } from '../../../../lib/base/json'
import { type ApiRequest, type CallOptions, WithingsClient } from '../../../../lib/withings/api/client'
import { RequestQueue } from '../../../../lib/withings/api/request-queue'
import { SingleFlight } from '../../../../lib/withings/api/single-flight'
import { settled } from '../../../support/fake-clock'
import { pairOf, refused, settings, TokenBench } from '../../../support/token-bench'

type Answer = (signal: AbortSignal) => Promise<HttpAnswer>
interface Post {
  after: number
  url: string
  form: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
}

const json = (value: unknown, httpStatus = 200): Answer => {
  return () => Promise.resolve({ httpStatus, text: JSON.stringify(value) })
}
const ok = (body: JsonObject = { fine: true }) => json({ status: 0, body })
const status = (code: number) => json({ status: code, body: [], error: 'no' })
const html: Answer = () => Promise.resolve({ httpStatus: 200, text: '<html>Bearer access-1</html>' })
const network: Answer = () =>
  Promise.reject(Object.assign(new Error('Bearer access-1'), { code: 'ECONNRESET', config: {} }))

const request: ApiRequest = { path: '/v2/user', params: { action: 'getdevice' }, scope: 'user.info' }

describe('the Withings client', () => {
  let desk: TokenBench
  let queue: RequestQueue
  let client: WithingsClient
  let answers: Answer[]
  let posts: Post[]
  let start: number
  let pauses: number

  beforeEach(async () => {
    desk = new TokenBench()
    await desk.tokens.link('account', pairOf(1), [])
    answers = []
    posts = []
    pauses = 0
    start = desk.clock.now()
    queue = new RequestQueue(desk.clock)
    client = makeClient(0.5)
  })

  function makeClient(random: number): WithingsClient {
    const send: HttpSend = ({ url, headers, body }, signal) => {
      const form = Object.fromEntries(body as URLSearchParams)
      posts.push({ after: desk.clock.now() - start, url, form, headers })
      return (answers.shift() ?? ok())(signal)
    }
    const { tokens, clock } = desk
    return new WithingsClient({
      queue,
      jobs: new SingleFlight<JsonObject>(clock, queue),
      source: tokens.source('account', settings),
      apiUrl: settings.apiUrl,
      send,
      clock,
      random: () => random,
      onPause: () => (pauses += 1)
    })
  }

  /** Calls, lets time pass, and gives what came of it. */
  async function call(options: CallOptions = { priority: 'user' }, asked = request, within = 600_000) {
    const result = client.call(asked, options)
    result.catch(() => undefined)
    await desk.clock.advance(within)
    return result
  }
  const times = () => posts.map(({ after }) => after)
  const bearers = () => posts.map(({ headers }) => headers.Authorization)

  it('sends the form with the token, and gives the body', async () => {
    answers = [ok({ devices: [] })]
    ;(await call()).should.eql({ devices: [] })
    posts.should.eql([
      {
        after: 0,
        url: 'https://api.example/v2/user',
        form: { action: 'getdevice' },
        headers: { Authorization: 'Bearer access-1' }
      }
    ])
  })

  it('takes an answer without a usable body as an empty one', async () => {
    answers = [json({ status: 0, body: [] })]
    ;(await call()).should.eql({})
  })

  for (const code of [401, 100, 102, 200])
    it(`renews the token after ${code} and asks once more, not before 10 s`, async () => {
      answers = [status(code), ok()]
      ;(await call()).should.eql({ fine: true })
      bearers().should.eql(['Bearer access-1', 'Bearer access-2'])
      desk.asked.should.eql(['asked with refresh-1'])
      times()[1]!.should.be.within(10_001, 13_000)
    })

  it('needs a login when the renewed token is not accepted either, and asks no more until there is one', async () => {
    answers = [status(401), status(401)]
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED', details: { status: 401 } })
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
    posts.should.have.length(2)
    desk.asked.should.have.length(1)
    desk.tokens.status('account').should.equal('login-needed')
    await desk.tokens.link('account', pairOf(7), [])
    ;(await call()).should.eql({ fine: true })
  })

  it('takes the same token that is refused twice for none that was renewed', async () => {
    answers = [status(401), status(401), ok()]
    desk.answers.push(() => pairOf(1))
    ;(await call()).should.eql({ fine: true })
  })

  for (const code of [214, 277, 2553])
    it(`asks no more after ${code}, also in a new process, until somebody logs in`, async () => {
      answers = [status(code)]
      await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
      desk.boot().status('account').should.equal('login-needed')
      client = makeClient(0.5)
      await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
      posts.should.have.length(1)
      desk.asked.should.eql([])
    })

  const ben = pairOf(5, { userId: '13' })
  it('sends nothing when another user is linked now', async () => {
    await desk.tokens.unlink('account')
    await desk.tokens.link('account', ben, [])
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED', message: /another/ })
    posts.should.eql([])
  })

  it('sends nothing when another user was linked while it waited', async () => {
    queue.pause(5_000)
    const result = client.call(request, { priority: 'user' })
    result.catch(() => undefined)
    await settled()
    await desk.tokens.link('account', ben, [])
    await desk.clock.advance(60_000)
    await result.should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
    posts.should.eql([])
  })

  it('gives no answer that came when another user was linked already', async () => {
    answers = [
      async () => {
        await desk.tokens.link('account', ben, [])
        return ok()(new AbortController().signal)
      }
    ]
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
    desk.tokens.status('account').should.equal('ready')
  })

  it('renews the token also when the 401 comes at the second try', async () => {
    answers = [status(522), status(401), ok()]
    ;(await call()).should.eql({ fine: true })
    bearers().should.eql(['Bearer access-1', 'Bearer access-1', 'Bearer access-2'])
  })

  it('needs a login when the refresh is refused', async () => {
    answers = [status(401)]
    desk.answers.push(refused)
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED', cause: { code: 'LOGIN_NEEDED' } })
    posts.should.have.length(1)
  })

  it('tells the tokens that a token was used', async () => {
    answers = [status(401), ok()]
    await call()
    desk.disk.load('account')!.should.not.have.property('previousRefreshToken')
  })

  const passing: [string, Answer, string][] = [
    ['522', status(522), 'WITHINGS_UNAVAILABLE'],
    ['524', status(524), 'WITHINGS_UNAVAILABLE'],
    ['602', status(602), 'WITHINGS_UNAVAILABLE'],
    ['2555', status(2555), 'WITHINGS_UNAVAILABLE'],
    ['601', status(601), 'RATE_LIMITED'],
    ['HTTP 429', json({}, 429), 'RATE_LIMITED'],
    ['HTTP 502', json({ status: 0, body: {} }, 502), 'WITHINGS_UNAVAILABLE'],
    ['HTML', html, 'WITHINGS_UNAVAILABLE'],
    ['JSON without a status', json({ body: {} }), 'WITHINGS_UNAVAILABLE'],
    ['no connection', network, 'WITHINGS_UNAVAILABLE']
  ]
  for (const [name, answer, code] of passing) {
    it(`goes on after ${name}`, async () => {
      answers = [answer, answer, ok()]
      ;(await call()).should.eql({ fine: true })
    })

    for (const random of [0, 1])
      it(`gives up after three times ${name} within 60 s, pausing longer each time (${random})`, async () => {
        client = makeClient(random)
        answers = [answer, answer, answer, ok()]
        await call().should.be.rejectedWith({ code })
        const [first, second, third] = times() as [number, number, number]
        posts.should.have.length(3)
        ;(second - first).should.be.above(10_000)
        ;(third - second).should.be.above(second - first)
        third.should.be.below(50_000)
      })
  }

  it('gives up within 60 s also when each try takes 10 s', async () => {
    client = makeClient(1)
    const slow: Answer = async signal => {
      await desk.clock.sleep(10_000, signal)
      throw Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' })
    }
    answers = [slow, slow, slow, ok()]
    let ended = 0
    const result = client.call(request, { priority: 'user' }).catch((error: unknown) => {
      ended = desk.clock.now() - start
      throw error
    })
    result.catch(() => undefined)
    await desk.clock.advance(600_000)
    await result.should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE', message: /no answer within 10 s/ })
    posts.length.should.be.aboveOrEqual(2)
    ended.should.be.within(20_000, 60_000)
  })

  it('gives up after two tries when the second one had to wait for others', async () => {
    answers = [status(522), status(522), ok()]
    const result = client.call(request, { priority: 'user' })
    result.catch(() => undefined)
    await desk.clock.advance(5_000)
    queue.pause(35_000)
    await desk.clock.advance(600_000)
    await result.should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    times().should.eql([0, 40_000])
  })

  it('gives up within 60 s of the first try when the retry waits behind others', async () => {
    answers = [status(522), ok()]
    const result = client.call(request, { priority: 'import' })
    let ended = 0
    result.catch(() => (ended = desk.clock.now() - start))
    await desk.clock.advance(5_000)
    for (let other = 0; other < 600; other += 1) void queue.run({ priority: 'user' }, () => Promise.resolve())
    await desk.clock.advance(600_000)
    await result.should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE', details: { detail: 'status 522' } })
    ended.should.be.within(50_000, 60_000)
    posts.should.have.length(1)
  })

  it('gives up within 60 s of the first try when the refresh hangs', async () => {
    answers = [status(401), ok()]
    desk.answers.push(() => new Promise(() => undefined))
    const result = client.call(request, { priority: 'user' })
    let ended = 0
    result.catch(() => (ended = desk.clock.now() - start))
    await desk.clock.advance(600_000)
    await result.should.be.rejected()
    ended.should.be.within(50_000, 60_000)
  })

  it('says nothing of the token in its errors', async () => {
    for (const answer of [html, network, status(522), status(401)]) {
      await desk.clock.advance(60_000)
      answers = [answer, answer, answer]
      const error: unknown = await call().catch((reason: unknown) => reason)
      error!.should.be.instanceOf(Error)
      const told = [String(error), (error as Error).stack, JSON.stringify(error)].join()
      told.should.not.match(/access-\d|Bearer|refresh-\d/)
    }
  })

  it('stops all requests of the client id after a 601', async () => {
    answers = [status(601), ok(), ok()]
    const first = client.call(request, { priority: 'user' })
    await settled()
    queue.pauseLeft.should.be.above(10_000)
    pauses.should.equal(1)
    const other = client.call({ ...request, params: { action: 'other' } }, { priority: 'user' })
    await desk.clock.advance(60_000)
    await Promise.all([first, other])
    posts.slice(1).forEach(({ after }) => after.should.be.above(10_000))
    posts.should.have.length(3)
  })

  const asked: [string, number, number, number, string][] = [
    ['90 s', 429, 90_000, 90_000, 'RATE_LIMITED'],
    ['a year', 429, 365 * 86_400_000, 3_600_000, 'RATE_LIMITED'],
    ['90 s because it is overloaded', 503, 90_000, 90_000, 'WITHINGS_UNAVAILABLE']
  ]
  for (const [name, httpStatus, retryAfter, lasts, code] of asked)
    it(`fails at once for an hour at most when Withings asks to wait for ${name}`, async () => {
      answers = [() => Promise.resolve({ httpStatus, text: '', retryAfter }), ok()]
      const first = client.call(request, { priority: 'user' })
      first.catch(() => undefined)
      await settled()
      queue.pauseLeft.should.equal(lasts)
      await first.should.be.rejectedWith({ code })
      const other = { ...request, params: { action: 'other' } }
      await call({ priority: 'user' }, other, 1).should.be.rejectedWith({ code: 'RATE_LIMITED' })
      posts.should.have.length(1)
      await desk.clock.advance(lasts - 60_001)
      await call({ priority: 'user' }, other, 60_000)
      times().should.eql([0, lasts])
    })

  const never: [number, string, object][] = [
    [503, 'WITHINGS_REFUSED', { status: 503 }],
    [2554, 'WITHINGS_REFUSED', { status: 2554 }],
    [9999, 'WITHINGS_REFUSED', { status: 9999 }],
    [403, 'SCOPE_MISSING', { scope: 'user.info', status: 403 }],
    [214, 'LOGIN_NEEDED', { status: 214 }],
    [2553, 'LOGIN_NEEDED', { status: 2553 }]
  ]
  for (const [code, error, details] of never)
    it(`asks only once when the answer is ${code}: ${error}`, async () => {
      answers = [status(code), ok()]
      await call().should.be.rejectedWith({ code: error, details, cause: { code: error } })
      posts.should.have.length(1)
    })

  it('names the missing scope in the sentence', async () => {
    answers = [status(403)]
    await call().should.be.rejectedWith({ message: /user\.info/ })
  })

  it('sends nothing without a login', async () => {
    await desk.tokens.unlink('account')
    await call().should.be.rejectedWith({ code: 'LOGIN_NEEDED' })
    posts.should.eql([])
  })

  it('shares the answer of equal calls, and keeps different ones apart', async () => {
    answers = [ok({ answer: 1 }), ok({ answer: 2 })]
    const measures: ApiRequest = { path: '/measure', params: { action: 'getmeas' }, scope: 'user.metrics' }
    const calls = [request, request, measures].map(each => client.call(each, { priority: 'poll' }))
    ;(await Promise.all(calls)).map(body => body.answer).should.eql([1, 1, 2])
    posts.should.have.length(2)
  })

  it('stops waiting for a retry when all gave up', async () => {
    const [abort, reason] = [new AbortController(), new Error('closed')]
    answers = [status(522), ok()]
    const result = client.call(request, { priority: 'user', signal: abort.signal })
    await desk.clock.advance(5_000)
    abort.abort(reason)
    await result.should.be.rejectedWith(reason)
    await settled()
    desk.clock.asleep.should.equal(0)
    await desk.clock.advance(600_000)
    posts.should.have.length(1)
  })

  it('lets go of a request on its way when all gave up', async () => {
    const [abort, reason] = [new AbortController(), new Error('closed')]
    let signal: AbortSignal | undefined
    answers = [
      given => {
        signal = given
        return new Promise((_, reject) => given.addEventListener('abort', () => reject(reason)))
      }
    ]
    const result = client.call(request, { priority: 'user', signal: abort.signal })
    await settled()
    abort.abort(reason)
    await result.should.be.rejectedWith(reason)
    signal!.aborted.should.be.true()
    await desk.clock.advance(600_000)
    posts.should.have.length(1)
  })
})
