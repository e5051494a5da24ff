import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { findWrongKey, refreshPair } from '../../../../lib/withings/auth/oauth'
import { startSimulator } from '../../../simulator'
import { settings } from '../../../support/token-bench'

const pair = { userid: '12', access_token: 'a', refresh_token: 'r', expires_in: 10_800 }

describe('the token endpoint', () => {
  let server: Server
  let answer: RequestListener
  let sockets: Socket[]
  let apiUrl: string

  beforeEach(async () => {
    sockets = []
    server = createServer((req, res) => answer(req, res)).listen(0, '127.0.0.1')
    server.on('connection', (socket: Socket) => sockets.push(socket))
    await once(server, 'listening')
    apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.close().closeAllConnections()
  })

  const refresh = (timeLimit?: number) => refreshPair({ ...settings, apiUrl }, 'refresh-1', timeLimit)
  const closed = () =>
    new Promise<void>(resolve => {
      if (sockets[0]!.destroyed) resolve()
      else sockets[0]!.once('close', () => resolve())
    })
  const replies =
    (httpStatus: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
    (_req, res) =>
      res.writeHead(httpStatus, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))

  it('gives a pair', async () => {
    answer = replies(200, { status: 0, body: pair })
    ;(await refresh()).should.match({ userId: '12', accessToken: 'a', refreshToken: 'r', expiresIn: 10_800 })
  })

  for (const lifetime of [0, -1, 'soon', null])
    it(`gives tokens that live 3 h when it says ${lifetime}`, async () => {
      answer = replies(200, { status: 0, body: { ...pair, expires_in: lifetime } })
      ;(await refresh()).expiresIn.should.equal(10_800)
    })

  for (const httpStatus of [400, 401, 403])
    it(`refuses with HTTP ${httpStatus} as with HTTP 200`, async () => {
      answer = replies(httpStatus, { status: 401, body: {}, error: 'Invalid Params: invalid client_secret' })
      await refresh().should.be.rejectedWith({
        code: 'WITHINGS_REFUSED',
        details: { status: 401, refused: 'client_secret' }
      })
    })

  for (const [complaint, refused] of [
    ['Invalid Params: invalid refresh_token', 'refresh_token'],
    ['Invalid Params: invalid code', 'code'],
    ['invalid clientid', 'client_id'],
    ['Invalid Params: Invalid client_secret', 'client_secret'],
    ['Invalid Params', undefined]
  ])
    it(`refuses ${refused ?? 'something'} with "${complaint}"`, async () => {
      answer = replies(200, { status: 503, body: {}, error: complaint })
      const details = { status: 503, ...(refused !== undefined && { refused }) }
      await refresh().should.be.rejectedWith({ code: 'WITHINGS_REFUSED' })
      await refresh().catch((error: { details: object }) => error.details.should.eql(details))
    })

  it('tells a wrong key by a signature', async () => {
    const simulator = await startSimulator({ years: 0.01 })
    try {
      const { id: clientId, secret: clientSecret } = simulator.client
      const right = { ...settings, clientId, clientSecret, apiUrl: simulator.url }
      const found = [right, { ...right, clientSecret: 'wrong' }, { ...right, clientId: 'wrong' }].map(
        findWrongKey
      )
      ;(await Promise.all(found)).should.eql([undefined, 'clientSecret', 'clientId'])
      simulator.faults.add({ kind: 'html', path: '/v2/signature' })
      ;((await findWrongKey({ ...right, clientSecret: 'wrong' })) === undefined).should.be.true()
    } finally {
      await simulator.close()
    }
  })

  it('is away with HTTP 404 and no envelope, and with HTTP 503 and one', async () => {
    answer = replies(404, { message: 'no' })
    await refresh().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE', message: /404/ })
    answer = replies(503, { status: 401 }, { 'Retry-After': '30' })
    await refresh().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE', details: { retryAfter: 30_000 } })
  })

  for (const body of [{ status: 0 }, 'Too Many Requests'])
    it(`asks for a pause with HTTP 429 and ${JSON.stringify(body)}`, async () => {
      answer = replies(429, body, { 'Retry-After': '90' })
      await refresh().should.be.rejectedWith({ code: 'RATE_LIMITED', details: { retryAfter: 90_000 } })
    })

  it('is not read beyond a megabyte', async () => {
    answer = (_req, res) => {
      res.writeHead(200)
      res.on('drain', () => res.write('x'.repeat(100_000)))
      while (res.write('x'.repeat(100_000)));
    }
    await refresh().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    await closed()
  })

  it('is hung up on when it does not come to an end in time', async () => {
    answer = (_req, res) => {
      res.writeHead(200)
      res.write('{"status":')
    }
    await refresh(100).should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    await closed()
  })
})
