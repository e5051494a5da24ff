import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JsonFile } from '../../lib/base/json-file'
import { Announcer } from '../../lib/gladys/discovery/announcer'
import { CreatedStore } from '../../lib/gladys/http/created-store'
import { DeviceCreator, type DeviceCreatorOptions } from '../../lib/gladys/http/device-creation'
import { SentLedger } from '../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../lib/gladys/model/manual-days'
import type { Publication, State } from '../../lib/gladys/model/states'
import { Outbox } from '../../lib/gladys/outbox/outbox'
import { ReplayLog } from '../../lib/gladys/outbox/replay-log'
import { Sender, type SendReport, type SendRequest } from '../../lib/gladys/sender'
import { StepClock } from './fake-clock'
import { parseInput } from './parse-input'

export const START = Date.UTC(2026, 10, 22, 12)

/** A sender with all that it keeps on disk, on a broker that acknowledges unless it is silent. */
export class Sending {
  readonly clock = new StepClock(START)
  readonly sent: Publication[] = []
  /** While true the broker acknowledges nothing. */
  silent = false
  private readonly owing: (() => void)[] = []
  replay!: ReplayLog
  sender!: Sender
  private readonly directory = mkdtempSync(join(tmpdir(), 'gladys-sending-'))

  constructor(private readonly api?: DeviceCreatorOptions['api']) {
    this.start()
  }

  /** As after a kill: nothing in memory but what was kept. */
  start({ rate = 10_000 } = {}): void {
    const { clock, directory, api } = this
    const onVolatile = (reason: string): never => {
      throw new Error(reason)
    }
    const onLost = (count: number): never => onVolatile(`${count} lost`)
    const below = (name: string): string => join(directory, name)
    const store = new CreatedStore(below('created.json'), onVolatile)
    this.sender = new Sender({
      ledger: new SentLedger({ directory, onVolatile, clock }),
      announcer: new Announcer(below('announced.json'), onVolatile),
      creator: api && new DeviceCreator({ api, store, clock }),
      pending: { directory: below('held'), onVolatile, onLost },
      counters: new JsonFile(below('days.json'), parseCounters, onVolatile),
      clock,
      outbox: ({ isCurrent, ...hooks }) => {
        this.replay = new ReplayLog({ directory: below('recent'), onVolatile, clock, isCurrent })
        return new Outbox({
          ...{ ...hooks, directory: below('outbox'), onVolatile, onLost, rate, clock },
          ...{ replay: this.replay, drained: () => undefined },
          publish: publication => {
            this.sent.push(publication)
            return this.silent ? new Promise(resolve => this.owing.push(resolve)) : Promise.resolve()
          }
        })
      }
    })
  }

  /** The broker acknowledges what it owes. */
  acknowledge(): void {
    for (const resolve of this.owing.splice(0)) resolve()
  }

  get outbox(): Outbox {
    return this.sender.outbox
  }

  /** What has gone out of values: `live 80`, or minutes before the start and value: `-30 82`. */
  get values(): string[] {
    return this.sent.flatMap(({ topic, payload }) => {
      if (topic.endsWith('/config')) return []
      if (!topic.endsWith('/historical')) return [`live ${payload}`]
      const { state, created_at } = JSON.parse(payload) as { state: number; created_at: string }
      return [`${(Date.parse(created_at) - START) / 60_000} ${state}`]
    })
  }

  /** What has gone out since the last time that this was asked. */
  take(): string[] {
    const { values } = this
    this.sent.length = 0
    return values
  }

  send(payload: unknown, create: SendRequest['create'] = 'none'): Promise<SendReport> {
    const naming: SendRequest['naming'] = { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
    return this.sender.send(parseInput(payload), { create, liveMinutes: 15, naming })
  }

  import(...states: State[]): Promise<void> {
    return this.sender.sendHistory(states)
  }

  dispose(): void {
    this.sender.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** A reading of so many minutes before the start. */
export function reading(value: number, minutesAgo: number, more: object = {}): object {
  return {
    ...{ type: 'weight', value, unit: 'kg', userId: '12', deviceId: 'abc', model: 'Body+' },
    date: (START - minutesAgo * 60_000) / 1000,
    ...more
  }
}

/** The same as an import has it. */
export function stateOf(value: number, minutesAgo: number, type = 'weight'): State {
  const device = 'mqtt:withings:12:abc'
  const feature = `${device}:${type}`
  const topic = `gladys/master/device/${device}/feature/${feature}`
  const date = START - minutesAgo * 60_000
  return {
    ...{ feature, date, value, liveUntil: date },
    ...{ liveTopic: `${topic}/state`, historicalTopic: `${topic}/historical` }
  }
}
