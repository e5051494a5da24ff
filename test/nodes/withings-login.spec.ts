import should from 'should'
import { Bench, startServer, stopServer } from '../support/withings-bench'

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

  before(startServer)
  after(stopServer)

  beforeEach(async () => {
    bench = await Bench.open()
    await bench.load()
  })
  afterEach(() => bench.close())

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
    ;(Date.parse(state.expiresAt) - Date.parse(state.linkedAt)).should.equal(365 * 86_400_000)
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

  it('takes client id and secret from the environment', async () => {
    process.env.WITHINGS_TEST_SECRET = bench.simulator.client.secret
    const { status } = await bench.logIn({}, { clientSecret: '${WITHINGS_TEST_SECRET}' })
    delete process.env.WITHINGS_TEST_SECRET
    status.should.equal(200)
  })

  const junk: [string, object][] = [
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
