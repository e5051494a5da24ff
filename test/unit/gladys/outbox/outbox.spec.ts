import { Clock } from '../../../../lib/base/clock'
import { CodedError } from '../../../../lib/base/errors'
import type { Publication } from '../../../../lib/gladys/model/states'
import type { Delivery } from '../../../../lib/gladys/outbox/deliveries'
import { Outbox } from '../../../../lib/gladys/outbox/outbox'
import type { Outgoing } from '../../../../lib/gladys/outbox/persistent-queue'

/** A clock that stands still until told. */
class HandClock extends Clock {
  time = 1_000_000
  /** How wrong the hands are; timers do not look at them. */
  skew = 0
  private timers: { at: number; run: () => void }[] = []
  now(): number {
    return this.time + this.skew
  }
  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.time + milliseconds, run }
    this.timers.push(timer)
    return () => (this.timers = this.timers.filter(one => one !== timer))
  }
  get pending(): number {
    return this.timers.length
  }
  advance(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.timers = this.timers.filter(one => one !== next)
      this.time = next.at
      next.run()
    }
    this.time = end
  }
}

/** A broker that acknowledges when told. */
class HandBroker {
  readonly sent: string[] = []
  private open: { resolve: () => void; reject: (error: Error) => void }[] = []
  publish = ({ payload }: Publication): Promise<void> => {
    this.sent.push(payload)
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }))
  }
  get unacknowledged(): number {
    return this.open.length
  }
  async acknowledge(count = this.open.length): Promise<void> {
    this.open.splice(0, count).forEach(({ resolve }) => resolve())
    await settled()
  }
  breakDown(): void {
    this.open.splice(0).forEach(({ reject }) => reject(new Error('gone')))
  }
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const states = (from: number, to: number): Outgoing[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    kind: 'state',
    state: {
      ...{ feature: `f${from + index}`, date: 1, value: from + index },
      ...{ liveTopic: 'l', historicalTopic: 'h', liveUntil: 1 }
    }
  }))
const numbers = (from: number, to: number): string[] =>
  states(from, to).map((_, index) => String(from + index))
const config: Outgoing = { kind: 'config', publication: { topic: 'c', payload: 'config', retain: true } }

describe('Gladys outbox', () => {
  let clock: HandClock
  let broker: HandBroker
  let outbox: Outbox
  let acknowledged: number[]
  let before: (string | undefined)[]
  let drained: number

  const make = (rate = 10_000, capacity = 10_000): Outbox =>
    new Outbox({
      rate,
      capacity,
      clock,
      publish: broker.publish,
      decideKind: (_state, earlier) => {
        before.push(earlier)
        return 'live'
      },
      acknowledged: ({ value }) => acknowledged.push(Number(value)),
      drained: () => (drained += 1),
      directory: undefined,
      isUnsent: () => true,
      onVolatile: () => undefined,
      onLost: () => undefined
    })

  beforeEach(() => {
    clock = new HandClock()
    broker = new HandBroker()
    acknowledged = []
    before = []
    drained = 0
    outbox = make()
  })

  it('sends in order and tells when all is acknowledged', async () => {
    outbox.brokerConnected()
    let delivery: Delivery | undefined
    void outbox.add([config, ...states(1, 3)]).then(result => (delivery = result))
    await broker.acknowledge(3)
    ;(delivery === undefined).should.be.true()
    drained.should.equal(0)
    await broker.acknowledge()
    broker.sent.should.eql(['config', '1', '2', '3'])
    delivery!.should.eql({ live: 3, historical: 0, queued: 0 })
    acknowledged.should.eql([1, 2, 3])
    drained.should.equal(1)
    outbox.size.should.equal(0)
  })

  it('has nothing to do for nothing', async () => {
    ;(await outbox.add([])).should.eql({ live: 0, historical: 0, queued: 0 })
  })

  it('keeps at most 20 on their way', async () => {
    outbox.brokerConnected()
    void outbox.add(states(1, 50))
    broker.sent.length.should.equal(20)
    await broker.acknowledge(5)
    broker.sent.should.eql(numbers(1, 25))
    broker.unacknowledged.should.equal(20)
  })

  it('keeps the pace', async () => {
    outbox = make(100)
    outbox.brokerConnected()
    void outbox.add(states(1, 400))
    broker.sent.length.should.equal(10)
    const perSecond: number[] = []
    for (let second = 0; second < 3; second++) {
      const sofar = broker.sent.length
      for (let tick = 0; tick < 100; tick++) {
        clock.advance(10)
        await broker.acknowledge()
      }
      perSecond.push(broker.sent.length - sofar)
    }
    perSecond.forEach(count => count.should.be.within(99, 100))
    broker.sent.should.eql(numbers(1, broker.sent.length))
  })

  it('does not save up for a flood while it is idle', async () => {
    outbox = make(100)
    outbox.brokerConnected()
    clock.advance(3_600_000)
    void outbox.add(states(1, 100))
    await broker.acknowledge()
    broker.sent.length.should.equal(10)
  })

  it('goes on when the clock is set back', async () => {
    outbox = make(1)
    outbox.brokerConnected()
    void outbox.add(states(1, 2))
    clock.skew = -3_600_000
    await broker.acknowledge()
    clock.advance(1001)
    broker.sent.should.eql(['1', '2'])
  })

  it('waits with its answer while it is not known whether the broker is there', async () => {
    let delivery: Delivery | undefined
    void outbox.add(states(1, 2)).then(result => (delivery = result))
    await settled()
    ;(delivery === undefined).should.be.true()
    outbox.brokerAway()
    await settled()
    delivery!.should.eql({ live: 0, historical: 0, queued: 2 })
  })

  it('queues at once while the broker is away, and sends in order when it is back', async () => {
    outbox.brokerAway()
    ;(await outbox.add([config, ...states(1, 2)])).should.eql({ live: 0, historical: 0, queued: 2 })
    ;(await outbox.add(states(3, 3))).should.eql({ live: 0, historical: 0, queued: 1 })
    broker.sent.should.eql([])
    outbox.size.should.equal(4)
    outbox.brokerConnected()
    await broker.acknowledge()
    broker.sent.should.eql(['config', '1', '2', '3'])
    acknowledged.should.eql([1, 2, 3])
  })

  it('repeats what was not acknowledged before an outage, in order and nothing else', async () => {
    outbox.brokerConnected()
    const delivery = outbox.add(states(1, 30))
    await broker.acknowledge(3)
    broker.breakDown()
    outbox.brokerAway()
    ;(await delivery).should.eql({ live: 3, historical: 0, queued: 27 })
    broker.sent.splice(0)
    outbox.brokerConnected()
    broker.sent.should.eql([])
    clock.advance(10_000)
    await broker.acknowledge()
    await broker.acknowledge()
    broker.sent.should.eql(numbers(4, 30))
    acknowledged.should.eql(states(1, 30).map((_, index) => index + 1))
    before.filter(earlier => earlier === 'live').length.should.equal(20)
  })

  it('takes no answer of an earlier connection for a later one', async () => {
    outbox.brokerConnected()
    void outbox.add(states(1, 1))
    outbox.brokerAway()
    outbox.brokerConnected()
    clock.advance(10_000)
    broker.unacknowledged.should.equal(2)
    await broker.acknowledge(1)
    acknowledged.should.eql([])
    await broker.acknowledge(1)
    acknowledged.should.eql([1])
  })

  it('refuses the message that does not fit, and all of it', async () => {
    outbox = make(100, 10)
    outbox.brokerAway()
    await outbox.add(states(1, 8))
    const add = (): unknown => outbox.add(states(9, 11))
    add.should.throw(CodedError, { code: 'OUTBOX_FULL' })
    outbox.size.should.equal(8)
    await outbox.add(states(9, 10))
    outbox.size.should.equal(10)
  })

  it('tells what is lost when it is closed, and takes nothing more', async () => {
    outbox.brokerConnected()
    const delivery = outbox.add([config, ...states(1, 30)])
    outbox.close().should.equal(30)
    await delivery.should.be.rejectedWith({ code: 'BROKER_UNREACHABLE' })
    const add = (): unknown => outbox.add(states(1, 1))
    add.should.throw(CodedError, { code: 'BROKER_UNREACHABLE' })
    clock.pending.should.equal(0)
  })
})
