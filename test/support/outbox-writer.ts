import { systemClock } from '../../lib/base/clock'
import { Outbox } from '../../lib/gladys/outbox/outbox'

/** A process to be killed: fills the outbox in a directory and prints how many states it holds. */
const outbox = new Outbox({
  directory: process.argv[2],
  rate: 100,
  clock: systemClock,
  publish: () => Promise.reject(new Error('there is no broker')),
  decideKind: () => 'historical',
  acknowledged: () => undefined,
  isUnsent: () => true,
  drained: () => undefined,
  onVolatile(reason) {
    throw new Error(reason)
  },
  onLost(count) {
    throw new Error(`${count} lost`)
  }
})
outbox.brokerAway()

for (let value = 1; value <= 50_000; value++) {
  const state = {
    feature: `f${value}`,
    date: value,
    value,
    liveTopic: 'l',
    historicalTopic: 'h',
    liveUntil: 1
  }
  void outbox.add([{ kind: 'state', state }])
  process.stdout.write(`${value}\n`)
}
