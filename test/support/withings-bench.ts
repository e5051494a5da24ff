import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red'
import helper from 'node-red-node-test-helper'
import { type EventEmitter, once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../lib/base/clock'
import {
  type ConsentOptions,
  type Person,
  type Simulator,
  type SimulatorOptions,
  startSimulator
} from '../simulator'
import { Collected } from './events'
import { accountNode as accountOf, tab } from './flows'
import type { FlowNode } from './node-red'
import accountNode = require('../../nodes/withings-account')
import activityNode = require('../../nodes/withings-activity')
import devicesNode = require('../../nodes/withings-devices')
import heartNode = require('../../nodes/withings-heart')
import measuresNode = require('../../nodes/withings-measures')
import sleepNode = require('../../nodes/withings-sleep')
import notificationNode = require('../../nodes/withings-notification')

export interface Message extends NodeMessageInFlow {
  mine?: unknown
  error?: { message: string; code: string; cause: { code: string }; source: { id: string } }
}

interface Tested {
  type:
    | 'withings-measures'
    | 'withings-activity'
    | 'withings-devices'
    | 'withings-heart'
    | 'withings-sleep'
    | 'withings-notification'
  [property: string]: unknown
}

type Test = ReturnType<ReturnType<typeof helper.request>['get']>

export interface Answer {
  status: number
  text: string
  headers: unknown
  body: unknown
}

// The types of Node-RED leave it out.
const { events } = require('@node-red/util') as { events: EventEmitter }

helper.init(require.resolve('node-red'))

let benches = 0

/**
 * One data node between helpers, with a Withings of its own. What the package keeps for the whole process (logins,
 * cursors, budgets) is told apart by ids that no two benches share.
 */
export class Bench {
  readonly out = new Collected<Message>()
  readonly caught = new Collected<Message>()
  readonly completed = new Collected<Message>()
  readonly statuses = new Collected<string>()
  /** What the editor is told over its web socket. */
  readonly told = new Collected<{ topic: string; data: unknown }>()
  private readonly everything: { topic: string; data: unknown }[] = []
  readonly account = `account-${(benches += 1)}`
  readonly id = `tested-${benches}`

  private readonly listen = (event: { topic: string; data: unknown }) => {
    this.everything.push(event)
    if (event.topic.endsWith(`/${this.account}`)) this.told.push(event)
  }

  /** More nodes for the flow. */
  beside: FlowNode[] = []
  /** Of the flow that was loaded last. */
  RED!: NodeAPI

  /** What Node-RED serves to the outside; a new one with each load. */
  private httpNode: RequestListener | undefined
  private outside: Server | undefined

  private constructor(readonly simulator: Simulator) {
    events.on('comms', this.listen)
  }

  static async open(options: SimulatorOptions = {}): Promise<Bench> {
    const common = { seed: benches + 1, years: 0.1, pageSize: 50, now: () => systemClock.now() }
    return new Bench(await startSimulator({ ...common, ...options }))
  }

  async close(): Promise<void> {
    events.off('comms', this.listen)
    await helper.unload()
    this.outside?.close().closeAllConnections()
    await this.simulator.close()
  }

  get ada(): Person {
    return this.simulator.people.find(({ name }) => name === 'Ada') as Person
  }

  get node(): Node {
    return helper.getNode(this.id)
  }

  /** Starts the flow; without `tested` only the account. */
  async load(
    tested?: Tested,
    account: object = {},
    keys = { clientId: this.simulator.client.id, clientSecret: this.simulator.client.secret }
  ): Promise<void> {
    // Node-RED takes what has no place on a tab for a config node.
    const placed = (node: FlowNode) => ({ z: 'tab', x: 100, y: 100, ...node })
    const observers = ['out', 'caught', 'completed'].map(id => placed({ id, type: 'helper', wires: [] }))
    const flow = [
      tab,
      accountOf(this.simulator, { id: this.account, ...account }),
      ...this.beside.map(placed),
      ...(tested
        ? [
            placed({ id: this.id, account: this.account, schedule: 0, wires: [['out']], ...tested }),
            placed({ id: 'errors', type: 'catch', scope: null, uncaught: false, wires: [['caught']] }),
            placed({ id: 'ends', type: 'complete', scope: [this.id], wires: [['completed']] }),
            ...observers
          ]
        : [])
    ]
    const credentials = { [this.account]: keys }
    const serve = (RED: NodeAPI) => {
      this.RED = RED
      this.httpNode = RED.httpNode
    }
    const nodes = [
      accountNode,
      measuresNode,
      activityNode,
      devicesNode,
      heartNode,
      sleepNode,
      notificationNode
    ]
    await helper.load([serve, ...nodes], flow, credentials)
    if (!tested) return
    for (const inbox of ['out', 'caught', 'completed'] as const) {
      helper.getNode(inbox).on('input', message => this[inbox].push(message))
    }
    this.spied().forEach(text => this.statuses.push(text))
    this.node.on('call:status' as 'input', call => this.statuses.push(textOf(call as unknown as StatusCall)))
  }

  /** What the node showed while it was made: the spy sees the calls of all nodes. */
  private spied(): string[] {
    const spy = (this.node as unknown as { status: unknown }).status as { getCalls(): StatusCall[] }
    return spy
      .getCalls()
      .filter(call => call.thisValue === this.node)
      .map(textOf)
  }

  /** The address of Node-RED's httpNodeRoot, to which `publicUrl` leads as well. */
  async publish(publicUrl: string): Promise<string> {
    this.outside ??= createServer((req, res) => this.httpNode?.(req, res)).listen(0, '127.0.0.1')
    if (!this.outside.listening) await once(this.outside, 'listening')
    const origin = `http://127.0.0.1:${(this.outside.address() as AddressInfo).port}`
    this.simulator.notify.lead(publicUrl, origin)
    return origin
  }

  send(message: object = {}): void {
    this.node.receive(message as NodeMessageInFlow)
  }

  /** Body of the authorize call as the dialog sends it. */
  loginBody(changes: object = {}): Record<string, unknown> {
    const { client, url } = this.simulator
    return {
      clientId: client.id,
      clientSecret: client.secret,
      callbackUrl: 'http://127.0.0.1:1880/withings/callback',
      region: 'custom',
      apiUrl: url,
      accountUrl: url,
      scopes: ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'],
      demo: false,
      ...changes
    }
  }

  /** A call of an admin endpoint of this account, a POST when it has a body. */
  async admin(path: string, body?: object, account = this.account): Promise<Answer> {
    const url = `/withings/accounts/${account}${path}`
    return plain(body === undefined ? helper.request().get(url) : helper.request().post(url).send(body))
  }

  /** What the editor was told of the login of any account. */
  toldOf(account: string): unknown[] {
    return this.everything.filter(({ topic }) => topic === `withings/auth/${account}`).map(({ data }) => data)
  }

  /** Starts a login; gives the address that the popup opens. */
  async authorize(changes: object = {}): Promise<string> {
    const { status, body } = await this.admin('/authorize', this.loginBody(changes))
    status.should.equal(200)
    return (body as { authorizeUrl: string }).authorizeUrl
  }

  /** The browser comes back. */
  async callback(location: string, language = 'en'): Promise<Answer> {
    const { pathname, search } = new URL(location)
    return plain(
      helper
        .request()
        .get(pathname + search)
        .set('Accept-Language', language)
    )
  }

  /** The whole way of the popup; gives the answer of the callback. */
  async logIn(options: ConsentOptions = {}, changes: object = {}): Promise<Answer> {
    const url = await this.authorize(changes)
    return this.callback(await this.simulator.consent(url, { userId: this.ada.userId, ...options }))
  }

  /** Resolves when the node shows this status. */
  async shows(text: string): Promise<void> {
    await this.statuses.until(texts => texts.at(-1) === text, `the status ${text}`)
  }

  requestsOf(action: string): Simulator['requests'] {
    return this.simulator.requests.filter(request => request.action === action)
  }
}

interface StatusCall {
  args: [{ text: string }]
  thisValue: unknown
}

/** What the library leaves as `any`, made unknown. */
async function plain(test: Test): Promise<Answer> {
  const { status, text, headers, body } = (await test) as Answer
  return { status, text, headers, body }
}

const textOf = ({ args: [status] }: StatusCall): string => status.text

export const startServer = (): Promise<void> => new Promise(resolve => void helper.startServer(resolve))
export const stopServer = (): Promise<void> => new Promise(resolve => void helper.stopServer(resolve))

/** Opens a bench for each test of the suite, and hands it over. */
export function useBench(take: (bench: Bench) => void): void {
  let bench: Bench
  before(startServer)
  after(stopServer)
  beforeEach(async () => take((bench = await Bench.open())))
  afterEach(() => bench.close())
}
