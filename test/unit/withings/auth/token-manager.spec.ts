import should from 'should'
import { CodedError } from '../../../../lib/base/errors'
import type { TokenPair } from '../../../../lib/withings/auth/oauth'
import { settled } from '../../../support/fake-clock'
import { pairOf, refused, settings, TokenBench, unavailable } from '../../../support/token-bench'

const LOGIN_NEEDED = { code: 'LOGIN_NEEDED' }
const MINUTE = 60_000
const YEAR = 365 * 86_400_000

describe('the token tokens', () => {
  let desk: TokenBench
  beforeEach(() => {
    desk = new TokenBench()
  })

  it('keeps what a login gave, on disk, and tells who listens', async () => {
    const at = desk.clock.now()
    await desk.tokens.link('account', pairOf(1), ['user.info'])
    desk.disk.load('account')!.should.eql({
      userId: '12',
      scopes: ['user.info', 'user.metrics'],
      linkedAt: at,
      accessToken: 'access-1',
      accessUntil: at + 10_800_000,
      lifetime: 10_800_000,
      refreshToken: 'refresh-1',
      refreshUntil: at + YEAR
    })
    desk.changed.should.eql(['account'])
    ;(await desk.token()).should.equal('access-1')
    desk.asked.should.eql([])
  })

  it('takes the scopes that were asked for where the answer names none', async () => {
    await desk.tokens.link('account', pairOf(1, { scopes: undefined }), ['user.info'])
    desk.tokens.record('account')!.scopes.should.eql(['user.info'])
  })

  it('needs a login while nobody is linked, and after unlink', async () => {
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    desk.tokens.status('account').should.equal('login-needed')
    await desk.tokens.link('account', pairOf(1), [])
    await desk.tokens.unlink('account')
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    should(desk.tokens.record('account')).be.undefined()
    desk.changed.should.eql(['account', 'account'])
    desk.asked.should.eql([])
  })

  it('forgets with unlink what could not be saved, and why the last refresh failed', async () => {
    await desk.linkedLongAgo()
    desk.disk.full = true
    await desk.token().should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    await desk.tokens.unlink('account')
    desk.disk.full = false
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    should(desk.tokens.record('account')).be.undefined()
    await desk.linkedLongAgo()
    desk.answers.push(unavailable)
    await desk.token().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    await desk.tokens.unlink('account')
    await desk.tokens.link('account', pairOf(7, { expiresIn: 0 }), [])
    ;(await desk.token()).should.not.equal('access-7')
  })

  it('waits with a rejection for a refresh on its way, whose failure leaves the rejected token', async () => {
    for (const refusal of ['reject', 'refuse'] as const) {
      await desk.tokens.link('account', pairOf(1), [])
      await desk.clock.advance(10_800_000 - 5 * MINUTE)
      let fail: (error: Error) => void = () => undefined
      desk.answers.push(() => new Promise((_, reject) => (fail = reject)))
      const token = desk.token()
      await settled()
      const rejected =
        refusal === 'reject'
          ? desk.tokens.reject('account', 'access-1')
          : desk.tokens.refuse('account', 'access-1', settings)
      fail(new CodedError('WITHINGS_UNAVAILABLE', 'verbatim', { text: 'away' }))
      await Promise.all([token.catch(() => undefined), rejected])
      desk.tokens.record('account')!.accessUntil.should.equal(0)
    }
  })

  it('refreshes 5 minutes before the end', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    await desk.clock.advance(10_800_000 - 5 * MINUTE - 1)
    ;(await desk.token()).should.equal('access-1')
    await desk.clock.advance(1)
    ;(await desk.token()).should.equal('access-2')
    desk.asked.should.eql(['asked with refresh-1'])
  })

  it('refreshes what was saved while the clock was a year ahead, and then no more', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    const record = desk.disk.load('account')!
    await desk.disk.save('account', { ...record, accessUntil: record.accessUntil + YEAR })
    ;(await desk.token()).should.equal('access-2')
    desk.disk.load('account')!.accessUntil.should.equal(desk.clock.now() + 10_800_000)
    ;(await desk.token()).should.equal('access-2')
    desk.asked.should.eql(['asked with refresh-1'])
  })

  it('asks once for six callers', async () => {
    await desk.linkedLongAgo()
    const tokens = await Promise.all(Array.from({ length: 6 }, () => desk.token()))
    tokens.should.eql(Array(6).fill('access-2'))
    desk.asked.should.have.length(1)
  })

  it('has the new pair on disk before anybody gets the token', async () => {
    await desk.linkedLongAgo()
    let unblock: () => void = () => undefined
    desk.disk.slow = new Promise(resolve => (unblock = resolve))
    const early = desk.token().then(token => desk.events.push(`out ${token}`))
    await settled()
    const during = desk.token().then(token => desk.events.push(`out ${token}`))
    await settled()
    desk.events.should.not.matchAny(/^out/)
    unblock()
    await Promise.all([early, during])
    desk.events
      .filter(event => !event.startsWith('saving'))
      .indexOf('saved access-2')
      .should.equal(2)
    desk.events.slice(0, 3).should.eql(['asked with refresh-1', 'given access-2', 'saving access-2'])
    desk.events.filter(event => event === 'out access-2').should.have.length(2)
    desk.disk.load('account')!.refreshToken.should.equal('refresh-2')
  })

  it('keeps the time of the login and the scopes over a refresh', async () => {
    const at = desk.clock.now()
    await desk.linkedLongAgo()
    desk.answers.push(() => pairOf(2, { scopes: undefined }))
    await desk.token()
    desk.tokens.record('account')!.should.match({
      linkedAt: at,
      scopes: ['user.info', 'user.metrics'],
      refreshUntil: desk.clock.now() + YEAR,
      previousRefreshToken: 'refresh-1'
    })
  })

  it('asks a refused grant once, also in a new process, until the next login', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(refused)
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    desk.boot()
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    desk.asked.should.have.length(1)
    desk.tokens.status('account').should.equal('login-needed')
    desk.changed.should.eql(['account'])
    await desk.tokens.link('account', pairOf(7), [])
    ;(await desk.token()).should.equal('access-7')
    desk.tokens.status('account').should.equal('ready')
  })

  it('asks a refused grant once for six callers', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(refused)
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => desk.token()))
    all.should.matchEach({ status: 'rejected', reason: LOGIN_NEEDED })
    desk.asked.should.have.length(1)
  })

  it('asks a refused grant again with another client secret', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(refused)
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    ;(await desk.token({ clientSecret: 'new secret' })).should.equal('access-2')
    desk.tokens.status('account').should.equal('ready')
    desk.asked.should.have.length(2)
  })

  it('asks again after an outage, for the grant may be good', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(unavailable)
    await desk.token().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
    desk.tokens.status('account').should.equal('ready')
    await desk.clock.advance(11_000)
    ;(await desk.token()).should.equal('access-2')
  })

  it('gives the failure of an outage to all who ask within 10 s', async () => {
    await desk.linkedLongAgo()
    desk.answers.push(unavailable)
    for (let caller = 0; caller < 6; caller += 1) {
      await desk.token().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
      await desk.clock.advance(1_500)
    }
    desk.asked.should.have.length(1)
    await desk.tokens.link('account', pairOf(7), [])
    ;(await desk.token()).should.equal('access-7')
    // The failure belonged to the login before.
    await desk.tokens.reject('account', 'access-7')
    ;(await desk.token()).should.equal('access-2')
  })

  it('uses the old token while it is valid and a refresh fails by what may pass, and tries again', async () => {
    for (const code of ['WITHINGS_UNAVAILABLE', 'RATE_LIMITED'] as const) {
      desk = new TokenBench()
      await desk.tokens.link('account', pairOf(1), [])
      await desk.clock.advance(10_800_000 - 5 * MINUTE)
      const fails = () => {
        throw new CodedError(code, 'verbatim', { text: 'away' })
      }
      desk.answers.push(fails, fails)
      ;(await desk.token()).should.equal('access-1')
      ;(await desk.token()).should.equal('access-1')
      desk.asked.should.have.length(1)
      await desk.clock.advance(MINUTE)
      ;(await desk.token()).should.equal('access-1')
      await desk.clock.advance(MINUTE)
      ;(await desk.token()).should.equal('access-2')
      desk.asked.should.have.length(3)
    }
  })

  it('does not use a rejected token because a refresh fails', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    await desk.tokens.reject('account', 'access-1')
    desk.answers.push(unavailable)
    await desk.token().should.be.rejectedWith({ code: 'WITHINGS_UNAVAILABLE' })
  })

  it('refreshes a token that lives shortly in the second half of its life, not each time', async () => {
    desk.answers.push(() => pairOf(2, { expiresIn: 240 }))
    await desk.linkedLongAgo()
    ;(await desk.token()).should.equal('access-2')
    await desk.clock.advance(2 * MINUTE - 1)
    ;(await desk.token()).should.equal('access-2')
    desk.boot()
    ;(await desk.token()).should.equal('access-2')
    await desk.clock.advance(1)
    ;(await desk.token()).should.equal('access-3')
    desk.asked.should.have.length(2)
  })

  it('keeps a refusal of the access token, tells who listens, and lets another secret try', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    desk.changed.length = 0
    await desk.tokens.refuse('account', 'access-0', settings)
    desk.tokens.status('account').should.equal('ready')
    await desk.tokens.refuse('account', 'access-1', settings)
    desk.changed.should.eql(['account'])
    desk.boot()
    desk.tokens.status('account').should.equal('login-needed')
    await desk.token().should.be.rejectedWith(LOGIN_NEEDED)
    desk.asked.should.eql([])
    ;(await desk.token({ clientSecret: 'new secret' })).should.equal('access-2')
    desk.tokens.status('account').should.equal('ready')
  })

  it('tells who listens of a refusal also when it cannot be saved', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    desk.changed.length = 0
    desk.disk.full = true
    await desk.tokens.refuse('account', 'access-1', settings).should.be.rejected()
    desk.changed.should.eql(['account'])
    desk.tokens.status('account').should.equal('login-needed')
  })

  it('falls back on the refresh token before, which lives until the new access token is used', async () => {
    await desk.linkedLongAgo()
    await desk.token()
    await desk.clock.advance(3 * 3600_000)
    desk.answers.push(refused, () => pairOf(3))
    ;(await desk.token()).should.equal('access-3')
    desk.asked.slice(1).should.eql(['asked with refresh-2', 'asked with refresh-1'])
  })

  it('keeps the one that worked as the one before', async () => {
    await desk.linkedLongAgo()
    await desk.token()
    await desk.clock.advance(3 * 3600_000)
    desk.answers.push(refused)
    await desk.token()
    desk.asked.should.eql(['asked with refresh-1', 'asked with refresh-2', 'asked with refresh-1'])
    desk.disk.load('account')!.previousRefreshToken!.should.equal('refresh-1')
  })

  it('forgets the refresh token before as soon as the new access token was used', async () => {
    await desk.linkedLongAgo()
    await desk.tokens.used('account', await desk.token())
    desk.disk.load('account')!.should.not.have.property('previousRefreshToken')
    const saves = desk.events.length
    await desk.tokens.used('account', 'access-2')
    await desk.tokens.used('account', 'access-1')
    desk.events.should.have.length(saves)
  })

  it('gives another token after one was rejected, once for all who were rejected', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    await desk.tokens.reject('account', 'access-1')
    ;(await desk.token()).should.equal('access-2')
    await desk.tokens.reject('account', 'access-1')
    ;(await desk.token()).should.equal('access-2')
    desk.asked.should.have.length(1)
  })

  for (const late of ['reject', 'used'] as const)
    it(`loses no new pair to "${late}" of the old token that comes while it is saved`, async () => {
      await desk.linkedLongAgo()
      await desk.token()
      await desk.clock.advance(3 * 3600_000)
      let unblock: () => void = () => undefined
      desk.disk.slow = new Promise(resolve => (unblock = resolve))
      const token = desk.token()
      await settled()
      const change = desk.tokens[late]('account', 'access-2')
      await settled()
      unblock()
      await Promise.all([token, change])
      desk.disk.load('account')!.refreshToken.should.equal('refresh-3')
      ;(await desk.token()).should.equal('access-3')
    })

  it('loses no new pair to a write about the old token that takes longer', async () => {
    await desk.linkedLongAgo()
    await desk.token()
    await desk.clock.advance(3 * 3600_000)
    let give: (pair: TokenPair) => void = () => undefined
    desk.answers.push(() => new Promise(resolve => (give = resolve)))
    const token = desk.token()
    await settled()
    let unblock: () => void = () => undefined
    desk.disk.slow = new Promise(resolve => (unblock = resolve))
    const change = desk.tokens.used('account', 'access-2')
    await settled()
    desk.disk.slow = undefined
    give(pairOf(3))
    await token
    unblock()
    await change
    desk.disk.load('account')!.refreshToken.should.equal('refresh-3')
  })

  it('hands out no token that could not be saved, and saves it at the next call', async () => {
    await desk.linkedLongAgo()
    desk.disk.full = true
    await desk.token().should.be.rejectedWith({ code: 'NOT_CONFIGURED', message: /ENOSPC/ })
    await desk.token().should.be.rejectedWith({ code: 'NOT_CONFIGURED' })
    desk.disk.load('account')!.refreshToken.should.equal('refresh-1')
    desk.disk.full = false
    ;(await desk.token()).should.equal('access-2')
    desk.disk.load('account')!.refreshToken.should.equal('refresh-2')
    desk.asked.should.have.length(1)
  })

  it('goes on after a crash before the save: the old refresh token still lives', async () => {
    await desk.linkedLongAgo()
    desk.disk.full = true
    await desk.token().should.be.rejected()
    desk.boot()
    desk.disk.full = false
    ;(await desk.token()).should.equal('access-3')
    desk.asked.should.eql(['asked with refresh-1', 'asked with refresh-1'])
  })

  it('does not let a refresh on its way undo an unlink or a new login', async () => {
    for (const fresh of [false, true]) {
      desk = new TokenBench()
      await desk.linkedLongAgo()
      let give: (pair: TokenPair) => void = () => undefined
      desk.answers.push(() => new Promise(resolve => (give = resolve)))
      const token = desk.token()
      await settled()
      const change = fresh ? desk.tokens.link('account', pairOf(9), []) : desk.tokens.unlink('account')
      give(pairOf(2))
      await Promise.all([token, change])
      should(desk.tokens.record('account')?.refreshToken).equal(fresh ? 'refresh-9' : undefined)
      should(desk.disk.load('account')?.refreshToken).equal(fresh ? 'refresh-9' : undefined)
    }
  })

  it('says that a login needs to be renewed a year after the last refresh', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    await desk.clock.advance(YEAR - 1)
    desk.tokens.status('account').should.equal('ready')
    await desk.clock.advance(1)
    desk.tokens.status('account').should.equal('login-needed')
  })

  it('says "volatile" where nothing can be saved', async () => {
    desk.disk.durable = false
    await desk.tokens.link('account', pairOf(1), [])
    desk.tokens.status('account').should.equal('volatile')
  })

  it('keeps accounts apart', async () => {
    await desk.tokens.link('account', pairOf(1), [])
    await desk.tokens.link('other', pairOf(5, { userId: '13' }), [])
    await desk.tokens.reject('other', 'access-1')
    ;(await desk.token()).should.equal('access-1')
    await desk.tokens.unlink('account')
    desk.tokens.record('other')!.userId.should.equal('13')
  })
})
