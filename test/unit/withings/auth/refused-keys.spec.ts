import should from 'should'
import { refusing, settings, TokenBench } from '../../../support/token-bench'

const LOGIN_NEEDED = { code: 'LOGIN_NEEDED' }

describe('the token tokens, where Withings refuses the keys of the app', () => {
  let desk: TokenBench
  beforeEach(() => {
    desk = new TokenBench()
  })

  for (const [parameter, key] of [
    ['client_secret', 'clientSecret'],
    ['client_id', 'clientId']
  ] as const)
    it(`tells of a refused ${parameter}, asks no more with it, and goes on with the right one`, async () => {
      await desk.linkedLongAgo()
      const wrong = { [key]: 'wrong' }
      const error = { code: 'NOT_CONFIGURED', key }
      desk.answers.push(refusing(parameter))
      await desk.token(wrong).should.be.rejectedWith(error)
      desk.changed.should.eql(['account'])
      desk.boot()
      await desk.token(wrong).should.be.rejectedWith(error)
      desk.asked.should.have.length(1)
      desk.tokens.refusal('account', { ...settings, ...wrong })!.should.match(error)
      desk.tokens.status('account', { ...settings, ...wrong }).should.equal('ready')
      should(desk.tokens.refusal('account', settings)).be.undefined()
      ;(await desk.token()).should.equal('access-2')
      should(desk.disk.load('account')).not.have.properties('refusedFor', 'refusedKey')
      should(desk.tokens.refusal('account', { ...settings, ...wrong })).be.undefined()
    })

  it('tries no older refresh token with a refused secret, which is none of its business', async () => {
    await desk.linkedLongAgo()
    await desk.token()
    await desk.clock.advance(3 * 3600_000)
    desk.answers.push(refusing('client_secret'))
    await desk.token().should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    desk.asked.slice(1).should.eql(['asked with refresh-2'])
    ;(await desk.token({ clientSecret: 'right' })).should.equal('access-3')
  })

  it('needs a login after all when Withings refuses the grant with the right secret', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(refusing('client_secret'), refusing('refresh_token'))
    await desk.token({ clientSecret: 'wrong' }).should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    desk.tokens.status('account', settings).should.equal('login-needed')
    // Another secret may be the one that the grant was made with.
    desk.tokens.status('account', { ...settings, clientSecret: 'new' }).should.equal('ready')
  })

  it('needs a login when Withings refuses the access token after it refused the secret', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(refusing('client_secret'))
    await desk.token().should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    await desk.tokens.refuse('account', 'access-1', settings)
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
  })
})
