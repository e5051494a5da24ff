import should from 'should'
import type { Simulator } from '..'
import { getDevice, getMeas, login, refresh, sessionOf } from '../raw-client'
import { ada, ben, open, second, statusOf } from './fixture'

describe('Withings simulator: limits', () => {
  let simulator: Simulator
  afterEach(() => simulator.close())

  it('refuses the request after the 120th in a minute, whoever asks, tokens included', async () => {
    simulator = await open()
    const [one, two] = [await login(simulator, ada), await login(simulator, ben)]
    for (let count = 2; count < 120; count++) {
      const session = count % 2 === 0 ? one : two
      should(await statusOf(getMeas(simulator, session, { startdate: String(count), enddate: '200' }))).equal(
        0
      )
    }
    should(await statusOf(getDevice(simulator, one))).equal(601)
    should(await statusOf(refresh(simulator, one.refreshToken))).equal(601)
    simulator.clock.offset(60 * second)
    should(await statusOf(getDevice(simulator, one))).equal(0)
  })

  it('refuses the same arguments of the same user within 10 seconds, also after a failure', async () => {
    simulator = await open()
    const [one, two] = [await login(simulator, ada), await login(simulator, ben)]
    should(await statusOf(getDevice(simulator, one))).equal(0)
    should(await statusOf(getDevice(simulator, one))).equal(601)
    should(await statusOf(getDevice(simulator, two))).equal(0)
    simulator.clock.offset(9 * second)
    should(await statusOf(getDevice(simulator, one))).equal(601)
    simulator.clock.offset(10 * second)
    simulator.tokens.expireAccess(ada)
    should(await statusOf(getDevice(simulator, one))).equal(401)
    const renewed = sessionOf(await refresh(simulator, one.refreshToken))
    should(await statusOf(getDevice(simulator, renewed))).equal(601)
    simulator.clock.offset(10 * second)
    should(await statusOf(getDevice(simulator, renewed))).equal(0)
  })
})
