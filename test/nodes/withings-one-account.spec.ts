import type { NodeAPI } from 'node-red'
import helper from 'node-red-node-test-helper'
import should from 'should'
import { runningAccountOf } from '../../lib/red/accounts/account-node'
import { accountRegistry } from '../../lib/red/accounts/account-registry'
import { type Bench, useBench } from '../support/withings-bench'

/** The one that the node has made. */
const registry = () => accountRegistry({} as NodeAPI)

describe('withings-account: a login', () => {
  let bench: Bench
  useBench(opened => (bench = opened))
  beforeEach(() => bench.load())

  const stateOf = async (): Promise<unknown> => (await bench.admin('')).body
  const tokenCalls = () => bench.requestsOf('requesttoken').length

  describe('of a user whom another account node has', () => {
    const second = () => `second-${bench.account}`
    const logInThere = async () => {
      const { body } = await bench.admin('/authorize', bench.loginBody(), second())
      const { authorizeUrl } = body as { authorizeUrl: string }
      return bench.callback(await bench.simulator.consent(authorizeUrl, { userId: bench.ada.userId }))
    }
    const reload = async (...beside: object[]) => {
      await helper.unload()
      bench.beside = beside as typeof bench.beside
      await bench.load(undefined, { name: 'Ada' })
    }

    it('answers 409 with the name of that node, and changes neither', async () => {
      await reload({ id: second(), type: 'withings-account', name: 'Ada again' })
      await bench.logIn()
      const { status, text } = await logInThere()
      status.should.equal(409)
      text.should.match(/otherAccount/)
      bench.toldOf(second()).should.eql([{ ok: false, code: 'otherAccount', owner: 'Ada' }])
      should((await bench.admin('', undefined, second())).body).match({ linked: false })
      should(await stateOf()).match({ linked: true })
      ;(await bench.logIn()).status.should.equal(200)
    })

    it('links the user once that node is unlinked', async () => {
      await reload({ id: second(), type: 'withings-account', name: 'Ada again' })
      await bench.logIn()
      await bench.admin('/unlink', {})
      ;(await logInThere()).status.should.equal(200)
      ;(await bench.logIn()).status.should.equal(409)
    })

    it('links the user once that node is deleted or disabled', async () => {
      const first = bench.account
      await bench.logIn()
      await helper.unload()
      await bench.load(undefined, { id: second() })
      ;(await logInThere()).status.should.equal(200)
      registry().tokens.record(first)!.userId.should.equal(bench.ada.userId)
      // Who asks for this person's login gets that of the node which is there.
      runningAccountOf(bench.ada.userId)!.should.equal(second())
    })

    it('links two that log in at once in one of them only', async () => {
      await reload({ id: second(), type: 'withings-account', name: 'Ada again' })
      const both = await Promise.all([bench.logIn(), logInThere()])
      both
        .map(({ status }) => status)
        .sort((a, b) => a - b)
        .should.eql([200, 409])
    })
  })

  describe('whose keys Withings refuses later', () => {
    const keysOf = (changes: object = {}) => {
      const { id, secret } = bench.simulator.client
      return { clientId: id, clientSecret: secret, ...changes }
    }
    const deploy = async (keys = keysOf()) => {
      await helper.unload()
      await bench.load({ type: 'withings-devices' }, {}, keys)
    }
    /** The next call needs a new access token. */
    const expire = () => {
      const { tokens: tokens } = registry()
      return tokens.reject(bench.account, tokens.record(bench.account)!.accessToken)
    }
    const fail = async () => {
      const errors = bench.caught.items.length + 1
      bench.send()
      await bench.caught.count(errors, 'the error')
      return bench.caught.items.at(-1)!.error!
    }

    for (const [key, change] of [
      ['clientSecret', { clientSecret: 'wrong' }],
      ['clientId', { clientId: 'wrong' }]
    ] as const)
      it(`says so of the ${key}, though Withings does not name it, and goes on with the right one`, async () => {
        await bench.logIn()
        await deploy(keysOf(change))
        await expire()
        const asked = tokenCalls()
        bench.simulator.faults.add({
          kind: 'status',
          status: 503,
          error: 'Invalid Params',
          path: '/v2/oauth2',
          times: 1
        })
        ;(await fail()).should.match({
          code: 'NOT_CONFIGURED',
          message: new RegExp(`advice.${key}|Withings does not`)
        })
        ;(await fail()).code.should.equal('NOT_CONFIGURED')
        tokenCalls().should.equal(asked + 1)
        bench.statuses.items.at(-1)!.should.match(new RegExp(`status.${key}|refused`))
        should(await stateOf()).match({ linked: true, status: 'volatile', error: { code: 'NOT_CONFIGURED' } })
        await deploy(keysOf(change))
        bench.statuses.items.at(-1)!.should.match(new RegExp(`status.${key}|refused`))
        const changes: string[] = []
        const stop = registry().onChange(bench.account, () => changes.push('changed'))
        await deploy()
        stop()
        changes.should.eql(['changed'])
        should(await stateOf())
          .match({ linked: true, status: 'volatile' })
          .and.not.have.property('error')
        bench.send()
        await bench.out.count(1, 'the devices')
        bench.told.items.should.have.length(1)
      })

    it('keeps the login when Withings is asked whether it has ended', async () => {
      await bench.logIn()
      await deploy(keysOf({ clientSecret: 'wrong' }))
      await registry().verifyLogin(bench.account).should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
      should(await stateOf()).match({ linked: true, error: { code: 'NOT_CONFIGURED' } })
      await deploy()
      should(await stateOf())
        .match({ linked: true, status: 'volatile' })
        .and.not.have.property('error')
    })
  })
})
