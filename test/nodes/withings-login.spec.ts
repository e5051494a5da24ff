import type { NodeAPI } from 'node-red'
import helper from 'node-red-node-test-helper'
import should from 'should'
import { CodedError } from '../../lib/base/errors'
import { accountRegistry } from '../../lib/red/accounts/account-registry'
import catalogue from '../../locales/en-US/withings-account.json'
import { type Bench, useBench } from '../support/withings-bench'

const sentences = (catalogue as { withings: { callback: Record<string, string | undefined> } }).withings
  .callback
/** The one that the node has made. */
const registry = () => accountRegistry({} as NodeAPI)
const allScopes = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents']
const unlinked = {
  linked: false,
  userId: null,
  scopes: [],
  linkedAt: null,
  expiresAt: null,
  status: 'login-needed'
}

describe('withings-account: the login', () => {
  let bench: Bench
  useBench(opened => (bench = opened))
  beforeEach(() => bench.load())

  const stateOf = async (): Promise<unknown> => (await bench.admin('')).body
  const tokenCalls = () => bench.requestsOf('requesttoken').length

  it('links the user who allows it, and tells the editor', async () => {
    should(await stateOf()).eql(unlinked)
    const before = Date.now()
    const { status, text, headers } = await bench.logIn()
    status.should.equal(200)
    text.should.match(/linked/)
    should(headers).match({
      'content-type': /^text\/html/,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-security-policy': /default-src 'none'/
    })
    const state = (await stateOf()) as { linkedAt: string; expiresAt: string }
    should(state).match({
      linked: true,
      userId: bench.ada.userId,
      scopes: allScopes,
      status: 'volatile'
    })
    Date.parse(state.linkedAt).should.be.within(before - 1000, Date.now())
    const lasts = Date.parse(state.expiresAt) - Date.parse(state.linkedAt)
    lasts.should.be.approximately(365 * 86_400_000, 1_000)
    bench.told.items.map(({ data }) => data).should.eql([{ ok: true }])
  })

  it('never shows a token or the secret', async () => {
    const login = await bench.logIn()
    const state = await bench.admin('')
    const [pair] = bench.simulator.tokens.issued(bench.ada.userId)
    const shown = [login.text, state.text, JSON.stringify([login.headers, bench.told.items])].join()
    for (const secret of [pair!.accessToken, pair!.refreshToken, bench.simulator.client.secret]) {
      shown.includes(secret).should.be.false()
    }
  })

  it('keeps the scopes that the user allowed', async () => {
    await bench.logIn({ scopes: ['user.info'] })
    should(await stateOf()).match({ scopes: ['user.info'] })
  })

  it('asks for the scopes and the demo user of the dialog', async () => {
    const url = new URL(await bench.authorize({ scopes: ['user.metrics'], demo: true }))
    Object.fromEntries(url.searchParams).should.match({ scope: 'user.metrics', mode: 'demo' })
    url.origin.should.equal(bench.simulator.url)
    ;(await bench.callback(await bench.simulator.consent(url.href))).status.should.equal(200)
    const demo = bench.simulator.people.find(({ name }) => name === 'Demo')!
    should(await stateOf()).match({ userId: demo.userId, scopes: ['user.metrics'] })
  })

  for (const [name, secret] of [
    ['the stored secret for the stars of the editor', '__PWRD__'],
    ['the stored secret for none', undefined]
  ])
    it(`takes ${name}`, async () => {
      const { status } = await bench.logIn({}, { clientSecret: secret, clientId: undefined })
      status.should.equal(200)
    })

  describe('with values in the environment', () => {
    const names = ['callbackUrl', 'apiUrl', 'accountUrl', 'clientId', 'clientSecret']
    const variables = Object.fromEntries(names.map(name => [name, ` \${WITHINGS_TEST_${name}} `]))

    beforeEach(() => {
      const body = bench.loginBody()
      names.forEach(name => (process.env[`WITHINGS_TEST_${name}`] = String(body[name])))
    })
    afterEach(() => names.forEach(name => delete process.env[`WITHINGS_TEST_${name}`]))

    it('takes keys and addresses whose variables the deployed node uses', async () => {
      await helper.unload()
      const { clientId, clientSecret, ...addresses } = variables
      await bench.load(undefined, addresses, { clientId: clientId!, clientSecret: clientSecret! })
      ;(await bench.logIn({}, variables)).status.should.equal(200)
    })

    for (const name of names)
      it(`answers 400 to a variable as ${name} that the deployed node does not use`, async () => {
        const variable = { [name]: variables[name] }
        const { status, body, text } = await bench.admin('/authorize', bench.loginBody(variable))
        status.should.equal(400)
        should(body).match({ error: { code: 'BAD_INPUT', message: /WITHINGS_TEST_\w+.*Deploy/ } })
        text.should.not.containEql(process.env[`WITHINGS_TEST_${name}`])
      })
  })

  it('uses the same keys after the deploy as at the login, without the blanks around them', async () => {
    const { id, secret } = bench.simulator.client
    await helper.unload()
    await bench.load(undefined, {}, { clientId: ` ${id}\n`, clientSecret: `\t${secret} ` })
    registry().settingsOf(bench.account)!.should.match({ clientId: id, clientSecret: secret })
  })

  it('links the account that the instances of a subflow share', async () => {
    await helper.unload()
    const shared = `shared-by-${bench.account}`
    await bench.load(undefined, { _alias: shared })
    ;(await bench.logIn()).status.should.equal(200)
    for (const id of [bench.account, shared])
      (await bench.admin('', undefined, id)).body!.should.match({ linked: true, userId: bench.ada.userId })
    await bench.admin('/unlink', {})
    ;(await bench.admin('', undefined, shared)).body!.should.eql(unlinked)
  })

  it('forgets what failed before the login, and before unlink', async () => {
    await helper.unload()
    await bench.load({ type: 'withings-measures' })
    const fail = async () => {
      const errors = bench.caught.items.length + 1
      bench.send()
      await bench.caught.count(errors, 'the error')
    }
    await fail()
    should(await stateOf()).match({ error: { code: 'LOGIN_NEEDED' } })
    await bench.logIn()
    should(await stateOf()).not.have.property('error')
    bench.simulator.faults.add({ kind: 'status', status: 9999, action: 'getmeas' })
    await fail()
    should(await stateOf()).match({ error: { code: 'WITHINGS_REFUSED' } })
    await bench.admin('/unlink', {})
    should(await stateOf()).eql(unlinked)
  })

  const junk: [string, object][] = [
    ['a client id that is an object', { clientId: { id: 1 } }],
    ['a client secret that is a number', { clientSecret: 5 }],
    ['a client secret that is false', { clientSecret: false }],
    ['an address that is an object', { callbackUrl: {} }],
    ['an address in the environment that is not set', { callbackUrl: '${WITHINGS_TEST_UNSET}' }],
    ['a javascript: callback', { callbackUrl: 'javascript:alert(1)' }],
    ['a file: address', { region: 'custom', apiUrl: 'file:///etc/passwd' }],
    ['scopes that are no list', { scopes: 'user.info' }],
    ['an unknown scope', { scopes: ['user.everything'] }],
    ['an unknown region', { region: 'moon' }],
    ['an environment variable that is not set', { clientSecret: '${WITHINGS_TEST_UNSET}' }]
  ]
  for (const [name, changes] of junk)
    it(`answers 400 to ${name}`, async () => {
      const { status, body } = await bench.admin('/authorize', bench.loginBody(changes))
      status.should.equal(400)
      should(body).match({ error: { code: 'BAD_INPUT', message: /\w+/ } })
    })

  it('answers 400 to an id that is none', async () => {
    for (const id of ['constructor', '__proto__', 'a%2Fb', 'x'.repeat(65)]) {
      const { status, body } = await bench.admin('', undefined, id)
      status.should.equal(400)
      should(body).match({ error: { code: 'BAD_INPUT' } })
    }
  })

  it('takes the long ids of nodes in nested subflows', async () => {
    const id = Array.from({ length: 8 }, (_, index) => `${index}23456789abcdef0`).join('-')
    ;(await bench.admin('', undefined, id)).status.should.equal(200)
  })

  const strange = ['?code=abc&state=unknown', '?code=abc', '', '?code=abc&state=a&state=b', '?state[x]=1']
  for (const query of strange)
    it(`answers 400 to the callback ${query || 'without anything'}`, async () => {
      const { status, text } = await bench.callback(`http://127.0.0.1/withings/callback${query}`)
      status.should.equal(400)
      text.should.match(/stateUnknown/)
      tokenCalls().should.equal(0)
    })

  it('answers 400 to a state that was used, and stays linked', async () => {
    const location = await bench.simulator.consent(await bench.authorize(), { userId: bench.ada.userId })
    ;(await bench.callback(location)).status.should.equal(200)
    ;(await bench.callback(location)).status.should.equal(400)
    tokenCalls().should.equal(1)
    should(await stateOf()).match({ linked: true })
  })

  it('answers 200 and asks for no token when the user said no', async () => {
    const { status, text } = await bench.logIn({ deny: true })
    status.should.equal(200)
    text.should.match(/denied/)
    tokenCalls().should.equal(0)
    should(await stateOf()).eql(unlinked)
    bench.told.items.map(({ data }) => data).should.eql([{ ok: false, code: 'denied' }])
  })

  it('answers 502 when Withings refuses the secret', async () => {
    const { status, text } = await bench.logIn({}, { clientSecret: 'wrong' })
    status.should.equal(502)
    text.should.match(/wrongSecret/)
    tokenCalls().should.equal(1)
    should(await stateOf()).eql(unlinked)
    bench.told.items.map(({ data }) => data).should.eql([{ ok: false, code: 'wrongSecret' }])
  })

  it('answers 502 when Withings cannot be reached, and to an error it does not know', async () => {
    bench.simulator.faults.add({ kind: 'html', path: '/v2/oauth2' })
    ;(await bench.logIn()).status.should.equal(502)
    const { searchParams } = new URL(await bench.authorize())
    const back = `http://127.0.0.1/withings/callback?error=server_error&state=${searchParams.get('state')}`
    ;(await bench.callback(back)).status.should.equal(502)
    should(await stateOf()).eql(unlinked)
  })

  const refusal = (error: string) => () =>
    void bench.simulator.faults.add({ kind: 'status', status: 503, error, path: '/v2/oauth2' })
  /** What Withings finds wrong, how it comes to that, the page, and what it tells the person to do. */
  const refusals: [string, () => void, string, RegExp][] = [
    [
      'the callback URL',
      refusal('Invalid Params: invalid redirect_uri'),
      'wrongCallback',
      /Copy .* into the app/
    ],
    ['the client id', refusal('Invalid Params: invalid client_id'), 'wrongClient', /Copy it again/],
    ['the secret', refusal('Invalid Params: invalid client_secret'), 'wrongSecret', /Copy it again/],
    ['something else', refusal('Invalid Params'), 'refused', /Check client id/],
    [
      'the code, which is too old',
      () => bench.simulator.clock.offset(31_000),
      'codeOld',
      /good for 30 seconds.*press Connect \(or Reconnect\) again/
    ],
    [
      'nothing, but is away',
      () => void bench.simulator.faults.add({ kind: 'html', path: '/v2/oauth2' }),
      'unavailable',
      /Wait a moment/
    ],
    [
      'too many requests',
      () => void bench.simulator.faults.add({ kind: 'http', code: 429, path: '/v2/oauth2' }),
      'unavailable',
      /Wait a moment/
    ],
    [
      'too many requests, and asked for a long pause',
      () => registry().rateLimitGroup(bench.simulator.client.id).queue.pause(61_000),
      'unavailable',
      /Wait a moment/
    ]
  ]
  for (const [name, happens, outcome, advice] of refusals)
    it(`says what to do when Withings refuses ${name}`, async () => {
      const location = await bench.simulator.consent(await bench.authorize(), { userId: bench.ada.userId })
      happens()
      const { status, text } = await bench.callback(location)
      status.should.equal(502)
      text.should.match(new RegExp(`<p>${outcome}</p>`))
      sentences[outcome]!.should.match(advice).and.match(/press Connect \(or Reconnect\) again/)
      bench.told.items.map(({ data }) => data).should.eql([{ ok: false, code: outcome }])
      should(await stateOf()).eql(unlinked)
    })

  it('answers 500 when Withings allows it but the login cannot be saved, and does not blame Withings', async () => {
    const { tokens: tokens } = registry()
    tokens.link = () => Promise.reject(new CodedError('NOT_CONFIGURED', 'notSaved', { reason: 'ENOSPC' }))
    const { status, text } = await bench.logIn()
    Reflect.deleteProperty(tokens, 'link')
    status.should.equal(500)
    text.should.match(/<p>notSaved<\/p>/)
    bench.told.items.map(({ data }) => data).should.eql([{ ok: false, code: 'notSaved' }])
  })

  it('says what to do when the user said no, and when it is another user', () => {
    sentences.denied!.should.match(/Press Connect again and allow it/)
    sentences.otherUser!.should.match(/Press Unlink .* or log in as the same user/)
  })

  it('answers 409 to another user, who may come after unlink', async () => {
    const ben = bench.simulator.people.find(({ name }) => name === 'Ben')!.userId
    await bench.logIn()
    const refused = await bench.logIn({ userId: ben })
    refused.status.should.equal(409)
    refused.text.should.match(/otherUser/)
    should(await stateOf()).match({ userId: bench.ada.userId })
    const { status, body } = await bench.admin('/unlink', {})
    status.should.equal(200)
    should(body).eql(unlinked)
    ;(await bench.logIn({ userId: ben })).status.should.equal(200)
    should(await stateOf()).match({ userId: ben })
  })

  it('takes the same user again', async () => {
    await bench.logIn()
    ;(await bench.logIn()).status.should.equal(200)
    should(await stateOf()).match({ linked: true })
  })

  it('unlinks without a word to Withings: a revoke would end all subscriptions', async () => {
    await bench.logIn()
    const before = bench.simulator.requests.length
    await bench.admin('/unlink', {})
    await bench.admin('/unlink', {})
    bench.simulator.requests.length.should.equal(before)
  })

  it('lists the devices of the linked user', async () => {
    const { status, body } = await bench.admin('/devices')
    status.should.equal(409)
    should(body).match({ error: { code: 'LOGIN_NEEDED' } })
    await bench.logIn()
    const devices = (await bench.admin('/devices')).body as { model: string; userId: string }[]
    devices.map(({ model }) => model).should.containEql('Body Scan')
    devices.forEach(({ userId }) => userId.should.equal(bench.ada.userId))
  })

  it('names the scope that is missing for the devices', async () => {
    await bench.logIn({ scopes: ['user.metrics'] })
    const { status, body } = await bench.admin('/devices')
    status.should.equal(409)
    should(body).match({ error: { code: 'SCOPE_MISSING', message: /user\.info/ } })
  })
})
