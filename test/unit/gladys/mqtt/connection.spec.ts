import { once } from 'node:events'
import { Clock } from '../../../../lib/base/clock'
import { CodedError, inEnglish } from '../../../../lib/base/errors'
import { translateText } from '../../../../lib/base/translate'
import {
  BrokerConnection,
  type BrokerConnectionOptions,
  brokerUrl,
  connectWithMqttJs
} from '../../../../lib/gladys/mqtt/connection'
import { hurriedClock } from '../../../support/fake-clock'
import { PubackBroker } from '../../../support/puback-broker'

/** Waits for nothing: notes how long it should have been, and goes on when told. */
class PatientClock extends Clock {
  readonly pauses: number[] = []
  private run: (() => void) | undefined
  time = 0
  now(): number {
    return this.time
  }
  after(milliseconds: number, run: () => void): () => void {
    this.pauses.push(milliseconds)
    this.run = run
    return () => undefined
  }
  ring(): void {
    this.run?.()
  }
}

describe('Gladys broker link', () => {
  let broker: PubackBroker
  let links: BrokerConnection[]
  let events: string[]
  let changed: () => void

  function link(more: Partial<BrokerConnectionOptions> = {}): BrokerConnection {
    const made = new BrokerConnection({
      url: broker.url,
      clientId: 'withings-test',
      connect: connectWithMqttJs,
      clock: hurriedClock,
      onConnected: () => note('connected'),
      onAway: reason => note(`away: ${translateText(reason, inEnglish)}`),
      ...more
    })
    links.push(made)
    return made
  }
  function note(event: string): void {
    events.push(event)
    changed()
  }
  async function seen(count: number): Promise<void> {
    while (events.length < count) await new Promise<void>(resolve => (changed = resolve))
  }

  beforeEach(async () => {
    broker = await new PubackBroker().start()
    links = []
    events = []
    changed = () => undefined
  })
  afterEach(async () => {
    await Promise.all(links.map(one => one.close()))
    await broker.stop()
  })

  it('publishes with QoS 1 under its own id', async () => {
    const one = link()
    one.start()
    one.start()
    await seen(1)
    await one.publish({ topic: 'a/b', payload: '1', retain: false })
    await one.publish({ topic: 'c', payload: '2', retain: true })
    broker.seen.should.eql([
      { topic: 'a/b', payload: '1', retain: false, qos: 1, client: 'withings-test' },
      { topic: 'c', payload: '2', retain: true, qos: 1, client: 'withings-test' }
    ])
    broker.clients.should.equal(1)
  })

  it('publishes nothing while it is not connected', async () => {
    await link().publish({ topic: 'a', payload: '1', retain: false }).should.be.rejected()
  })

  it('says once that the broker is away, tries with growing pauses and comes back', async () => {
    const clock = new PatientClock()
    await broker.stop()
    const one = link({ clock })
    one.start()
    await seen(1)
    events[0]!.should.match(/^away: connect ECONNREFUSED/)
    for (let tries = 2; tries <= 8; tries++) {
      clock.ring()
      while (clock.pauses.length < tries) await new Promise(resolve => setImmediate(resolve))
    }
    clock.pauses.should.eql([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000])
    events.length.should.equal(1)
    await broker.start()
    clock.ring()
    await seen(2)
    events[1]!.should.equal('connected')
  })

  it('starts with a small pause again after a steady connection', async () => {
    const clock = new PatientClock()
    await broker.stop()
    link({ clock }).start()
    await seen(1)
    await broker.start()
    clock.ring()
    await seen(2)
    clock.time += 10_000
    await broker.stop()
    await seen(3)
    clock.pauses.should.eql([1000, 1000])
  })

  it('rejects what was not acknowledged when the connection breaks, and repeats nothing itself', async () => {
    broker.acknowledging = false
    const one = link()
    one.start()
    await seen(1)
    const lost = one.publish({ topic: 'a', payload: '1', retain: false }).should.be.rejected()
    await broker.published(1)
    await broker.stop()
    await lost
    await seen(2)
    broker.acknowledging = true
    await broker.start()
    await seen(3)
    await one.publish({ topic: 'b', payload: '2', retain: false })
    broker.seen.map(({ topic }) => topic).should.eql(['a', 'b'])
  })

  it('gives up a connection that does not acknowledge', async () => {
    broker.acknowledging = false
    const clock = new PatientClock()
    const one = link({ clock })
    one.start()
    await seen(1)
    const lost = one.publish({ topic: 'a', payload: '1', retain: false }).should.be.rejected()
    clock.ring()
    await lost
    events[1]!.should.equal('away: it does not acknowledge')
  })

  it('tells that the login is wrong, without the password', async () => {
    await broker.stop()
    broker = await new PubackBroker({ username: 'gladys', password: 'right' }).start()
    link({ username: 'gladys', password: 'wrong-secret', clock: new PatientClock() }).start()
    await seen(1)
    events[0]!.should.match(/^away: Connection refused: /).and.not.match(/secret/)
  })

  it('logs in', async () => {
    await broker.stop()
    broker = await new PubackBroker({ username: 'gladys', password: 'right' }).start()
    link({ username: 'gladys', password: 'right' }).start()
    await seen(1)
    events.should.eql(['connected'])
  })

  it('closes properly, also while it dials', async () => {
    const one = link()
    one.start()
    await seen(1)
    const gone = once(broker, 'gone')
    await one.close()
    await gone
    const other = link()
    other.start()
    await other.close()
    await link().close()
    events.should.eql(['connected'])
  })

  it('does not wait for a broker that hangs', async () => {
    broker.acknowledging = false
    const one = link()
    one.start()
    await seen(1)
    void one.publish({ topic: 'a', payload: '1', retain: false }).catch(() => undefined)
    await broker.published(1)
    await one.close()
  })

  it('survives a client that cannot even be made', async () => {
    const clock = new PatientClock()
    const connect = (): never => {
      throw new Error('no such module')
    }
    link({ clock, connect }).start()
    await seen(1)
    events.should.eql(['away: no such module'])
  })

  for (const url of ['mqtt://host', 'mqtts://host:8883', 'ws://host:9001/mqtt', ' mqtt://host:1883 '])
    it(`takes ${url}`, () => {
      brokerUrl(url).should.equal(url.trim())
    })

  for (const url of ['', '  ', undefined, 7, 'host:1883', 'http://host', 'mqtt://', 'mqtt:', '${MQTT_URL}'])
    it(`refuses ${String(url)}`, () => {
      const parse = (): unknown => brokerUrl(url)
      parse.should.throw(CodedError, { code: 'NOT_CONFIGURED' })
    })

  for (const url of ['mqtt://host', 'ws://host'])
    it(`refuses ${url} where a TLS configuration is chosen, which MQTT.js would not use`, () => {
      const parse = (): unknown => brokerUrl(url, true)
      parse.should.throw(CodedError, { code: 'NOT_CONFIGURED', message: /mqtts:\/\/ or wss:\/\// })
      brokerUrl(url.replace('://', 's://'), true).should.match(/s:/)
    })

  it('does not repeat a password in the address', () => {
    const parse = (): unknown => brokerUrl('http://me:secret@host')
    parse.should.throw(CodedError, { message: /^(?!.*secret)/ })
  })
})
