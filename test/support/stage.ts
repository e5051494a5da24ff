import { readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AccountState } from '../../nodes/withings-account.types'
import { type RequestLogEntry, type Simulator, type SimulatorOptions, startSimulator } from '../simulator'
import { TestBroker } from './broker'
import { logIn } from './log-in'
import { type FlowNode, NodeRed, type NodeRedOptions } from './node-red'

interface StageOptions extends NodeRedOptions {
  simulator?: SimulatorOptions
}

/** What a run ended with, as the nodes behind it saw it. */
export interface Ending {
  topic: string
  code: string | undefined
}

const REPEAT_SPAN = 11_000
const SETTINGS = '.config.runtime.json'

/** A real Node-RED, a Withings and an observed flow, for tests of what outlives the process. */
export class Stage {
  private observed = 0
  private runsDeployed = false
  private asked = 0

  private constructor(
    readonly simulator: Simulator,
    readonly broker: TestBroker,
    readonly nodeRed: NodeRed
  ) {}

  static async open({ simulator, ...options }: StageOptions = {}): Promise<Stage> {
    const withings = await startSimulator({ years: 0.1, ...simulator })
    const broker = await new TestBroker().start()
    const nodeRed = await (await NodeRed.prepare(options)).start()
    return new Stage(withings, broker, nodeRed)
  }

  async close(): Promise<void> {
    await this.nodeRed.dispose()
    await this.broker.stop()
    await this.simulator.close()
  }

  userId(name = 'Ada'): string {
    return this.simulator.people.find(person => person.name === name)?.userId as string
  }

  async logIn(account = 'account', name = 'Ada'): Promise<void> {
    const { status } = await logIn(this.nodeRed, this.simulator, account, { userId: this.userId(name) })
    status.should.equal(200)
  }

  /** Deploys a flow with the test/… observers of `measuresFlow`. */
  async deploy(flow: FlowNode[]): Promise<void> {
    const { id: clientId, secret: clientSecret } = this.simulator.client
    const accounts = flow.filter(({ type }) => type === 'withings-account')
    const credentials = Object.fromEntries(accounts.map(({ id }) => [id, { clientId, clientSecret }]))
    await this.nodeRed.deploy(flow, credentials)
    this.runsDeployed = true
    await this.untilObserved()
  }

  async state(account = 'account'): Promise<AccountState> {
    return (await (await this.nodeRed.admin(`withings/accounts/${account}`)).json()) as AccountState
  }

  /** Kills and starts again, so much later for Withings that a repeated request is none. */
  async restart(): Promise<void> {
    await this.restartBare()
    if (this.runsDeployed) await this.untilObserved()
  }

  /** The same without a flow that could tell anything. */
  async restartBare(): Promise<void> {
    await this.nodeRed.kill('SIGKILL')
    await this.nodeRed.start()
    this.later()
  }

  later(ms = REPEAT_SPAN): void {
    this.simulator.clock.offset(ms)
  }

  /** Injects what was not asked before: callers with the same request share its answer for 10 s. */
  async ask(inject = 'inject'): Promise<void> {
    this.asked += 1
    await this.nodeRed.inject(inject, { startDate: this.asked })
  }

  /** Asks, and gives how the runs that this starts ended, successes and errors in their order. */
  async run(inject = 'inject', ends = 1, within = 40_000): Promise<Ending[]> {
    const before = this.endings().length
    await this.ask(inject)
    await this.broker.published.until(
      () => this.endings().length >= before + ends,
      'the end of a run',
      within
    )
    return this.endings().slice(before)
  }

  /** How many readings each message of the flow carried. */
  readings(): number[] {
    return this.broker.on('test/readings').map(({ payload }) => (JSON.parse(payload) as unknown[]).length)
  }

  tokenCalls(grant: 'refresh_token' | 'authorization_code' = 'refresh_token'): RequestLogEntry[] {
    return this.simulator.requests.filter(({ params }) => params.grant_type === grant)
  }

  /** The record of a login as it lies on disk, encrypted. */
  record(account = 'account'): string | undefined {
    return this.onDisk()[account]
  }

  /** Resolves when Node-RED wrote another record of this login. */
  async recordChange(account = 'account'): Promise<void> {
    const before = this.record(account)
    await new Promise<void>((resolve, reject) => {
      const watcher = watch(this.nodeRed.userDir, (_event, name) => {
        if (name !== SETTINGS || this.record(account) === before) return
        clearTimeout(timer)
        watcher.close()
        resolve()
      })
      const timer = setTimeout(() => {
        watcher.close()
        reject(new Error('the record of the login did not change'))
      }, 20_000)
    })
  }

  /** The access token is due: Withings refused it, and Node-RED, which wrote that down, starts again. */
  async becomeDue(inject = 'inject'): Promise<void> {
    this.simulator.tokens.expireAccess(this.userId())
    const noted = this.recordChange()
    await this.ask(inject)
    await noted
    await this.restart()
  }

  /** More in settings.js, from the next start on. */
  configure(more: Record<string, unknown>): void {
    const path = join(this.nodeRed.userDir, 'settings.js')
    // What follows checks the messages.
    const [exported = '', ...rest] = readFileSync(path, 'utf8').split('\n')
    const settings = JSON.parse(exported.replace(/^[^{]*/, '')) as object
    const changed = `module.exports = ${JSON.stringify({ ...settings, ...more })}`
    writeFileSync(path, [changed, ...rest].join('\n'))
  }

  /** Resolves when Withings has issued so many pairs to Ada. */
  async issued(count: number): Promise<void> {
    while (this.simulator.tokens.issued(this.userId()).length < count) await nextTurn()
  }

  private endings(): Ending[] {
    return this.broker.published.items
      .filter(({ topic }) => topic === 'test/complete' || topic === 'test/errors')
      .map(({ topic, payload }) => {
        const { error } = JSON.parse(payload) as { error?: { cause?: { code?: string } } }
        return { topic, code: error?.cause?.code }
      })
  }

  private async untilObserved(): Promise<void> {
    this.observed += 1
    await this.broker.observed(this.observed)
  }

  private onDisk(): Record<string, string> {
    try {
      const text = readFileSync(join(this.nodeRed.userDir, SETTINGS), 'utf8')
      return (JSON.parse(text) as { withingsAccounts?: Record<string, string> }).withingsAccounts ?? {}
    } catch {
      return {}
    }
  }
}

export const done: Ending = { topic: 'test/complete', code: undefined }
export const loginNeeded: Ending = { topic: 'test/errors', code: 'LOGIN_NEEDED' }
