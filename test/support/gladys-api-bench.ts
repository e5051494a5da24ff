import { axiosSend } from '../../lib/base/http'
import { GladysApi } from '../../lib/gladys/http/api'
import type { SessionRecord, SessionStore } from '../../lib/gladys/http/session'
import { type GladysStandIn, type StandInOptions, startGladys } from '../gladys-stand-in'
import { TestBroker } from './broker'
import { clockOf } from './fake-clock'

export const LOGIN = { email: 'ada@example.org', password: 'right-password' }

/** A Gladys with its broker, and what our side keeps of the login. */
export class GladysApiBench {
  record: SessionRecord | undefined
  /** Milliseconds since 1970, for our side. */
  time = Date.now()
  /** Pauses that our side made between two calls. */
  readonly pauses: number[] = []
  readonly closing = new AbortController()

  private constructor(
    readonly broker: TestBroker,
    readonly gladys: GladysStandIn
  ) {}

  static async start(options: Partial<StandInOptions> = {}): Promise<GladysApiBench> {
    const broker = await new TestBroker().start()
    return new GladysApiBench(broker, await startGladys({ mqttUrl: broker.url, ...LOGIN, ...options }))
  }

  /** Our side after a start: nothing in memory but what was kept. */
  api(login = LOGIN, root = this.gladys.url, send = axiosSend(undefined)): GladysApi {
    const store: SessionStore = {
      load: () => this.record,
      save: record => {
        this.record = record
        return Promise.resolve()
      }
    }
    const clock = clockOf(
      () => this.time,
      (ms, run) => {
        this.pauses.push(ms)
        const timer = setImmediate(run)
        return () => clearImmediate(timer)
      }
    )
    return new GladysApi({ root, login, store, send, clock, signal: this.closing.signal })
  }

  async close(): Promise<void> {
    await this.gladys.close()
    await this.broker.stop()
  }
}
