import helper from 'node-red-node-test-helper'
import type { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../lib/base/clock'
import type { ImportState } from '../../lib/gladys/import/state'
import { type Person, type Simulator, type SimulatorOptions, startSimulator } from '../simulator'
import { Collected } from './events'
import { PubackBroker } from './puback-broker'
import { skippedPauses } from './skipped-pauses'

export interface Answer<Body> {
  status: number
  body: Body
  headers: Record<string, string>
}

interface Login {
  account: string
  userId: string
  scopes: readonly string[]
  /** As it stands in the node; default: that of the simulator. */
  clientId?: string
}

// The types of Node-RED leave it out.
const { events } = require('@node-red/util') as { events: EventEmitter }

helper.init(require.resolve('node-red'))

/** The whole way of the popup: start, consent, callback. */
export async function logIn(
  simulator: Simulator,
  { account, userId, scopes, clientId = simulator.client.id }: Login
): Promise<void> {
  const { client, url } = simulator
  const form = {
    ...{ callbackUrl: 'http://127.0.0.1:1880/withings/callback', region: 'custom', demo: false },
    ...{ scopes, clientId, clientSecret: client.secret, apiUrl: url, accountUrl: url }
  }
  const { body } = (await helper
    .request()
    .post(`/withings/accounts/${account}/authorize`)
    .send(form)) as unknown as Answer<{ authorizeUrl: string }>
  const { pathname, search } = new URL(await simulator.consent(body.authorizeUrl, { userId }))
  await helper
    .request()
    .get(pathname + search)
    .expect(200)
}

/** What a test of nodes between Withings and Gladys has for itself; pauses of the package are skipped. */
export class WithingsToGladys {
  simulator!: Simulator
  broker!: PubackBroker
  userDir = ''
  /** Id of an account node. What the package keeps for the whole process is told apart by it. */
  account = ''
  /** What the editor is told of imports. */
  published = new Collected<ImportState>()
  private count = 0

  private readonly listen = ({ topic, data }: { topic: string; data: unknown }): void => {
    if (topic === 'withings/imports') this.published.push(data as ImportState)
  }

  constructor(
    private readonly name: string,
    private readonly options: SimulatorOptions
  ) {}

  get ada(): Person {
    return this.simulator.people.find(({ name }) => name === 'Ada')!
  }

  /** Lets Ada log in at the account. */
  logIn(scopes: readonly string[], clientId?: string): Promise<void> {
    const { account, ada, simulator } = this
    const login = { account, userId: ada.userId, scopes }
    return logIn(simulator, clientId === undefined ? login : { ...login, clientId })
  }

  async open(): Promise<void> {
    skippedPauses.begin()
    this.count += 1
    const common = { seed: this.count, people: ['Ada'], pageSize: 100, now: () => systemClock.now() }
    this.simulator = await startSimulator({ ...common, ...this.options })
    this.broker = await new PubackBroker().start()
    this.userDir = mkdtempSync(join(tmpdir(), `gladys-${this.name}-`))
    helper.settings({ userDir: this.userDir })
    this.account = `${this.name}-${this.count}`
    this.published = new Collected()
    events.on('comms', this.listen)
  }

  async close(): Promise<void> {
    events.off('comms', this.listen)
    await helper.unload()
    await this.broker.stop()
    await this.simulator.close()
    skippedPauses.end()
    rmSync(this.userDir, { recursive: true, force: true })
  }
}

/** Opens one for each test of the suite; `name` is part of ids and folders. */
export function useWithingsToGladys(name: string, options: SimulatorOptions): WithingsToGladys {
  const bench = new WithingsToGladys(name, options)
  before(() => new Promise<void>(resolve => void helper.startServer(resolve)))
  after(() => new Promise<void>(resolve => void helper.stopServer(resolve)))
  beforeEach(() => bench.open())
  afterEach(() => bench.close())
  return bench
}
