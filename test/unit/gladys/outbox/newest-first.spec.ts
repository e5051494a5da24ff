import { reading, Sending } from '../../../support/gladys-sending'

const MANY = 60
/** Minutes ago, oldest first. */
const minutes = (count: number, newest = 100): number[] =>
  Array.from({ length: count }, (_, index) => newest + count - 1 - index)

describe('where many values of one feature wait', () => {
  let gladys: Sending

  beforeEach(() => (gladys = new Sending()))
  afterEach(() => gladys.dispose())

  const dates = (): number[] => gladys.take().map(value => -Number(value.split(' ')[0]))
  const one = (ago: number, more: object = {}): Promise<unknown> => gladys.send(reading(ago, ago, more))

  it('the newest of a message goes first, then all others, oldest first', async () => {
    gladys.outbox.brokerConnected()
    await gladys.send([...minutes(MANY).map(ago => reading(ago, ago)), reading(5, 500, { type: 'height' })])
    dates().should.eql([100, 500, ...minutes(MANY - 1, 101)])
  })

  it('up to fifty go oldest first', async () => {
    gladys.outbox.brokerConnected()
    await gladys.send(minutes(50).map(ago => reading(ago, ago)))
    dates().should.eql(minutes(50))
  })

  it('the newest of what waited for the broker goes first, each once, also over kills', async () => {
    gladys.outbox.brokerAway()
    for (const ago of minutes(700)) await one(ago)
    for (const ago of [5_000, 4_000]) await one(ago, { type: 'height' })
    gladys.start({ rate: 100 })
    gladys.outbox.brokerConnected()
    await gladys.clock.step(0)
    const first = dates()
    first.slice(0, 3).should.eql([100, 799, 798])
    gladys.start()
    gladys.outbox.brokerConnected()
    await gladys.clock.step(0)
    const rest = dates()
    rest[0]!.should.equal(101)
    gladys.outbox.size.should.equal(0)
    const all = [...first, ...rest]
    new Set(all).size.should.equal(702)
    all.length.should.equal(702)
    rest.slice(-2).should.eql([5_000, 4_000])
  })

  it('a fresh one overtakes, and is live', async () => {
    gladys.outbox.brokerAway()
    for (const ago of minutes(100)) await one(ago)
    gladys.start({ rate: 10 })
    gladys.outbox.brokerConnected()
    gladys.take()
    void gladys.send([reading(80, 1)])
    await gladys.clock.step(0)
    // One has its turn already.
    for (let tick = 0; tick < 2; tick++) await gladys.clock.step(100)
    gladys.take()[1]!.should.equal('live 80')
  })

  it('an announcement that waits before it goes first', async () => {
    gladys.outbox.brokerAway()
    for (const ago of minutes(MANY)) await one(ago)
    const second = { deviceId: 'other' }
    for (const ago of minutes(MANY)) await gladys.send(reading(ago, ago, second), 'discovery')
    gladys.outbox.brokerConnected()
    const topics = gladys.sent.map(({ topic }) => topic)
    topics.findIndex(topic => topic.endsWith('config')).should.equal(1)
    topics.findIndex(topic => topic.includes('other:weight')).should.be.above(1)
  })
})
