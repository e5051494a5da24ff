import { join } from 'node:path'
import { asInteger, asObject } from '../../lib/base/json'
import type { MeasureGroup } from '../../lib/withings/measures/decode'
import type { Page } from '../../lib/withings/sync/sync'
import type { PageServerReady } from './page-server'
import { startPart } from './processes'
import { medianOf } from './table'

const ROUNDS = 20
const WARM_UP = 5

export interface FetchCost extends PageServerReady {
  /** All pages by `fetch` and JSON.parse alone. */
  bareMs: number
  /** The same pages as readings, by the client of an account. */
  clientMs: number
  ratio: number
}

/** What users run: how the sources are turned into it makes a difference of its own. */
export const built = <T>(file: string): T => require(join(__dirname, '../../dist/lib', file)) as T

/** Ten years from a local server: request, parsing and decoding, against the first two alone. */
export async function fetchCost(years: number, pageSize: number): Promise<FetchCost> {
  const server = await startPart<PageServerReady>('page-server.ts', { years, pageSize })
  try {
    const [bare, client, ratios]: number[][] = [[], [], []]
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      const start = performance.now()
      await barely(server.ready.url)
      const between = performance.now()
      await asReadings(server.ready.url)
      const end = performance.now()
      if (round < WARM_UP) continue
      bare?.push(between - start)
      client?.push(end - between)
      ratios?.push((end - between) / (between - start))
    }
    const [bareMs, clientMs, ratio] = [bare, client, ratios].map(each => medianOf(each ?? []))
    return { ...server.ready, bareMs: bareMs ?? NaN, clientMs: clientMs ?? NaN, ratio: ratio ?? NaN }
  } finally {
    await server.stop()
  }
}

async function barely(url: string): Promise<void> {
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const form = new URLSearchParams({ action: 'getmeas', category: '1', offset: String(offset) })
    const answer = await fetch(`${url}/measure`, { method: 'POST', body: form })
    const body = asObject(asObject(JSON.parse(await answer.text()))?.body)
    offset = body?.more ? asInteger(body.offset) : undefined
  }
}

/** A client without a history: a budget that is full, and no answer that is known. */
async function asReadings(url: string): Promise<number> {
  const { WithingsClient } = built<typeof import('../../lib/withings/api/client')>('withings/api/client')
  const { RequestQueue } = built<typeof import('../../lib/withings/api/request-queue')>(
    'withings/api/request-queue'
  )
  const { SingleFlight } = built<typeof import('../../lib/withings/api/single-flight')>(
    'withings/api/single-flight'
  )
  const { steadyClock } = built<typeof import('../../lib/base/clock')>('base/clock')
  const { axiosSend } = built<typeof import('../../lib/base/http')>('base/http')
  const { measuresSource } =
    built<typeof import('../../lib/withings/measures/sync')>('withings/measures/sync')
  const { fetchPage, rowsOf } = built<typeof import('../../lib/withings/sync/sync')>('withings/sync/sync')
  const queue = new RequestQueue(steadyClock)
  const client = new WithingsClient({
    queue,
    jobs: new SingleFlight(steadyClock, queue),
    source: {
      get userId() {
        return '12'
      },
      accessToken: () => Promise.resolve('token'),
      used: () => Promise.resolve(),
      reject: () => Promise.resolve(),
      refuse: () => Promise.resolve()
    },
    apiUrl: url,
    send: axiosSend(undefined),
    clock: steadyClock,
    random: Math.random,
    onPause: () => undefined
  })
  const plan = { kind: 'span', from: 0, until: undefined, types: [] } as const
  const context = client.context({ priority: 'user' })
  const measures = measuresSource(context.userId, plan)
  // Answers are kept for 10 s: those of all rounds would be in memory at once.
  const source = { ...measures, request: { ...measures.request, keep: false } }
  const filter = source.span(0, Math.floor(Date.now() / 1000))
  let readings = 0
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page: Page<MeasureGroup> = await fetchPage(context, source, { filter, offset })
    for (const group of rowsOf(page)) readings += group.readings.length
    offset = page.next
  }
  return readings
}
