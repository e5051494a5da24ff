import { axiosSend, type HttpSend, TIME_LIMIT } from '../../lib/base/http'
import { type RateLimitGroup, WithingsClient } from '../../lib/withings/api/client'
import { RequestQueue } from '../../lib/withings/api/request-queue'
import { SingleFlight } from '../../lib/withings/api/single-flight'
import {
  type ClientSettings,
  exchangeCode,
  refreshIdentity,
  refreshPair
} from '../../lib/withings/auth/oauth'
import { TokenManager } from '../../lib/withings/auth/token-manager'
import type { MeasureGroup } from '../../lib/withings/measures/decode'
import type { MeasuresQuery } from '../../lib/withings/measures/sync'
import { syncMeasures } from '../../lib/withings/measures/sync'
import type { Cursor } from '../../lib/withings/sync/cursor'
import type { SyncResult } from '../../lib/withings/sync/sync'
import {
  type Fault,
  type FaultHandle,
  type Person,
  type Simulator,
  type SimulatorOptions,
  startSimulator
} from '../simulator'
import { IdleClock } from './idle-clock'
import { Disk } from './token-bench'

export interface Sent {
  at: number
  path: string
  params: string
}

const redirectUri = 'http://127.0.0.1/withings/callback'
const everythingNew: MeasuresQuery = { kind: 'new', types: [], days: 0 }

/** The real client, as a data node uses it, before a simulator whose time passes without waiting. */
export class LyingWithings {
  readonly sent: Sent[] = []
  cursor: Cursor | undefined
  tokens!: TokenManager
  client!: WithingsClient
  private lane!: RateLimitGroup
  private readonly disk = new Disk([])
  private readonly hanging = new Set<() => void>()

  private constructor(
    readonly clock: IdleClock,
    readonly simulator: Simulator,
    private readonly random: () => number
  ) {}

  static async open(
    options: SimulatorOptions = {},
    random: () => number = () => 0.5
  ): Promise<LyingWithings> {
    const clock = new IdleClock()
    const now = () => clock.now()
    const simulator = await startSimulator({ years: 0.1, people: ['Ada'], ...options, now })
    const withings = new LyingWithings(clock, simulator, random)
    withings.boot()
    await withings.logIn()
    withings.client = withings.newClient()
    return withings
  }

  close(): Promise<void> {
    return this.simulator.close()
  }

  get ada(): Person {
    return this.simulator.people[0] as Person
  }

  get settings(): ClientSettings {
    const { client, url } = this.simulator
    return { clientId: client.id, clientSecret: client.secret, apiUrl: url, accountUrl: url }
  }

  async logIn(): Promise<void> {
    const code = this.simulator.grant({ userId: this.ada.userId, redirectUri })
    await this.tokens.link('account', await exchangeCode(this.settings, code, redirectUri), [])
  }

  /** The process starts again; what a node keeps on disk is still there. */
  restart(): void {
    this.cursor = this.cursor && (JSON.parse(JSON.stringify(this.cursor)) as Cursor)
    this.boot()
    this.client = this.newClient()
  }

  /** What a node does in mode `new`. */
  async run(plan: MeasuresQuery = everythingNew): Promise<SyncResult<MeasureGroup>> {
    const { clock, cursor, ada } = this
    const context = {
      ...this.client.context({ priority: 'poll' }),
      userId: ada.userId,
      now: () => clock.now()
    }
    const result = await syncMeasures(context, { query: plan, stored: cursor })
    this.cursor = result.cursor ?? this.cursor
    return result
  }

  /** Like `simulator.faults.add`; a request that hangs reaches its time limit at once. */
  add(fault: Fault): FaultHandle {
    const handle = this.simulator.faults.add(fault)
    if (fault.kind !== 'hang') return handle
    const { kind: _kind, ...target } = fault
    const giveUp = () => void setImmediate(() => this.hanging.forEach(abort => abort()))
    this.simulator.faults.add({ ...target, kind: 'before', before: giveUp })
    return handle
  }

  private boot(): void {
    const { clock } = this
    const queue = new RequestQueue(clock)
    this.lane = { queue, jobs: new SingleFlight(clock, queue) }
    const refresh = (of: ClientSettings, refreshToken: string) =>
      queue.run({ priority: 'token', identity: refreshIdentity(refreshToken) }, () =>
        clock.during(refreshPair(of, refreshToken))
      )
    this.tokens = new TokenManager(this.disk, refresh, clock)
  }

  private newClient(): WithingsClient {
    const { clock, random, settings } = this
    const send: HttpSend = (request, signal) => {
      const { pathname } = new URL(request.url)
      this.sent.push({
        at: clock.now(),
        path: pathname,
        params: (request.body as URLSearchParams).toString()
      })
      const limit = new AbortController()
      const late = Object.assign(new Error('no answer in time'), { code: 'ERR_CANCELED' })
      const abort = () => limit.abort(late)
      signal.addEventListener('abort', abort, { once: true })
      this.hanging.add(abort)
      const answer = axiosSend(undefined)(request, limit.signal).finally(() => {
        this.hanging.delete(abort)
        if (limit.signal.aborted) clock.jump(TIME_LIMIT)
      })
      return clock.during(answer)
    }
    return new WithingsClient({
      ...this.lane,
      source: this.tokens.source('account', settings),
      apiUrl: settings.apiUrl,
      send,
      clock,
      random,
      onPause: () => undefined
    })
  }
}
