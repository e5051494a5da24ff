import type { NodeAPI } from 'node-red'
import type { AccountHub } from '../../lib/red/account-hub'
import { openHost, stay } from '../../lib/red/notify-hosts'
import type { ApiRequest, CallOptions } from '../../lib/withings/client'
import { settled } from '../support/fake-clock'

const own = 'https://home.example.org/withings/notify/own'

describe('the host of a node that changes its account', () => {
  const RED = { settings: {} } as NodeAPI
  let asked: string[]
  let list: () => void
  let hub: AccountHub

  beforeEach(() => {
    asked = []
    const listed = new Promise<void>(resolve => (list = resolve))
    const client = (account: string) => ({
      client: {
        async call({ params: { action } }: ApiRequest, { signal }: CallOptions) {
          asked.push(`${account}: ${action}`)
          if (action === 'list') await listed
          signal?.throwIfAborted()
          return { profiles: [{ appli: 1, callbackurl: own }] }
        }
      }
    })
    hub = { client } as unknown as AccountHub
  })

  const open = (id: string, account: string): void => {
    const { host } = openHost(RED, hub, id, account)
    host.record.url = own
    stay(id, account)
  }

  it('revokes what it subscribed with the former one, also when it is deployed again', async () => {
    for (const account of ['Ada', 'Ben', 'Ben']) open('changed', account)
    list()
    await settled()
    asked.should.eql(['Ada: list', 'Ada: revoke'])
  })

  it('revokes nothing of an account that it goes back to meanwhile', async () => {
    for (const account of ['Ada', 'Ben', 'Ada']) open('back', account)
    list()
    await settled()
    asked.should.eql(['Ada: list', 'Ben: list', 'Ben: revoke'])
  })
})
