import type { Node, NodeMessage } from 'node-red'
import helper from 'node-red-node-test-helper'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SendReport } from '../../lib/gladys/sender'
import type { ServerNode } from '../../lib/red/gladys/server-node'
import deviceStateNode from '../../nodes/gladys-device-state'
import serverNode from '../../nodes/gladys-server'
import { type GladysStandIn, startGladys } from '../gladys-stand-in'
import { TestBroker } from './broker'
import { Collected } from './events'
import { tab } from './flows'

interface Out extends NodeMessage {
  gladys: SendReport
}
interface Caught extends NodeMessage {
  error: { message: string; code: string; cause: { code: string } }
}

export const LOGIN = { email: 'ada@example.org', password: 'right-password' }

helper.init(require.resolve('node-red'))

/** A gladys-device-state between helpers, with a Gladys and a broker of its own. */
export class DeviceStateFlow {
  broker!: TestBroker
  gladys!: GladysStandIn
  out = new Collected<Out>()
  caught = new Collected<Caught>()
  private userDir = ''

  constructor(private readonly properties: object) {}

  async open(): Promise<void> {
    this.broker = await new TestBroker().start()
    this.gladys = await startGladys({ mqttUrl: this.broker.url, ...LOGIN })
    this.userDir = mkdtempSync(join(tmpdir(), 'device-state-'))
    helper.settings({ userDir: this.userDir })
  }

  async close(): Promise<void> {
    await helper.unload()
    await this.gladys.close()
    await this.broker.stop()
    rmSync(this.userDir, { recursive: true, force: true })
  }

  /** Starts the flow, as often as a test likes. */
  async load(credentials: object, server: object = {}): Promise<void> {
    const { broker, gladys, properties } = this
    const address = { mqttUrl: broker.url, tls: '', httpUrl: gladys.url }
    const flow = [
      tab,
      { id: 'server', type: 'gladys-server', ...address, ...server },
      {
        ...{ id: 'state', type: 'gladys-device-state', z: 'tab', server: 'server', liveMinutes: 15 },
        ...{ wires: [['out']], ...properties }
      },
      { id: 'out', type: 'helper', z: 'tab', wires: [] },
      { id: 'catcher', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', type: 'helper', z: 'tab', wires: [] }
    ]
    const catchNode = require('@node-red/nodes/core/common/25-catch.js') as typeof serverNode
    await helper.load([serverNode, deviceStateNode, catchNode], flow, { server: credentials })
    this.out = new Collected()
    this.caught = new Collected()
    helper.getNode('out').on('input', message => this.out.push(message as Out))
    helper.getNode('caught').on('input', message => this.caught.push(message as unknown as Caught))
  }

  get state(): Node {
    return helper.getNode('state')
  }

  get server(): ServerNode {
    return helper.getNode('server') as unknown as ServerNode
  }

  send(...payload: object[]): void {
    this.state.receive({ payload })
  }

  /** The report of so many messages, the last one. */
  async report(count: number): Promise<SendReport> {
    return (await this.out.count(count, `message ${count}`)).at(-1)!.gladys
  }

  async problem(count: number): Promise<Caught['error']> {
    return (await this.caught.count(count, `error ${count}`)).at(-1)!.error
  }
}

/** Opens one for each test of the suite. */
export function useDeviceStateFlow(properties: object): DeviceStateFlow {
  const flow = new DeviceStateFlow(properties)
  beforeEach(() => flow.open())
  afterEach(() => flow.close())
  return flow
}
