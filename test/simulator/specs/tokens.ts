import { createHmac } from 'node:crypto'
import should from 'should'
import type { Simulator } from '..'
import {
  exchange,
  getDevice,
  login,
  post,
  redirectUri,
  refresh,
  requestToken,
  sessionOf
} from '../raw-client'
import { ada, hour, now, open, pause, second, statusOf } from './fixture'

describe('Withings simulator: tokens', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  beforeEach(async () => {
    simulator = await open()
  })

  it('takes a code once, within 30 seconds, from the redirect URI it was made for', async () => {
    const code = () => simulator.grant({ userId: ada, redirectUri })
    const used = code()
    should(await statusOf(exchange(simulator, used))).equal(0)
    should(await exchange(simulator, used)).deepEqual({
      status: 503,
      body: {},
      error: 'Invalid Params: invalid code'
    })
    should(await statusOf(exchange(simulator, code(), 'http://127.0.0.1:1881/'))).equal(503)
    const [young, old] = [code(), code()]
    simulator.clock.offset(29 * second)
    should(await statusOf(exchange(simulator, young))).equal(0)
    simulator.clock.offset(second)
    should(await statusOf(exchange(simulator, old))).equal(503)
  })

  it('refuses a wrong secret, client, action and content type', async () => {
    const form = { grant_type: 'authorization_code', redirect_uri: redirectUri }
    const attempt = (changes: Record<string, string>) =>
      statusOf(
        requestToken(simulator, {
          ...form,
          code: simulator.grant({ userId: ada, redirectUri }),
          ...changes
        })
      )
    should(await attempt({})).equal(0)
    should(await attempt({ client_secret: 'no' })).equal(503)
    should(await attempt({ client_id: 'no' })).equal(503)
    should(await attempt({ grant_type: 'password' })).equal(503)
    should(await attempt({ action: 'gettoken' })).equal(2554)
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    should(await (await fetch(`${simulator.url}/v2/oauth2`, json)).json()).have.property('status', 503)
  })

  it('gives the userid as text for a code and as a number for a refresh', async () => {
    const first = await exchange(simulator, simulator.grant({ userId: ada, redirectUri }))
    should(first.body).have.properties({ userid: ada, expires_in: 10_800 })
    should(first.body).have.property('csrf_token')
    should(first.body?.scope).equal('user.info,user.metrics,user.activity,user.sleepevents')
    const second = await refresh(simulator, sessionOf(first).refreshToken)
    should(second.body).have.property('userid', Number(ada))
    should(second.body).not.have.property('csrf_token')
    simulator.tokens.issued(ada).should.have.length(2)
  })

  it('kills the old refresh token when the new access token is used', async () => {
    const old = await login(simulator, ada)
    const renewed = sessionOf(await refresh(simulator, old.refreshToken))
    should(await statusOf(getDevice(simulator, renewed))).equal(0)
    should(await statusOf(refresh(simulator, old.refreshToken))).equal(503)
    pause(simulator)
    should(await statusOf(getDevice(simulator, old))).equal(0)
    should(await statusOf(refresh(simulator, renewed.refreshToken))).equal(0)
  })

  it('kills the old refresh token 8 hours after the new pair', async () => {
    const old = await login(simulator, ada)
    await refresh(simulator, old.refreshToken)
    simulator.clock.offset(8 * hour - second)
    const again = sessionOf(await refresh(simulator, old.refreshToken))
    again.accessToken.should.have.length(40)
    simulator.clock.offset(second)
    should(await statusOf(refresh(simulator, old.refreshToken))).equal(503)
    should(await statusOf(refresh(simulator, again.refreshToken))).equal(0)
  })

  it('gives another pair for the old token while it lives, and the one before dies', async () => {
    const old = await login(simulator, ada)
    const lost = sessionOf(await refresh(simulator, old.refreshToken))
    const kept = sessionOf(await refresh(simulator, old.refreshToken))
    should(await statusOf(getDevice(simulator, lost))).equal(401)
    should(await statusOf(refresh(simulator, lost.refreshToken))).equal(503)
    pause(simulator)
    should(await statusOf(getDevice(simulator, kept))).equal(0)
  })

  it('lets access tokens live 3 hours and refresh tokens a year', async () => {
    const session = await login(simulator, ada)
    simulator.clock.offset(3 * hour - second)
    should(await statusOf(getDevice(simulator, session))).equal(0)
    simulator.clock.offset(second + 11 * second)
    should(await statusOf(getDevice(simulator, session))).equal(401)
    simulator.clock.offset(365 * 24 * hour - 3 * hour - 11 * second)
    should(await statusOf(refresh(simulator, session.refreshToken))).equal(503)
  })

  it('expires and revokes on demand', async () => {
    const session = await login(simulator, ada)
    simulator.tokens.expireAccess(ada)
    should(await statusOf(getDevice(simulator, session))).equal(401)
    const renewed = sessionOf(await refresh(simulator, session.refreshToken))
    simulator.tokens.revokeGrant(ada)
    pause(simulator)
    should(await statusOf(getDevice(simulator, renewed))).equal(401)
    should(await statusOf(refresh(simulator, renewed.refreshToken))).equal(503)
  })

  it('takes a signature instead of the secret, each nonce once', async () => {
    const { id, secret } = simulator.client
    const sign = (...values: string[]) => createHmac('sha256', secret).update(values.join(',')).digest('hex')
    const timestamp = String(now)
    const call = { action: 'getnonce', client_id: id, timestamp }
    should(await statusOf(post(simulator, '/v2/signature', { ...call, signature: sign('no') }))).equal(342)
    const signature = sign('getnonce', id, timestamp)
    const { body } = await post(simulator, '/v2/signature', { ...call, signature })
    const nonce = body?.nonce ?? ''
    const signed = () => ({
      action: 'requesttoken',
      client_id: id,
      nonce,
      signature: sign('requesttoken', id, nonce),
      grant_type: 'authorization_code',
      code: simulator.grant({ userId: ada, redirectUri }),
      redirect_uri: redirectUri
    })
    const forged = { ...signed(), signature: sign('requesttoken', id, 'other') }
    should(await statusOf(post(simulator, '/v2/oauth2', forged))).equal(342)
    should(await statusOf(post(simulator, '/v2/oauth2', signed()))).equal(0)
    should(await statusOf(post(simulator, '/v2/oauth2', signed()))).equal(503)
  })
})
