import type { Simulator } from '../simulator'
import { OBSERVER, type TestBroker } from './broker'
import type { FlowNode } from './node-red'

type Properties = Record<string, unknown>

/** Where the outside finds the Node-RED of a test, behind a reverse proxy that the simulator plays. */
export const PUBLIC_URL = 'https://home.example.org'

export const tab: FlowNode = { id: 'tab', type: 'tab', label: 'Test' }

export function accountNode(simulator: Simulator, properties: Properties = {}): FlowNode {
  return {
    id: 'account',
    type: 'withings-account',
    name: 'Ada',
    region: 'custom',
    apiUrl: simulator.url,
    accountUrl: simulator.url,
    callbackUrl: '',
    scopes: ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'],
    demo: false,
    ...properties
  }
}

/** Core's MQTT nodes carry to the test what passes in the flow; each topic in order. */
export function observer(broker: TestBroker, id: string, topic: string): FlowNode[] {
  return [
    {
      id: 'observers',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: broker.portNumber,
      clientid: OBSERVER,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
      autoConnect: true
    },
    {
      id: `${id}-wrap`,
      type: 'function',
      z: 'tab',
      func: `return { topic: '${topic}', payload: JSON.stringify(msg${topic.endsWith('readings') ? '.payload' : ''}) }`,
      outputs: 1,
      wires: [[`${id}-out`]]
    },
    {
      id: `${id}-out`,
      type: 'mqtt out',
      z: 'tab',
      topic: '',
      qos: '1',
      retain: 'false',
      broker: 'observers',
      wires: []
    }
  ]
}

/** withings-notification → test/told, with Catch → test/errors; its address leads to this Node-RED. */
export function notificationFlow(
  broker: TestBroker,
  simulator: Simulator,
  properties: Properties
): FlowNode[] {
  const node = { type: 'withings-notification', z: 'tab', account: 'account', publicUrl: PUBLIC_URL }
  return [
    tab,
    accountNode(simulator),
    { id: 'notification', ...node, wires: [['told-wrap']], ...properties },
    { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors-wrap']] },
    ...observer(broker, 'told', 'test/told'),
    ...observer(broker, 'errors', 'test/errors').slice(1)
  ]
}

/** inject → withings-measures → test/readings, with Complete → test/complete and Catch → test/errors. */
export function measuresFlow(broker: TestBroker, simulator: Simulator, properties: Properties): FlowNode[] {
  return dataFlow(broker, simulator, { id: 'measures', type: 'withings-measures', ...properties })
}

/** The same for any node that reads data: inject → it → test/readings. */
export function dataFlow(
  broker: TestBroker,
  simulator: Simulator,
  tested: Properties & Pick<FlowNode, 'id' | 'type'>
): FlowNode[] {
  return [
    tab,
    accountNode(simulator),
    {
      id: 'inject',
      type: 'inject',
      z: 'tab',
      props: [{ p: 'payload' }],
      repeat: '',
      once: false,
      wires: [[tested.id]]
    },
    { z: 'tab', wires: [['readings-wrap']], ...tested },
    { id: 'complete', type: 'complete', z: 'tab', scope: [tested.id], wires: [['complete-wrap']] },
    { id: 'catch', type: 'catch', z: 'tab', scope: null, wires: [['errors-wrap']] },
    ...observer(broker, 'readings', 'test/readings'),
    ...observer(broker, 'complete', 'test/complete').slice(1),
    ...observer(broker, 'errors', 'test/errors').slice(1)
  ]
}
