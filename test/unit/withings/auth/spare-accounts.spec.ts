import { type LinkedAccount, spareAccounts } from '../../../../lib/withings/auth/account-owners'

describe('account nodes with one Withings user', () => {
  const account = (id: string, changes: Partial<LinkedAccount> = {}): LinkedAccount => ({
    ...{ id, account: id, userId: '12', status: 'ready', linkedAt: 1 },
    ...changes
  })
  const spare = (...accounts: LinkedAccount[]) => Object.fromEntries(spareAccounts(accounts))

  it('are none too many while each has another user', () => {
    spare(account('a'), account('b', { userId: '13' })).should.eql({})
  })

  it('are too many but for the one that has been connected for longest', () => {
    spare(
      account('new', { linkedAt: 3 }),
      account('old', { linkedAt: 1 }),
      account('newer', { linkedAt: 4 })
    ).should.eql({ new: 'old', newer: 'old' })
  })

  it('stay where the login works', () => {
    const dead = account('old', { linkedAt: 1, status: 'login-needed' })
    spare(dead, account('new', { linkedAt: 3, status: 'volatile' })).should.eql({ old: 'new' })
  })

  it('are told apart by their ids where they were connected at once', () => {
    spare(account('b'), account('a')).should.eql({ b: 'a' })
    spare(account('a'), account('b')).should.eql({ b: 'a' })
  })

  it('share their login in instances of a subflow, and are no duplicates then', () => {
    spare(account('x-a', { account: 'a' }), account('y-a', { account: 'a' })).should.eql({})
  })
})
