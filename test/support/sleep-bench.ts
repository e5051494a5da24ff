import type { FetchContext } from '../../lib/withings/api/client'
import { type SleepOptions, type SleepResult, syncSleep } from '../../lib/withings/sleep/sync'
import type { Cursor } from '../../lib/withings/sync/cursor'
import type { Query } from '../../lib/withings/sync/query'
import { type NewNight, type Simulator, type SimulatorOptions, startSimulator } from '../simulator'
import { login, post } from '../simulator/raw-client'

const REPEAT_SPAN = 11_000

/** What reads sleep, with a Withings to read it from; its clock is the only one that runs. */
export class SleepBench {
  /** Action and parameters of each call. */
  readonly calls: Record<string, string>[] = []

  private constructor(
    readonly simulator: Simulator,
    readonly userId: string
  ) {}

  /** At 08:00 in Paris; nobody has slept yet unless `years` says so. */
  static async open(name = 'Ada', options: SimulatorOptions = {}): Promise<SleepBench> {
    const now = Date.UTC(2026, 10, 22, 7)
    const simulator = await startSimulator({ now: () => now, years: 0.01, ...options })
    const person = simulator.people.find(each => each.name === name)!
    if (options.years === undefined) person.sleep.length = 0
    return new SleepBench(simulator, person.userId)
  }

  close(): Promise<void> {
    return this.simulator.close()
  }

  readonly options: SleepOptions = {
    rules: { napHours: 3, napFrom: 9, napUntil: 21, joinMinutes: 60 },
    units: 'metric'
  }

  get context(): FetchContext {
    return {
      call: async ({ path, params }) => {
        this.calls.push(params)
        // The same question would be refused within 10 s.
        this.simulator.clock.offset(REPEAT_SPAN)
        const { accessToken } = await login(this.simulator, this.userId)
        const { status, body } = await post(this.simulator, path, params, accessToken)
        status.should.equal(0)
        return { ...body }
      },
      userId: this.userId,
      now: () => this.simulator.clock.now(),
      priority: 'poll'
    }
  }

  run(plan: Query, stored?: Cursor, changes: Partial<SleepOptions> = {}): Promise<SleepResult> {
    return syncSleep(this.context, { ...this.options, ...changes }, { query: plan, stored })
  }

  /** A night from and to times in ISO 8601; gives its id. */
  addNight(start: string, end: string, parts: Partial<NewNight> = {}): string {
    const [startdate, enddate] = [start, end].map(text => Date.parse(text) / 1000) as [number, number]
    return String(this.simulator.addNight(this.userId, { startdate, enddate, ...parts }))
  }
}
