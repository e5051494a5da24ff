import should from 'should'
import type { Simulator } from '..'
import { exchange, redirectUri } from '../raw-client'
import { authorizeUrl, ben, demo, open } from './fixture'

describe('Withings simulator: account page', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  beforeEach(async () => {
    simulator = await open()
  })

  it('sends code and state back after Allow, with the scopes that were left ticked', async () => {
    const location = new URL(
      await simulator.consent(authorizeUrl(simulator), { userId: ben, scopes: ['user.metrics'] })
    )
    should(location.origin + location.pathname).equal(redirectUri)
    should(location.searchParams.get('state')).equal('a b&c')
    const { body } = await exchange(simulator, location.searchParams.get('code') ?? '')
    should(body?.userid).equal(ben)
    should(body?.scope).equal('user.metrics')
  })

  it('sends an error and no code after Deny', async () => {
    const { searchParams } = new URL(await simulator.consent(authorizeUrl(simulator), { deny: true }))
    Object.fromEntries(searchParams).should.deepEqual({ error: 'access_denied', state: 'a b&c' })
  })

  it('logs the demo person in without a choice', async () => {
    const page = await (await fetch(authorizeUrl(simulator, { mode: 'demo' }))).text()
    page.should.not.match(/radio/)
    const location = new URL(await simulator.consent(authorizeUrl(simulator, { mode: 'demo' })))
    const { body } = await exchange(simulator, location.searchParams.get('code') ?? '')
    should(body?.userid).equal(demo)
    await simulator
      .consent(authorizeUrl(simulator), { userId: demo })
      .should.be.rejectedWith(/does not offer/)
  })

  const refusals: [string, Record<string, string>, RegExp][] = [
    [
      'another redirect host',
      { redirect_uri: 'http://example.org/withings/callback' },
      /^redirect_uri_mismatch: /
    ],
    ['https instead of http', { redirect_uri: 'https://127.0.0.1/' }, /^redirect_uri_mismatch: /],
    ['an unknown client', { client_id: 'nobody' }, /invalid clientid/],
    ['scopes apart by spaces', { scope: 'user.info user.metrics' }, /Required parameters/],
    ['a scope that does not exist', { scope: 'user.everything' }, /Required parameters/],
    ['an empty state', { state: '' }, /Required parameters/],
    ['another response type', { response_type: 'token' }, /Required parameters/]
  ]
  for (const [name, changes, message] of refusals) {
    it(`refuses ${name}`, async () => {
      const { errors } = (await (await fetch(authorizeUrl(simulator, changes))).json()) as {
        errors: { message: string }[]
      }
      should(errors[0]?.message).match(message)
    })
  }

  it('permits what lies below a registered URL, on its host and port only', async () => {
    await simulator.close()
    const callbackUrls = ['https://home.example.org/red', 'http://127.0.0.1/']
    simulator = await open({ client: { id: 'a', secret: 'b', callbackUrls } })
    const permitted = async (uri: string) => (await fetch(authorizeUrl(simulator, { redirect_uri: uri }))).ok
    const good = ['/red', '/red/', '/red/withings/callback?a=1'].map(
      path => `https://home.example.org${path}`
    )
    const bad = [
      'https://home.example.org/redder',
      'https://home.example.org/',
      'https://home.example.org:444/red'
    ]
    should(await Promise.all([...good, 'http://127.0.0.1:4711/x'].map(permitted))).matchEach(true)
    should(
      await Promise.all([...bad, 'http://localhost/', 'https://home.example.org/red#x'].map(permitted))
    ).matchEach(false)
  })
})
