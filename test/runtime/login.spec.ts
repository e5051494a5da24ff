import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountState } from '../../nodes/withings-account.types'
import { type Simulator, startSimulator } from '../simulator'
import { TestBroker } from '../support/broker'
import { measuresFlow } from '../support/flows'
import { logIn, loginBody } from '../support/log-in'
import { NodeRed, type NodeRedOptions, READER } from '../support/node-red'

const variants: [string, NodeRedOptions][] = [
  ['without adminAuth', {}],
  ['with adminAuth', { adminAuth: true }],
  ['with adminAuth below an httpAdminRoot', { adminAuth: true, httpAdminRoot: '/admin' }]
]

describe('login in a real Node-RED', function () {
  this.timeout(120_000)
  let simulator: Simulator
  let nodeRed: NodeRed
  let ada: string
  let ben: string

  beforeEach(async () => {
    simulator = await startSimulator({ years: 1 })
    const userIdOf = (name: string) => simulator.people.find(person => person.name === name)?.userId as string
    ada = userIdOf('Ada')
    ben = userIdOf('Ben')
  })

  afterEach(async () => {
    await nodeRed.dispose()
    await simulator.close()
  })

  const state = async () => (await (await nodeRed.admin('withings/accounts/account')).json()) as AccountState

  for (const [variant, options] of variants) {
    describe(variant, () => {
      beforeEach(async () => {
        nodeRed = await (await NodeRed.prepare(options)).start()
      })

      it('links an account before the first deploy and keeps it over SIGKILL and deploys', async () => {
        ;(await state()).should.containEql({ linked: false, userId: null, status: 'login-needed' })
        const page = await logIn(nodeRed, simulator, 'account', { userId: ada })
        page.status.should.equal(200)
        page.headers.get('cache-control')?.should.equal('no-store')
        page.headers.get('referrer-policy')?.should.equal('no-referrer')
        const linked = await state()
        linked.should.containEql({ linked: true, userId: ada, status: 'ready' })
        linked.scopes.length.should.equal(4)

        await nodeRed.kill('SIGKILL')
        await nodeRed.start()
        ;(await state()).should.deepEqual(linked)

        const broker = await new TestBroker().start()
        const flow = measuresFlow(broker, simulator, {
          account: 'account',
          mode: 'new',
          schedule: 0,
          output: 'batch'
        })
        const credentials = {
          account: { clientId: simulator.client.id, clientSecret: simulator.client.secret }
        }
        await nodeRed.deploy(flow, credentials)
        await nodeRed.deploy([], {}, 'reload')
        await broker.observed(2)
        simulator.clock.offset(4 * 3_600_000)
        simulator.tokens.expireAccess(ada)
        await nodeRed.inject('inject')
        await broker.published.count(1, 'readings after a refresh', 40_000)
        ;(await state()).should.containEql({ linked: true, status: 'ready' })
        await broker.stop()
      })
    })
  }

  describe('guards', () => {
    beforeEach(async () => {
      nodeRed = await (await NodeRed.prepare({ adminAuth: true })).start()
    })

    it('answers nobody without a token, and lets readers only read', async () => {
      const paths: [string, string][] = [
        ['POST', 'withings/accounts/account/authorize'],
        ['POST', 'withings/accounts/account/unlink'],
        ['GET', 'withings/accounts/account'],
        ['GET', 'withings/accounts/account/devices'],
        ['GET', 'withings/accounts/account/diagnostics']
      ]
      for (const [method, path] of paths) {
        const answer = await fetch(nodeRed.root + path, { method })
        answer.status.should.equal(401, `${method} ${path}`)
      }
      const reader = await nodeRed.tokenOf(READER)
      ;(await nodeRed.admin('withings/accounts/account', {}, reader)).status.should.equal(200)
      const start = { method: 'POST', body: JSON.stringify(loginBody(simulator, nodeRed)) }
      ;(await nodeRed.admin('withings/accounts/account/authorize', start, reader)).status.should.equal(401)
      ;(
        await nodeRed.admin('withings/accounts/account/unlink', { method: 'POST' }, reader)
      ).status.should.equal(401)
    })

    it('takes a state once, and refuses another Withings user until Unlink', async () => {
      const body = JSON.stringify(loginBody(simulator, nodeRed))
      const started = await nodeRed.admin('withings/accounts/account/authorize', { method: 'POST', body })
      const { authorizeUrl } = (await started.json()) as { authorizeUrl: string }
      const callback = await simulator.consent(authorizeUrl, { userId: ada })
      ;(await fetch(callback, { method: 'HEAD' })).status.should.equal(200)
      ;(await fetch(callback)).status.should.equal(200)
      ;(await fetch(callback)).status.should.equal(400)
      ;(await fetch(`${nodeRed.root}withings/callback?code=1&state=<script>`)).status.should.equal(400)

      ;(await logIn(nodeRed, simulator, 'account', { userId: ben })).status.should.equal(409)
      ;(await state()).userId?.should.equal(ada)
      ;(await nodeRed.admin('withings/accounts/account/unlink', { method: 'POST' })).status.should.equal(200)
      ;(await state()).linked.should.be.false()
      ;(await logIn(nodeRed, simulator, 'account', { userId: ben })).status.should.equal(200)
      ;(await state()).userId?.should.equal(ben)
    })

    it('asks for no token when the user says no, and says so when Withings refuses', async () => {
      const denied = await logIn(nodeRed, simulator, 'account', { userId: ada, deny: true })
      denied.status.should.equal(200)
      simulator.requests.filter(({ path }) => path === '/v2/oauth2').should.be.empty()
      const body = { ...loginBody(simulator, nodeRed), clientSecret: 'f'.repeat(64) }
      ;(await logIn(nodeRed, simulator, 'account', { userId: ada }, body)).status.should.equal(502)
      const reason = { kind: 'status', status: 503, path: '/v2/oauth2', error: 'Invalid Params' } as const
      simulator.faults.add(reason)
      const refused = await logIn(nodeRed, simulator, 'account', { userId: ada })
      refused.status.should.equal(502)
      ;(await refused.text()).should.match(/<p>Withings refused the login: status 503\. Check client id/)
      ;(await state()).linked.should.be.false()
    })

    it('answers junk with 400 and BAD_INPUT', async () => {
      const junk = [
        { callbackUrl: 'javascript:alert(1)' },
        { apiUrl: 'file:///etc/passwd' },
        { scopes: 'user.info' },
        { scopes: ['user.everything'] },
        { region: 'moon' }
      ]
      for (const change of junk) {
        const body = JSON.stringify({ ...loginBody(simulator, nodeRed), ...change })
        const answer = await nodeRed.admin('withings/accounts/account/authorize', { method: 'POST', body })
        answer.status.should.equal(400, JSON.stringify(change))
        const { error } = (await answer.json()) as { error: { code: string; message: string } }
        error.code.should.equal('BAD_INPUT')
        error.message.length.should.be.above(10)
      }
    })
  })

  it('leaves neither the secret nor a token readable anywhere', async () => {
    nodeRed = await (await NodeRed.prepare({ adminAuth: true })).start()
    await logIn(nodeRed, simulator, 'account', { userId: ada })
    const broker = await new TestBroker().start()
    const credentials = { account: { clientId: simulator.client.id, clientSecret: simulator.client.secret } }
    await nodeRed.deploy(
      measuresFlow(broker, simulator, { account: 'account', schedule: 0, output: 'batch' }),
      credentials
    )
    await broker.observed()
    await nodeRed.inject('inject')
    await broker.published.count(1, 'the readings')
    simulator.tokens.expireAccess(ada)
    await nodeRed.inject('inject', { mode: 'period' })
    await broker.published.until(items => items.length >= 3, 'the readings after a refresh', 40_000)

    const answers = await Promise.all(
      [
        'flows',
        'credentials/withings-account/account',
        'withings/accounts/account',
        'withings/accounts/account/devices',
        'settings'
      ].map(async path => (await nodeRed.admin(path)).text())
    )
    await nodeRed.kill('SIGTERM')
    const places = [...filesBelow(nodeRed.userDir), ...answers, nodeRed.log.items.join('\n')]
    const issued = simulator.tokens.issued(ada)
    issued.length.should.be.above(1)
    const secrets = [
      simulator.client.secret,
      ...issued.flatMap(pair => [pair.accessToken, pair.refreshToken])
    ]
    for (const secret of secrets) places.filter(text => text.includes(secret)).should.be.empty()
    places.some(text => text.includes(simulator.client.id)).should.be.true()
    await broker.stop()
  })
})

/** Contents of all files, the installed packages aside. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    if (name === 'node_modules') return []
    return statSync(path).isDirectory() ? filesBelow(path) : [readFileSync(path, 'utf8')]
  })
}
