import should from 'should'
import { CodedError } from '../../../../lib/base/errors'
import type { JsonObject } from '../../../../lib/base/json'
import type { ApiRequest } from '../../../../lib/withings/api/client'
import {
  type MonitorState,
  SubscriptionMonitor
} from '../../../../lib/withings/notifications/subscription-monitor'
import {
  checkSubscriptions,
  parseSubscriptions,
  planSubscriptions,
  revoke
} from '../../../../lib/withings/notifications/subscriptions'
import { FakeClock } from '../../../support/fake-clock'

const own = 'https://home.example.org/withings/notify/own'
const former = 'https://old.example.org/withings/notify/own'
const foreign = 'https://elsewhere.example.org/hook'
const MINUTE = 60_000
const DAY = 86_400_000

const refused = (status: number): CodedError => new CodedError('WITHINGS_REFUSED', null, { status })
const away = new CodedError('WITHINGS_UNAVAILABLE', 'noAnswer')

/** Keeps subscriptions as `<category> <address>`, and fails as it is told. */
class Cloud {
  readonly asked: string[] = []
  readonly kept: (boolean | undefined)[] = []
  failures = new Map<string, CodedError>()

  constructor(readonly subscribed: Set<string>) {}

  readonly call = ({ path, params, keep }: ApiRequest): Promise<JsonObject> => {
    path.should.equal('/notify')
    const { action = '', appli = '', callbackurl = '' } = params
    const key = `${appli} ${callbackurl}`
    this.kept.push(keep)
    this.asked.push(action === 'list' ? 'list' : `${action} ${key}`)
    const failure = this.failures.get(action === 'list' ? 'list' : `${action} ${appli}`)
    if (failure) return Promise.reject(failure)
    if (action === 'subscribe') this.subscribed.add(key)
    if (action === 'revoke') this.subscribed.delete(key)
    const profiles = [...this.subscribed].map(each => {
      const [category, callbackUrl] = each.split(' ')
      return { appli: Number(category), callbackurl: callbackUrl, expires: 2_147_483_647 }
    })
    return Promise.resolve(action === 'list' ? { profiles } : {})
  }

  /** What was asked since the last time. */
  news(): string[] {
    return this.asked.splice(0)
  }
}

describe('the plan of subscriptions', () => {
  it('subscribes what is missing and leaves alone what is not ours', () => {
    const listed = [
      { category: 1, callbackUrl: own },
      { category: 50, callbackUrl: foreign }
    ]
    planSubscriptions(listed, { url: own, former: [], wanted: [1, 50] }).should.eql({
      present: [1],
      missing: [50],
      surplus: []
    })
  })

  it('revokes ours that are not wanted any more, here and at former addresses', () => {
    const listed = [
      { category: 1, callbackUrl: own },
      { category: 2, callbackUrl: own },
      { category: 1, callbackUrl: former },
      { category: 2, callbackUrl: foreign }
    ]
    const task = { url: own, former: [former], wanted: [1] }
    planSubscriptions(listed, task).surplus.should.eql([listed[1], listed[2]])
  })

  it('reads what Withings lists, and nothing of what it does not', () => {
    parseSubscriptions({ profiles: [{ appli: '1', callbackurl: own }, { appli: 2 }, null, 7] }).should.eql([
      { category: 1, callbackUrl: own }
    ])
    parseSubscriptions({}).should.eql([])
  })
})

describe('revoking', () => {
  for (const status of [286, 294, 343])
    it(`is done when Withings says ${status}: there is nothing`, async () => {
      const cloud = new Cloud(new Set())
      cloud.failures.set('revoke 1', refused(status))
      await revoke(cloud, { category: 1, callbackUrl: own })
      cloud.news().should.have.length(1)
    })

  it('fails otherwise', async () => {
    const cloud = new Cloud(new Set())
    cloud.failures.set('revoke 1', refused(503))
    await revoke(cloud, { category: 1, callbackUrl: own }).should.be.rejectedWith({
      code: 'WITHINGS_REFUSED'
    })
  })
})

describe('a check of the subscriptions', () => {
  let clock: FakeClock
  let cloud: Cloud
  let lost: number[][]
  beforeEach(() => {
    clock = new FakeClock()
    cloud = new Cloud(new Set([`1 ${foreign}`]))
    lost = []
  })

  async function check(wanted: number[], known: number[] = [], formerUrls: string[] = []) {
    const task = { url: own, former: formerUrls, wanted, known }
    const onLost = (categories: number[]) => void lost.push(categories)
    const checking = checkSubscriptions(cloud, task, { clock, onLost })
    await clock.advance(MINUTE)
    return checking
  }

  it('subscribes one after the other, with a pause', async () => {
    const before = clock.now()
    const task = { url: own, former: [], wanted: [1, 50, 51], known: [] }
    const checking = checkSubscriptions(cloud, task, { clock, onLost: () => undefined })
    await clock.advance(400)
    cloud.news().should.eql(['list', `subscribe 1 ${own}`])
    await clock.advance(MINUTE)
    cloud.news().should.eql([`subscribe 50 ${own}`, `subscribe 51 ${own}`])
    ;(await checking).should.eql({ present: [1, 50, 51], former: [], failures: [] })
    clock.now().should.be.above(before)
    cloud.subscribed.has(`1 ${foreign}`).should.be.true()
  })

  it('never takes an answer of a moment ago', async () => {
    await check([1])
    cloud.kept.should.eql([false, false])
  })

  it('goes on after one that is refused', async () => {
    cloud.failures.set('subscribe 50', refused(503))
    const { present, failures } = await check([1, 50, 51])
    present.should.eql([1, 51])
    failures.map(({ details }) => details.status).should.eql([503])
  })

  for (const failure of [refused(293), away, new CodedError('NOT_CONFIGURED', 'clientSecret')])
    it(`does not try the others after ${failure.code} ${failure.details.status ?? ''}`, async () => {
      cloud.failures.set('subscribe 1', failure)
      const { present, failures } = await check([1, 50, 51])
      present.should.eql([])
      failures.should.eql([failure])
      cloud.news().should.eql(['list', `subscribe 1 ${own}`])
    })

  it('tells what was lost before it renews it', async () => {
    cloud.subscribed.add(`50 ${own}`)
    const { present } = await check([1, 50, 51], [50, 51])
    lost.should.eql([[51]])
    present.should.eql([1, 50, 51])
  })

  it('keeps in mind where revoking failed', async () => {
    cloud.subscribed.add(`1 ${former}`)
    cloud.failures.set('revoke 1', away)
    ;(await check([1], [], [former])).former.should.eql([former])
    cloud.failures.clear()
    ;(await check([1], [1], [former])).former.should.eql([])
    cloud.subscribed.has(`1 ${former}`).should.be.false()
  })
})

describe('the watch over the subscriptions', () => {
  let clock: FakeClock
  let cloud: Cloud
  let states: MonitorState[]
  let behind: number[][]
  let open: Set<number>
  let remembering: Promise<void>
  let known: { former: string[]; known: number[] }
  let login: CodedError | undefined
  let watch: SubscriptionMonitor

  beforeEach(() => {
    clock = new FakeClock()
    cloud = new Cloud(new Set())
    states = []
    behind = []
    open = new Set()
    remembering = Promise.resolve()
    known = { former: [], known: [] }
    login = undefined
  })
  afterEach(() => watch.stop())

  async function start(wanted: number[], missed = false): Promise<void> {
    watch = new SubscriptionMonitor({
      url: own,
      wanted,
      missed,
      behind: open,
      context: () => {
        if (login) throw login
        return cloud
      },
      known: () => known,
      remember: now => {
        known = now as typeof known
        return remembering
      },
      show: state => states.push(state),
      checked: categories => {
        behind.push([...categories])
        return Promise.resolve()
      },
      clock
    })
    void watch.run()
    await clock.advance(5_000)
  }
  const kinds = (): string[] => states.splice(0).map(({ kind }) => kind)

  it('subscribes at the start, and looks again after a day', async () => {
    await start([1, 50])
    kinds().should.eql(['checking', 'subscribed'])
    cloud.news().should.have.length(3)
    await clock.advance(DAY - 10_000)
    cloud.news().should.eql([])
    await clock.advance(20_000)
    cloud.news().should.eql(['list'])
    known.known.should.eql([1, 50])
    behind.should.eql([[], []])
  })

  it('says at the daily check that a subscription was lost, renews it, and has those behind catch up', async () => {
    await start([1, 50, 51])
    kinds()
    cloud.subscribed.delete(`50 ${own}`)
    await clock.advance(DAY)
    states.should.eql([
      { kind: 'checking' },
      { kind: 'lost', count: 1 },
      { kind: 'subscribed', count: 3, renewed: true }
    ])
    behind.should.eql([[], [50]])
    await clock.advance(DAY)
    states.at(-1)!.should.eql({ kind: 'subscribed', count: 3, renewed: false })
  })

  it('goes on saying so while it cannot renew it, also after a restart', async () => {
    await start([1])
    cloud.subscribed.clear()
    cloud.failures.set('subscribe 1', refused(293))
    await clock.advance(DAY)
    states.at(-1)!.should.match({ kind: 'lost', count: 1, error: { details: { status: 293 } } })
    watch.stop()
    states = []
    await start([1])
    states.at(-1)!.kind.should.equal('lost')
    cloud.failures.clear()
    await clock.advance(MINUTE)
    states.at(-1)!.should.eql({ kind: 'subscribed', count: 1, renewed: true })
    behind.at(-1)!.should.eql([1])
  })

  it('tries again what failed in part, with growing pauses', async () => {
    cloud.failures.set('subscribe 50', refused(503))
    await start([1, 50])
    states.at(-1)!.should.match({ kind: 'partly', count: 1, wanted: 2 })
    cloud.news()
    const at: number[] = []
    const began = clock.now() - 5_000
    for (let second = 0; second < 4 * 3_600; second += 5) {
      await clock.advance(5_000)
      if (cloud.news().includes(`subscribe 50 ${own}`)) at.push(Math.round((clock.now() - began) / 5_000) * 5)
    }
    at.should.have.length(5)
    const pauses = at.map((time, index) => time - (at[index - 1] ?? 0))
    pauses.should.eql([...pauses].sort((a, b) => a - b))
    pauses[0]!.should.be.within(15, 20)
    cloud.failures.clear()
    await clock.advance(DAY)
    states.at(-1)!.should.match({ kind: 'subscribed', count: 2 })
  })

  it('has everybody catch up after an outage, but not one who never subscribed', async () => {
    cloud.failures.set('list', away)
    await start([1, 50])
    states.at(-1)!.should.match({ kind: 'failed', error: { code: 'WITHINGS_UNAVAILABLE' } })
    cloud.failures.clear()
    await clock.advance(MINUTE)
    behind.should.eql([[]])
    cloud.failures.set('list', away)
    await clock.advance(DAY)
    cloud.failures.clear()
    await clock.advance(MINUTE)
    behind.should.eql([[], [1, 50]])
  })

  it('has them catch up when Node-RED was off', async () => {
    known.known = [1, 50]
    await start([1, 50, 51], true)
    behind.should.eql([[1, 50]])
  })

  it('leaves it to the next watch to have them catch up when it is stopped before', async () => {
    await start([1, 50])
    watch.stop()
    behind.length = 0
    cloud.failures.set('list', away)
    await start([1, 50], true)
    watch.stop()
    cloud.failures.clear()
    await start([1, 50])
    behind.should.eql([[1, 50]])
  })

  it('leaves that to the next watch also when it is stopped while it writes down what it found', async () => {
    await start([1, 50])
    watch.stop()
    cloud.subscribed.delete(`50 ${own}`)
    let written: () => void = () => undefined
    remembering = new Promise(resolve => (written = resolve))
    await start([1, 50])
    watch.stop()
    written()
    await start([1, 50])
    behind.should.eql([[], [50]])
  })

  it('waits for a login, and checks at once after it', async () => {
    login = new CodedError('LOGIN_NEEDED', 'verbatim', { text: 'login' })
    await start([1])
    states.at(-1)!.should.match({ kind: 'failed', error: { code: 'LOGIN_NEEDED' } })
    cloud.news().should.eql([])
    login = undefined
    watch.wake()
    await clock.advance(1_000)
    kinds().at(-1)!.should.equal('subscribed')
  })

  it('ends with the node, in the middle of its work', async () => {
    await start([1])
    cloud.news()
    watch.stop()
    await clock.advance(2 * DAY)
    cloud.news().should.eql([])
    clock.asleep.should.equal(0)
    should(kinds().at(-1)).equal('subscribed')
  })
})
