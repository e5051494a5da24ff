// The import itself, from the client to the broker, in a process of its own that measures memory and delays.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { steadyClock, systemClock } from '../../lib/base/clock'
import { axiosSend } from '../../lib/base/http'
import { JsonFile } from '../../lib/base/json-file'
import { Announcer } from '../../lib/gladys/discovery/announcer'
import { HistoryImport } from '../../lib/gladys/import/history-import'
import { ImportStore, newRecord } from '../../lib/gladys/import/resume-store'
import { SentLedger } from '../../lib/gladys/ledger/sent-ledger'
import { parseCounters } from '../../lib/gladys/model/manual-days'
import { BrokerConnection, connectWithMqttJs } from '../../lib/gladys/mqtt/connection'
import { Outbox } from '../../lib/gladys/outbox/outbox'
import { Sender, type SendRequest } from '../../lib/gladys/sender'
import { WithingsClient } from '../../lib/withings/api/client'
import { RequestQueue } from '../../lib/withings/api/request-queue'
import { SingleFlight } from '../../lib/withings/api/single-flight'
import { type ClientSettings, exchangeCode, refreshPair } from '../../lib/withings/auth/oauth'
import { TokenManager, type TokenRecord } from '../../lib/withings/auth/token-manager'
import { DEFAULT_HISTORY_OPTIONS } from '../../test/support/default-history-options'
import { argument, report, RESOLUTION } from './processes'
import type { WithingsReady } from './withings'

type Login = Omit<WithingsReady, 'page'>

export interface ImportOrder {
  withings: Login
  brokerUrl: string
  /** `memory` collects garbage before it looks, which costs time. */
  measure: 'memory' | 'time'
}

export interface ImportResult {
  done: number
  seconds: number
  /** Bytes above those of the idle process. */
  heap: number
  longestDelayMs: number
}

const MB_SAMPLES_EVERY = 200

async function main(): Promise<void> {
  const { withings, brokerUrl, measure } = argument<ImportOrder>()
  const directory = mkdtempSync(join(tmpdir(), 'bench-import-'))
  const { sender, connected, close } = senderTo(brokerUrl, directory)
  const client = await clientOf(withings)
  // Loads what the first request of a process loads.
  const params = { action: 'getdevice' }
  await client.call({ path: '/v2/user', params, scope: 'user.info' }, { priority: 'poll' })
  await connected
  report({ ready: true })
  process.on('message', () => {
    void run(withings, sender, client, directory, measure).then(async result => {
      await close()
      rmSync(directory, { recursive: true, force: true })
      report(result)
    })
  })
}

async function run(
  { userId }: Login,
  sender: Sender,
  client: WithingsClient,
  directory: string,
  measure: ImportOrder['measure']
): Promise<ImportResult> {
  global.gc?.()
  const idle = process.memoryUsage().heapUsed
  let peak = idle
  const sample = (): void => {
    if (measure === 'memory') global.gc?.()
    peak = Math.max(peak, process.memoryUsage().heapUsed)
  }
  const sampling = setInterval(sample, MB_SAMPLES_EVERY)
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
  delay.enable()
  const started = performance.now()
  const done = await imported(userId, sender, client, directory)
  const seconds = (performance.now() - started) / 1000
  delay.disable()
  clearInterval(sampling)
  sample()
  return {
    done,
    seconds,
    heap: peak - idle,
    longestDelayMs: delay.max / 1e6 - RESOLUTION
  }
}

/** Resolves with the number of states when the import has ended. */
function imported(
  userId: string,
  sender: Sender,
  client: WithingsClient,
  directory: string
): Promise<number> {
  const request: SendRequest = {
    create: 'discovery',
    liveMinutes: 15,
    naming: { wording: (_key, fallback) => fallback, personOf: () => 'Ada' }
  }
  return new Promise((resolve, reject) => {
    const run = new HistoryImport(
      newRecord(
        { id: '0123456789abcdef', node: 'state', account: 'account', userId, deviceId: null, from: null },
        Date.now()
      ),
      {
        clock: systemClock,
        store: new ImportStore(join(directory, 'imports'), fail),
        context: options => client.context(options),
        options: () => DEFAULT_HISTORY_OPTIONS,
        addressing: () => 'discovery',
        manualDays: () => ({ types: [], moved: [] }),
        inFeatureUnit: item => item,
        introduce: items => sender.announceOrCreate(items, request),
        send: states => sender.sendHistory(states),
        unreadable: count => reject(new Error(`${count} values cannot be read`)),
        leftOut: chapter => reject(new Error(`no ${chapter}`)),
        sentLive: states => sender.ledger.sentLive(states, () => -Infinity),
        counts: undefined,
        restarted: () => undefined,
        changed: () => {
          const { state, done, error } = run.state
          if (state === 'done') resolve(done)
          else if (state !== 'running') reject(new Error(`${state}: ${error?.message}`))
        }
      }
    )
    run.start()
  })
}

function senderTo(url: string, directory: string) {
  let sayConnected: () => void
  const connected = new Promise<void>(resolve => (sayConnected = resolve))
  const link = new BrokerConnection({
    url,
    clientId: 'bench',
    connect: connectWithMqttJs,
    clock: systemClock,
    onConnected: () => {
      sender.outbox.brokerConnected()
      sayConnected()
    },
    onAway: fail
  })
  const sender = new Sender({
    ledger: new SentLedger({ directory, onVolatile: fail, clock: systemClock }),
    announcer: new Announcer(join(directory, 'announced.json'), fail),
    counters: new JsonFile(join(directory, 'days.json'), parseCounters, fail),
    creator: undefined,
    pending: undefined,
    clock: systemClock,
    outbox: hooks =>
      new Outbox({
        ...hooks,
        directory: join(directory, 'outbox'),
        onVolatile: fail,
        onLost: fail,
        publish: publication => link.publish(publication),
        drained: () => undefined,
        rate: 100_000,
        clock: systemClock
      })
  })
  link.start()
  const close = async (): Promise<void> => {
    await link.close()
    sender.close()
  }
  return { sender, connected, close }
}

async function clientOf(withings: Login): Promise<WithingsClient> {
  const { url, clientId, clientSecret, code, redirectUri } = withings
  const settings: ClientSettings = { apiUrl: url, accountUrl: url, clientId, clientSecret }
  const records = new Map<string, TokenRecord>()
  const store = {
    durable: true,
    load: (account: string) => records.get(account),
    save: (account: string, record: TokenRecord) => Promise.resolve(void records.set(account, record)),
    remove: (account: string) => Promise.resolve(void records.delete(account))
  }
  const tokens = new TokenManager(store, refreshPair, systemClock, () => undefined)
  const pair = await exchangeCode(settings, code, redirectUri)
  await tokens.link('account', pair, ['user.metrics'])
  const queue = new RequestQueue(steadyClock)
  return new WithingsClient({
    queue,
    jobs: new SingleFlight(steadyClock, queue),
    source: tokens.source('account', settings),
    apiUrl: settings.apiUrl,
    send: axiosSend(undefined),
    clock: steadyClock,
    random: Math.random,
    onPause: () => fail('Withings asked for a pause')
  })
}

function fail(reason: unknown): never {
  throw new Error(String(reason))
}

void main()
