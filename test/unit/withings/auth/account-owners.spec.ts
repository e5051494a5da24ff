import should from 'should'
import { AccountOwners } from '../../../../lib/withings/auth/account-owners'
import { pairOf, TokenBench } from '../../../support/token-bench'

describe('the account node that has a Withings user', () => {
  let desk: TokenBench
  let owners: AccountOwners
  /** The nodes that run. */
  let running: Set<string>

  const add = (id: string, account = id): void => {
    running.add(id)
    owners.add({ id, account, name: ` ${account} of Ada ` })
  }

  beforeEach(async () => {
    desk = new TokenBench()
    owners = new AccountOwners(desk.tokens)
    running = new Set()
    add('first')
    add('second')
    await desk.tokens.link('first', pairOf(1), [])
  })

  it('is another one than the one that logs in', () => {
    owners.otherOwner('second', '12')!.should.equal('first of Ada')
    should(owners.otherOwner('first', '12')).be.undefined()
    should(owners.otherOwner('second', '13')).be.undefined()
  })

  it('is known while a deploy restarts it, and no more when it is gone then', () => {
    running.delete('first')
    owners.otherOwner('second', '12')!.should.equal('first of Ada')
    owners.forgetGone(id => running.has(id))
    should(owners.otherOwner('second', '12')).be.undefined()
    add('first')
    owners.otherOwner('second', '12')!.should.equal('first of Ada')
  })

  it('is known by what its login is stored as', () => {
    owners.has('first').should.be.true()
    running.delete('first')
    owners.forgetGone(id => running.has(id))
    owners.has('first').should.be.false()
  })

  it('does not have it after unlink', async () => {
    await desk.tokens.unlink('first')
    should(owners.otherOwner('second', '12')).be.undefined()
  })

  it('may be connected again where two had the user before', async () => {
    await desk.tokens.link('second', pairOf(2), [])
    should(owners.otherOwner('second', '12')).be.undefined()
    should(owners.otherOwner('first', '12')).be.undefined()
  })

  it('is one node in all instances of a subflow', () => {
    add('x-shared', 'shared')
    add('y-shared', 'shared')
    owners.otherOwner('shared', '12')!.should.equal('first of Ada')
  })

  it('has it from the moment on that its login is being saved', async () => {
    await desk.tokens.unlink('first')
    let saved: () => void = () => undefined
    const saving = owners.whileLinking('first', '12', () => new Promise<void>(resolve => (saved = resolve)))
    owners.otherOwner('second', '12')!.should.equal('first of Ada')
    saved()
    await saving
    // It failed, say: then nobody has it.
    should(owners.otherOwner('second', '12')).be.undefined()
  })
})
