import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { axiosSend, type HttpSend } from '../../../../lib/base/http'
import { gladysRoot } from '../../../../lib/gladys/http/client'
import { CreatedStore } from '../../../../lib/gladys/http/created-store'
import { DeviceCreator } from '../../../../lib/gladys/http/device-creation'
import { draftsOf } from '../../../../lib/gladys/http/device-draft'
import { parseSession } from '../../../../lib/gladys/http/session'
import { LOGIN } from '../../../support/device-state-flow'
import { GladysApiBench } from '../../../support/gladys-api-bench'
import { parseInput } from '../../../support/parse-input'

const YEAR = 365 * 86_400_000
const wrong = { ...LOGIN, password: 'wrong-password' }

describe('Gladys HTTP API', () => {
  let household: GladysApiBench
  const start = async (options = {}): Promise<void> => void (household = await GladysApiBench.start(options))
  const refusal = (detail: RegExp): object => ({ code: 'GLADYS_REFUSED', message: detail })

  afterEach(() => household.close())

  it('logs in once, whoever asks, and asks for the service once', async () => {
    await start()
    const api = household.api()
    const ids = await Promise.all([api.mqttServiceId(), api.mqttServiceId()])
    ids[0].should.equal(ids[1])
    await api.devices().should.finally.eql([])
    await api.mqttServiceId()
    household.gladys.logins.should.equal(1)
    household.gladys.requests.filter(({ path }) => path === '/api/v1/service/mqtt').length.should.equal(2)
  })

  it('needs no new login after a restart, nor when the access token has run out', async () => {
    await start()
    await household.api().devices()
    household.record!.should.match({ kind: 'open', refreshToken: /^refresh-/ })
    const api = household.api()
    await api.devices()
    household.gladys.expireAccessTokens()
    await Promise.all([api.devices(), api.devices()])
    household.gladys.logins.should.equal(1)
    household.gladys.requests.filter(({ path }) => path === '/api/v1/access_token').length.should.equal(2)
  })

  it('logs in again when the session has ended', async () => {
    await start()
    const api = household.api()
    await api.devices()
    household.gladys.endSessions()
    await api.devices()
    household.gladys.logins.should.equal(2)
  })

  for (const [name, login] of [
    ['password', wrong],
    ['e-mail', { ...LOGIN, email: 'nobody@example.org' }]
  ] as const)
    it(`tries a wrong ${name} twice, over restarts, until it changes`, async () => {
      await start()
      for (const detail of [/are wrong \(HTTP 40/, /are wrong \(HTTP 40/, /no login is tried again/])
        await household.api(login).devices().should.be.rejectedWith(refusal(detail))
      const api = household.api(login)
      await api.devices().should.be.rejectedWith(refusal(/before you change them/))
      await api.devices().should.be.rejectedWith(refusal(/before you change them/))
      household.gladys.logins.should.equal(2)
      await household.api().devices().should.finally.eql([])
      household.gladys.logins.should.equal(3)
    })

  it('counts the states of features by month, and tells which it keeps no history of', async () => {
    const asked: string[] = []
    const features = ['a', 'b', 'c', 'on'].map(name => ({
      external_id: `mqtt:${name}`,
      selector: `sel-${name}`,
      keep_history: name !== 'c'
    }))
    const send: HttpSend = ({ url }) => {
      const { pathname, searchParams } = new URL(url)
      asked.push(pathname)
      const answer = (json: unknown) => Promise.resolve({ httpStatus: 200, text: JSON.stringify(json) })
      if (pathname.endsWith('/login')) return answer({ refresh_token: 'r', access_token: 'a' })
      if (pathname.endsWith('/device'))
        return answer([{ external_id: 'mqtt:scale', name: 'Scale', features }])
      searchParams.get('device_features')!.should.equal('sel-a,sel-b,sel-on')
      searchParams.get('group_by')!.should.equal('month')
      return answer([
        // Midnight in Paris.
        { values: [{ created_at: '2025-01-31T23:00:00.000Z', count_value: 7 }] },
        { values: [] },
        { values: [{ created_at: '2025-01-31T23:00:00.000Z', value: 1, end_time: null }] }
      ])
    }
    await start()
    const counts = await household
      .api(LOGIN, 'http://gladys.test', send)
      .counts(['mqtt:a', 'mqtt:b', 'mqtt:c', 'mqtt:on', 'mqtt:elsewhere'])
    ;[...counts].should.eql([
      ['mqtt:c', 'none'],
      ['mqtt:a', { '2025-02': 7 }],
      ['mqtt:b', {}],
      ['mqtt:on', 'none']
    ])
    asked.should.have.length(3)
  })

  it('starts to count again after a login that worked', async () => {
    await start()
    await household.api(wrong).devices().should.be.rejected()
    await household.api().devices()
    household.record!.kind.should.equal('open')
  })

  it('does not count what was no refusal', async () => {
    await start()
    await household.gladys.stopHttp()
    for (let time = 0; time < 3; time++) {
      await household
        .api()
        .devices()
        .should.be.rejectedWith(refusal(/cannot be reached \(ECONNREFUSED\)/))
      household.time += 60_000
    }
    ;(household.record === undefined).should.be.true()
    await household.gladys.startHttp()
    await household.api().devices().should.finally.eql([])
  })

  it('waits after too many requests', async () => {
    await start()
    for (let login = 0; login < 5; login++) {
      household.record = undefined
      await household.api().devices()
    }
    household.record = undefined
    const api = household.api()
    await api.devices().should.be.rejectedWith(refusal(/too many requests/))
    await api.devices().should.be.rejectedWith(refusal(/too many requests/))
    household.gladys.logins.should.equal(6)
    household.time += 60_000
    await api.devices().should.be.rejectedWith(refusal(/too many requests/))
    household.gladys.logins.should.equal(7)
  })

  it('waits an hour at most, whatever Retry-After says', async () => {
    await start()
    let calls = 0
    const busy: HttpSend = () => {
      calls += 1
      return Promise.resolve({ httpStatus: 429, text: '', retryAfter: 86_400_000 })
    }
    const api = household.api(LOGIN, household.gladys.url, busy)
    for (const wait of [0, 3_599_000, 1_000]) {
      household.time += wait
      await api.devices().should.be.rejectedWith(refusal(/too many requests/))
    }
    calls.should.equal(2)
  })

  for (const [name, during, after] of [
    ['ahead during a call', 10 * YEAR, 61_000],
    ['back after a call', 0, -10 * YEAR]
  ] as const)
    it(`does not stay silent for years when the clock is set ${name}`, async () => {
      await start()
      let calls = 0
      const busy: HttpSend = () => {
        calls += 1
        household.time += during
        const httpStatus = during > 0 ? 503 : 429
        return Promise.resolve({ httpStatus, text: '', retryAfter: 600_000 })
      }
      const api = household.api(LOGIN, household.gladys.url, busy)
      await api.devices().should.be.rejected()
      household.time += after
      await api.devices().should.be.rejected()
      calls.should.equal(2)
    })

  for (const [name, during, after] of [
    ['ahead during a call', 10 * YEAR, 121_000],
    ['back after a call', 1_000, -10 * YEAR]
  ] as const)
    it(`asks again for its devices when the clock is set ${name}`, async () => {
      await start()
      let leap = 0
      const send: HttpSend = async (request, signal) => {
        const answer = await axiosSend(undefined)(request, signal)
        household.time += leap
        leap = 0
        return answer
      }
      const api = household.api(LOGIN, household.gladys.url, send)
      const clock = { now: () => household.time }
      const creator = new DeviceCreator({ api, clock, store: new CreatedStore(undefined, () => undefined) })
      const asked = (): number =>
        household.gladys.requests.filter(({ path }) => path === '/api/v1/service/mqtt/device').length
      const naming = { wording: (_key: string, fallback: string) => fallback, personOf: () => undefined }
      const item = { device: 'mqtt:d', feature: 'mqtt:d:f', value: 1, name: 'F' }
      const drafts = draftsOf(parseInput(item), naming, () => true)
      ;(await creator.create(drafts)).should.match({ problem: undefined })
      leap = during
      await creator.create(drafts)
      const before = asked()
      household.time += after
      await creator.create(drafts)
      asked().should.equal(before + 1)
    })

  it('lets a Gladys that hangs cost at most half of the time', async () => {
    await start()
    let calls = 0
    const hanging: HttpSend = () => {
      calls += 1
      household.time += 10_000
      return Promise.reject(Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' }))
    }
    const api = household.api(LOGIN, household.gladys.url, hanging)
    await api.devices().should.be.rejectedWith(refusal(/no answer in time/))
    household.time += 9_999
    await api.devices().should.be.rejectedWith(refusal(/no answer in time/))
    calls.should.equal(1)
    household.time += 1
    await api.devices().should.be.rejected()
    calls.should.equal(2)
  })

  it('tries again at once after a failure that cost little', async () => {
    await start()
    const send = axiosSend(undefined)
    let fails = true
    const flaky: HttpSend = (request, signal) => {
      if (!fails) return send(request, signal)
      fails = false
      household.time += 900
      return Promise.reject(new Error('hung up'))
    }
    const api = household.api(LOGIN, household.gladys.url, flaky)
    await api.devices().should.be.rejectedWith(refusal(/cannot be reached/))
    await api.devices().should.finally.eql([])
  })

  it('says that Gladys is too old, or has no MQTT service', async () => {
    await start({ version: 'ancient' })
    await household
      .api()
      .mqttServiceId()
      .should.be.rejectedWith(refusal(/update Gladys/))
    await household.close()
    await start({ version: 'no-mqtt-service' })
    await household
      .api()
      .mqttServiceId()
      .should.be.rejectedWith(refusal(/no MQTT service/))
    await household
      .api()
      .devices()
      .should.be.rejectedWith(refusal(/no MQTT service/))
  })

  it('says what Gladys does not accept, without its values', async () => {
    await start()
    const feature = { name: 'x', external_id: 'x', category: 'health', type: 'weight', min: 0, max: 1 }
    const service_id = await household.api().mqttServiceId()
    await household
      .api()
      .saveDevice({ name: 'x', external_id: 'x', service_id, features: [feature] })
      .should.be.rejectedWith(refusal(/HTTP 422 UNPROCESSABLE_ENTITY category/))
  })

  it('keeps secrets out of what it says', async () => {
    await start()
    const errors = [
      await household.api(wrong).devices().catch(String),
      await household.api().saveDevice({}).catch(String)
    ]
    await household.gladys.stopHttp()
    errors.push(await household.api().devices().catch(String))
    JSON.stringify(errors).should.not.match(/password@|wrong-password|right-password|refresh-|access-|ada@/)
  })

  it('ends what is on its way when it is closed', async () => {
    await start()
    const server = await serve(() => undefined)
    const devices = household.api(LOGIN, server.url).devices()
    household.closing.abort()
    await devices.should.be.rejectedWith({ code: 'GLADYS_REFUSED' })
    server.close()
  })

  const strange: [string, RequestListener, RegExp][] = [
    ['a page', (_, response) => response.end('<html>'), /does not lead to Gladys/],
    ['a redirect', (_, response) => response.writeHead(301, { location: '/x' }).end(), /redirects/],
    ['a breakdown', (_, response) => response.writeHead(502).end('<html>'), /out of order \(HTTP 502\)/],
    ['another service', (_, response) => response.end('{}'), /something unexpected/],
    ['nothing', request => request.socket.destroy(), /cannot be reached/]
  ]
  for (const [name, listener, detail] of strange)
    it(`says what is wrong with an address that answers ${name}`, async () => {
      await start()
      const server = await serve(listener)
      await household.api(LOGIN, server.url).devices().should.be.rejectedWith(refusal(detail))
      server.close()
    })

  const halves: [string, unknown][] = [
    ['no list', {}],
    ['no features', [{ external_id: 'a' }]],
    ['no external id', [{ features: [] }]],
    ['a feature that is none', [{ external_id: 'a', features: [null] }]]
  ]
  for (const [name, body] of halves)
    it(`does not take half of the devices: ${name}`, async () => {
      await start()
      const tokens = { refresh_token: 'r', access_token: 'a' }
      const send: HttpSend = ({ url }) =>
        Promise.resolve({
          httpStatus: 200,
          text: JSON.stringify(url.endsWith('/login') ? tokens : body)
        })
      const api = household.api(LOGIN, household.gladys.url, send)
      await api.devices().should.be.rejectedWith(refusal(/cannot be read/))
    })

  it('knows the service that Gladys tells as null is not there', async () => {
    await start()
    const send: HttpSend = (request, signal) =>
      request.url.endsWith('/mqtt')
        ? Promise.resolve({ httpStatus: 200, text: 'null' })
        : axiosSend(undefined)(request, signal)
    const api = household.api(LOGIN, household.gladys.url, send)
    await api.mqttServiceId().should.be.rejectedWith(refusal(/no MQTT service/))
  })
})

describe('address of Gladys', () => {
  const roots: [string, string][] = [
    ['http://gladys.local', 'http://gladys.local'],
    [' https://gladys.local:8443/ ', 'https://gladys.local:8443'],
    ['http://host/gladys//', 'http://host/gladys'],
    ['http://host/api/v1/', 'http://host']
  ]
  for (const [address, root] of roots)
    it(`takes ${address}`, () => {
      gladysRoot(address).should.equal(root)
    })
  for (const address of ['', 'gladys.local', 'ftp://host', 'http://ada:secret@host'])
    it(`refuses ${address}`, () => {
      ;(() => gladysRoot(address)).should.throw({ code: 'NOT_CONFIGURED', message: /^((?!secret).)*$/ })
    })
})

describe('record of a Gladys login', () => {
  it('is read as it was kept, and nothing else', () => {
    const open = { kind: 'open', fingerprint: 'f', refreshToken: 'r' }
    const refused = { kind: 'refused', fingerprint: 'f', times: 2 }
    parseSession(open)!.should.eql(open)
    parseSession(refused)!.should.eql(refused)
    for (const junk of [null, {}, { ...open, refreshToken: 1 }, { ...refused, times: 'x' }, { kind: 'open' }])
      (parseSession(junk) === undefined).should.be.true()
  })
})

interface Serving {
  url: string
  close: () => Server
}

async function serve(listener: RequestListener): Promise<Serving> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  server.unref()
  return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() as never }
}
