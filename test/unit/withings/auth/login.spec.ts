import should from 'should'
import { parseAddresses, parseLoginForm } from '../../../../lib/withings/auth/login-form'
import { authorizeUrl } from '../../../../lib/withings/auth/oauth'
import { type PendingLogin, PendingLogins } from '../../../../lib/withings/auth/pending-logins'
import { FakeClock } from '../../../support/fake-clock'
import { settings } from '../../../support/token-bench'

const MINUTE = 60_000
const allScopes = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents']
const callbackUrl = 'http://127.0.0.1:1880/withings/callback'
const BAD_INPUT = { code: 'BAD_INPUT' }

describe('pending logins', () => {
  const login: PendingLogin = { account: 'account', settings, redirectUri: callbackUrl, scopes: allScopes }
  let clock: FakeClock
  let logins: PendingLogins

  beforeEach(() => {
    clock = new FakeClock()
    logins = new PendingLogins(clock)
  })

  it('are found once', () => {
    const state = logins.start(login)
    logins.take(state)!.should.match(login)
    should(logins.take(state)).be.undefined()
  })

  it('are found for less than 10 minutes', async () => {
    const [early, late] = [logins.start(login), logins.start(login)]
    await clock.advance(10 * MINUTE - 1)
    should(logins.take(early)).be.ok()
    await clock.advance(1)
    should(logins.take(late)).be.undefined()
  })

  it('have states that nobody can guess', () => {
    const states = Array.from({ length: 100 }, () => logins.start(login))
    new Set(states).size.should.equal(100)
    states.forEach(state => state.should.match(/^[\w-]{32}$/))
  })

  it('are 100 at most: the oldest goes', () => {
    const states = Array.from({ length: 103 }, (_, index) =>
      logins.start({ ...login, account: String(index) })
    )
    states
      .map(state => logins.take(state)?.account)
      .filter(account => account !== undefined)
      .should.eql(Array.from({ length: 100 }, (_, index) => String(index + 3)))
  })

  for (const state of ['unknown', '', undefined, null, 5, ['x'], { toString: () => 'x' }, '__proto__'])
    it(`know no ${JSON.stringify(state)}`, () => {
      logins.start(login)
      should(logins.take(state)).be.undefined()
    })
})

describe('the login form', () => {
  const form = { callbackUrl, region: 'eu', scopes: ['user.info'], demo: false }

  it('becomes a request', () => {
    parseLoginForm(form).should.eql({
      apiUrl: 'https://wbsapi.withings.net',
      accountUrl: 'https://account.withings.com',
      redirectUri: callbackUrl,
      scopes: ['user.info'],
      demo: false
    })
  })

  it('takes what is missing as the defaults', () => {
    parseLoginForm({ callbackUrl: ` ${callbackUrl} ` }).should.match({
      apiUrl: 'https://wbsapi.withings.net',
      redirectUri: callbackUrl,
      scopes: allScopes,
      demo: false
    })
  })

  it('puts the scopes in order, each once', () => {
    parseLoginForm({ ...form, scopes: ['user.metrics', 'user.info', 'user.metrics'] }).scopes.should.eql([
      'user.info',
      'user.metrics'
    ])
  })

  it('takes only true for the demo user', () => {
    parseLoginForm({ ...form, demo: true }).demo.should.be.true()
    for (const demo of ['true', 1, {}]) parseLoginForm({ ...form, demo }).demo.should.be.false()
  })

  it('ignores custom addresses outside of the region "custom"', () => {
    const custom = { apiUrl: 'http://evil.example', accountUrl: 'http://evil.example' }
    parseLoginForm({ ...form, region: 'us', ...custom }).should.match({
      apiUrl: 'https://wbsapi.us.withingsmed.net',
      accountUrl: 'https://account.us.withingsmed.com'
    })
    parseLoginForm({ ...form, region: 'custom', ...custom }).should.match(custom)
  })

  for (const body of [undefined, null, 'text', 5, []])
    it(`is BAD_INPUT as ${JSON.stringify(body)}`, () => {
      ;(() => parseLoginForm(body)).should.throw(BAD_INPUT)
    })

  const addresses: unknown[] = [
    undefined,
    null,
    '',
    5,
    {},
    [callbackUrl],
    'withings/callback',
    '//host/withings/callback',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'ftp://host/',
    'https://user:pass@host/',
    'https://user@host/',
    'http://',
    `https://host/${'x'.repeat(300)}`
  ]
  for (const address of addresses) {
    it(`is BAD_INPUT with ${JSON.stringify(address)?.slice(0, 60)} as callback`, () => {
      ;(() => parseLoginForm({ ...form, callbackUrl: address })).should.throw({
        ...BAD_INPUT,
        message: /callbackUrl/
      })
    })

    it(`is BAD_INPUT with ${JSON.stringify(address)?.slice(0, 60)} as own address`, () => {
      const custom = { region: 'custom', apiUrl: 'http://127.0.0.1', accountUrl: 'http://127.0.0.1' }
      ;(() => parseAddresses({ ...custom, apiUrl: address })).should.throw({
        ...BAD_INPUT,
        message: /apiUrl/
      })
      ;(() => parseAddresses({ ...custom, accountUrl: address })).should.throw({
        ...BAD_INPUT,
        message: /accountUrl/
      })
    })
  }

  for (const scopes of [null, 'user.info', [], ['user.everything'], ['user.info', 5], {}, [['user.info']]])
    it(`is BAD_INPUT with ${JSON.stringify(scopes)} as scopes`, () => {
      ;(() => parseLoginForm({ ...form, scopes })).should.throw({ ...BAD_INPUT, message: /scopes/ })
    })

  for (const region of ['moon', '', 5, '__proto__', 'toString'])
    it(`is BAD_INPUT with ${JSON.stringify(region)} as region`, () => {
      ;(() => parseLoginForm({ ...form, region })).should.throw({ ...BAD_INPUT, message: /region/ })
    })
})

describe('the address of the login', () => {
  const params = (demo: boolean) =>
    Object.fromEntries(
      new URL(authorizeUrl(settings, { redirectUri: callbackUrl, scopes: allScopes, state: 'a b', demo }))
        .searchParams
    )

  it('has what Withings requires, scopes joined by commas, and no secret', () => {
    params(false).should.eql({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: callbackUrl,
      scope: allScopes.join(','),
      state: 'a b'
    })
  })

  it('asks for the demo user', () => {
    params(true).should.have.property('mode', 'demo')
  })
})
