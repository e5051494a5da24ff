import { inEnglish } from '../../../../lib/base/errors'
import { translateText } from '../../../../lib/base/translate'
import {
  BrokerConnection,
  type BrokerConnectionOptions,
  type Connect,
  connectWithMqttJs
} from '../../../../lib/gladys/mqtt/connection'
import { Outbox } from '../../../../lib/gladys/outbox/outbox'
import { Collected } from '../../../support/events'
import { hurriedClock } from '../../../support/fake-clock'
import { PubackBroker } from '../../../support/puback-broker'
import { Relay } from '../../../support/relay'

/** Gives up a silent broker after 0.15 s, as it does in earnest after 45. */
const impatient: Connect = (url, options) => {
  const timerVariant = {
    set: (run: () => void, ms: number) => setInterval(run, ms / 10) as unknown as number,
    clear: (timer: unknown) => clearInterval(timer as NodeJS.Timeout)
  }
  return connectWithMqttJs(url, { ...options, keepalive: 1, timerVariant })
}

/** What makes MQTT.js give up the connection by itself. */
const causes: { name: string; connect: Connect; say?: Buffer; reason: RegExp }[] = [
  { name: 'a broker that falls silent', connect: impatient, reason: /^Keepalive timeout$/ },
  {
    name: 'a second CONNACK',
    connect: connectWithMqttJs,
    say: Buffer.from([0x20, 2, 0, 0]),
    reason: /duplicate CONNACK/
  },
  {
    name: 'a refusal after the connection stood',
    connect: connectWithMqttJs,
    say: Buffer.from([0x20, 2, 0, 3]),
    reason: /duplicate CONNACK/
  },
  {
    name: 'a malformed packet',
    connect: connectWithMqttJs,
    say: Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    reason: /./
  },
  ...[0x32, 0x34, 0x62].map(kind => ({
    name: `a packet ${kind.toString(16)} that breaks off`,
    connect: connectWithMqttJs,
    say: Buffer.from([kind, 3, 0, 1, 0x61, kind, 0, 0xff, 0xff]),
    reason: /./
  })),
  {
    name: 'several of these at once',
    connect: connectWithMqttJs,
    say: Buffer.concat([Buffer.from([0x20, 2, 0, 0, 0x20, 2, 0, 0]), Buffer.alloc(20, 0xff)]),
    reason: /Invalid header flag bits/
  }
]

describe('a broker that is given up with values on their way', () => {
  let broker: PubackBroker
  let relay: Relay
  let link: BrokerConnection
  let outbox: Outbox
  let events: Collected<string>

  const state = (value: number): Parameters<Outbox['add']>[0][number] => ({
    kind: 'state',
    state: { feature: 'f', date: value, value, liveTopic: 'live', historicalTopic: 'past', liveUntil: 0 }
  })
  const connections = (count: number): Promise<unknown> =>
    events.until(seen => seen.filter(event => event === 'connected').length >= count, 'a connection')

  function begin(options: Pick<BrokerConnectionOptions, 'connect'>): void {
    link = new BrokerConnection({
      url: `mqtt://127.0.0.1:${relay.port}`,
      clientId: 'withings-test',
      clock: hurriedClock,
      onConnected: () => {
        outbox.brokerConnected()
        events.push('connected')
      },
      onAway: reason => {
        outbox.brokerAway()
        events.push(translateText(reason, inEnglish))
      },
      ...options
    })
    outbox = new Outbox({
      directory: undefined,
      rate: 1000,
      clock: hurriedClock,
      publish: publication => link.publish(publication),
      decideKind: () => 'live',
      acknowledged: () => undefined,
      isUnsent: () => true,
      drained: () => undefined,
      onVolatile: () => undefined,
      onLost: () => undefined
    })
    link.start()
  }

  beforeEach(async () => {
    broker = await new PubackBroker().start()
    relay = await Relay.start(Number(new URL(broker.url).port))
    events = new Collected()
  })
  afterEach(async () => {
    await link.close()
    outbox.close()
    await relay.stop()
    await broker.stop()
  })

  for (const { name, connect, say, reason } of causes)
    it(`survives ${name}, comes back and delivers everything once`, async () => {
      begin({ connect })
      await connections(1)
      relay.pull()
      const values = [1, 2, 3, 4, 5]
      const delivered = outbox.add(values.map(state))
      await relay.unheard.count(1, 'the values')
      if (say) relay.say(say)
      await events.until(seen => seen.length >= 2, 'the end of the connection')
      relay.plugIn()
      ;(await delivered).should.match({ queued: values.length })
      await connections(2)
      await broker.published(values.length)
      await outbox.add([state(6)])
      broker.seen.map(({ payload }) => payload).should.eql(['1', '2', '3', '4', '5', '6'])
      events.items[1]!.should.match(reason)
    })

  it('hears of a failure that comes before the first turn is over', async () => {
    let tries = 0
    begin({
      connect: (url, options) => {
        const client = connectWithMqttJs(url, options)
        const noNetwork = Object.assign(new Error('no network'), { code: 'ENETUNREACH' })
        if (++tries === 1) client.stream.destroy(noNetwork)
        return client
      }
    })
    await connections(1)
    events.items.should.eql(['no network', 'connected'])
  })
})
