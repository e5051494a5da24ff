import { type BrokerSetup, TestBroker } from './broker'
import { Mosquitto, mosquittoVersion } from './mosquitto'

export type GladysBroker = TestBroker | Mosquitto

export interface BrokerKind {
  name: string
  make(setup?: BrokerSetup): GladysBroker
}

/** The brokers that tests of Gladys's way run on: the one that npm brings, and Mosquitto where it is installed. */
export function brokerKinds(): BrokerKind[] {
  const aedes: BrokerKind = { name: 'aedes', make: setup => new TestBroker(setup) }
  const version = mosquittoVersion()
  if (version === undefined) {
    process.stdout.write('Mosquitto is not installed: the broker tests run on aedes only\n')
    return [aedes]
  }
  return [aedes, { name: `Mosquitto ${version}`, make: setup => new Mosquitto(setup) }]
}
