import type { NodeAPI } from 'node-red'
import { systemClock } from '../../../../lib/base/clock'
import type { AccountRegistry } from '../../../../lib/red/accounts/account-registry'
import { keepSubscriptions, openReceiver } from '../../../../lib/red/notifications/receiver-registry'
import type { ApiRequest, CallOptions } from '../../../../lib/withings/api/client'
import { settled } from '../../../support/fake-clock'

const RED = { settings: {} } as NodeAPI
const own = 'https://home.example.org/withings/notify/own'

describe('the receiver of a node that changes its account', () => {
  let asked: string[]
  let list: () => void
  let registry: AccountRegistry

  beforeEach(() => {
    asked = []
    const listed = new Promise<void>(resolve => (list = resolve))
    const client = (account: string) => ({
      client: {
        context: ({ signal }: CallOptions) => ({
          async call({ params: { action } }: ApiRequest) {
            asked.push(`${account}: ${action}`)
            if (action === 'list') await listed
            signal?.throwIfAborted()
            return { profiles: [{ appli: 1, callbackurl: own }] }
          }
        })
      }
    })
    registry = { client } as unknown as AccountRegistry
  })

  const open = (id: string, account: string): void => {
    const { webhook } = openReceiver(RED, registry, id, account)
    webhook.record.url = own
    keepSubscriptions(id, account)
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

describe('the receiver of a node that is being restarted', () => {
  const sleep = systemClock.sleep.bind(systemClock)
  let minuteOver: () => void

  beforeEach(() => {
    const minute = new Promise<void>(resolve => (minuteOver = resolve))
    systemClock.sleep = (ms, signal) => (ms > 30_000 ? minute : sleep(ms, signal))
  })
  afterEach(() => {
    systemClock.sleep = sleep
  })

  it('has catch up what a flood held back until then', async () => {
    const { webhook } = openReceiver(RED, {} as AccountRegistry, 'flooded', 'Ada')
    let told = 0
    webhook.receiver.attach({
      wanted: [1],
      userId: () => '12',
      context: () => {
        throw new Error('nothing is asked')
      },
      send: () => (told += 1),
      unlinked: () => undefined
    })
    for (let day = 1; day <= 121; day += 1)
      void webhook.receiver.receive({ appli: '1', startdate: String(day * 86_400) })
    while (told < 120) await settled()
    webhook.receiver.detach()
    minuteOver()
    await settled()
    told.should.equal(120)
    ;[...webhook.receiver.behind].should.eql([1])
  })
})
