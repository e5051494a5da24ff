// What the history import costs, measured on this machine in one run: `npm run bench`. Prints; never fails for a number.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BrokerCounts, BrokerReady } from './bench/broker'
import { idleWrites, longestClick } from './bench/budget'
import { decodeCost } from './bench/decode'
import { fetchCost } from './bench/fetching'
import type { HistoryNodeOrder, HistoryNodeResult } from './bench/history-node'
import type { ImportOrder, ImportResult } from './bench/import'
import { importInNodeRed } from './bench/node-red'
import { RESOLUTION, startPart } from './bench/processes'
import { type Row, tableOf } from './bench/table'
import type { WithingsCounts, WithingsReady } from './bench/withings'

const PAGE = 300
const LARGE_PAGE = 2_000
/** So large that no history needs more than the 120 calls that Withings allows in a minute. */
const GROWTH_PAGE = 1_000
/** Ada's measures, days, nights, workouts and recordings of so many years are more than 100,000 values. */
const YEARS = 10
/** Longer than anybody measured. */
const LONGEST = 36
const MB = 1024 * 1024

interface Run extends ImportResult, WithingsCounts {
  published: number
  /** Of this process, which does nothing meanwhile: what the machine itself is late. */
  idleDelayMs: number
}

async function runImport(years: number, pageSize: number, measure: ImportOrder['measure']): Promise<Run> {
  const parts: { stop(): Promise<void> }[] = []
  const part = async <Ready>(file: string, argument?: object) => {
    const started = await startPart<Ready>(file, argument)
    parts.push(started)
    return started
  }
  try {
    const withings = await part<WithingsReady>('withings.ts', { years, pageSize })
    const broker = await part<BrokerReady>('broker.ts')
    const { page: _, ...login } = withings.ready
    const order: ImportOrder = { withings: login, brokerUrl: broker.ready.url, measure }
    const importing = await part<{ ready: true }>('import.ts', order)
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION })
    delay.enable()
    const result = await importing.ask<ImportResult>({ run: true })
    delay.disable()
    const idleDelayMs = delay.max / 1e6 - RESOLUTION
    const counts = await withings.ask<WithingsCounts>({ count: 'calls' })
    const { published } = await broker.ask<BrokerCounts>({ count: 'published' })
    return { ...result, ...counts, published, idleDelayMs }
  } finally {
    await Promise.all(parts.map(each => each.stop()))
  }
}

async function decoding(): Promise<Row[]> {
  const rows: Row[] = []
  for (const pageSize of [PAGE, LARGE_PAGE]) {
    const withings = await startPart<WithingsReady>('withings.ts', { years: 10, pageSize })
    const { page, userId } = withings.ready
    await withings.stop()
    const { bytes, readings, parseMs, decodeMs } = decodeCost(page, userId)
    const size = `${Math.round(bytes / 1024)} kB, ${readings} readings`
    rows.push(
      [`JSON.parse, page of ${pageSize} groups`, `${parseMs.toFixed(2)} ms`, size],
      [
        `decoding it into readings`,
        `${decodeMs.toFixed(2)} ms`,
        `${(decodeMs / parseMs).toFixed(2)} × JSON.parse`
      ]
    )
  }
  return rows
}

async function fetching(): Promise<Row[]> {
  const { pages, bytes, bareMs, clientMs, ratio } = await fetchCost(YEARS, GROWTH_PAGE)
  return [
    ['fetch and JSON.parse', `${bareMs.toFixed(1)} ms`, `${pages} pages, ${megabytes(bytes)}`],
    [
      'request, parsing and decoding',
      `${clientMs.toFixed(1)} ms`,
      `${ratio.toFixed(2)} × fetch and JSON.parse`
    ]
  ]
}

async function memory(): Promise<Row[]> {
  const rows: Row[] = []
  for (const years of [2, 5, 10]) {
    const { heap, done } = await runImport(years, PAGE, 'memory')
    rows.push([`${years} years, ${done} states`, megabytes(heap), 'over idle'])
  }
  return rows
}

/** Nobody forces a collection in a real Node-RED, and still a longer history must not need more for being longer. */
async function growth(): Promise<Row[]> {
  if (process.platform !== 'linux')
    return [['not measured', '', 'only Linux tells it without another program']]
  const rows: Row[] = []
  const needed: number[] = []
  for (const years of [YEARS / 2, 2 * YEARS, LONGEST]) {
    const { rss, done } = await importInNodeRed(years, GROWTH_PAGE)
    needed.push(rss)
    rows.push([`${years} years, ${done} states`, megabytes(rss), 'over idle'])
  }
  const [shortest] = needed as [number]
  rows.push(['  ratio', (Math.max(...needed) / shortest).toFixed(2), 'the most to the shortest history'])
  return rows
}

async function speed(): Promise<Row[]> {
  const rows: Row[] = []
  for (const pageSize of [PAGE, LARGE_PAGE]) {
    const run = await runImport(YEARS, pageSize, 'time')
    const { done, seconds, calls, pages, published, longestDelayMs, idleDelayMs } = run
    rows.push(
      [
        `pages of ${pageSize} groups`,
        `${done} states`,
        `${published} messages at the broker, announcements among them`
      ],
      ['  API calls', `${calls}`, `for ${pages} pages`],
      ['  states a second', `${Math.round(done / seconds)}`, `${seconds.toFixed(1)} s`],
      [
        '  longest delay of the event loop',
        `${longestDelayMs.toFixed(1)} ms`,
        `an idle process: ${idleDelayMs.toFixed(1)} ms`
      ]
    )
  }
  return rows
}

/** A history goes through a node in one run: nobody may have to wait for it. */
async function stalls(): Promise<Row[]> {
  const rows: Row[] = []
  for (const type of ['withings-measures', 'withings-activity', 'withings-sleep'] as const) {
    for (const output of ['each', 'batch', 'latest'] as const) {
      const withings = await startPart<WithingsReady>('withings.ts', { years: YEARS, pageSize: GROWTH_PAGE })
      const { page: _, ...login } = withings.ready
      const order: HistoryNodeOrder = { withings: login, type, output }
      const node = await startPart<{ ready: true }>('history-node.ts', order)
      const { longestStallMs, messages, seconds } = await node.ask<HistoryNodeResult>({ run: true })
      await Promise.all([node.stop(), withings.stop()])
      const note = `${messages} messages in ${seconds.toFixed(1)} s`
      rows.push([`${type}, ${output}`, `${longestStallMs.toFixed(0)} ms`, note])
    }
  }
  return rows
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}

async function budget(): Promise<Row[]> {
  return [
    ['longest wait of 20 clicks', `${Math.round(await longestClick())} ms`, 'beside 200 waiting polls'],
    ['writes of the settings', `${await idleWrites()}`, 'in ten idle polls of four nodes']
  ]
}

async function main(): Promise<void> {
  console.log(tableOf('Beside polls', await budget()))
  console.log(tableOf('Decoding', await decoding()))
  console.log(tableOf('Ten years of measures from a local server', await fetching()))
  console.log(tableOf('Longest stall of ten years through a data node', await stalls()))
  console.log(tableOf('Memory in use in the main thread, garbage collected all the time', await memory()))
  console.log(tableOf('Memory of an import at full speed in a real Node-RED', await growth()))
  console.log(tableOf('An import at full speed', await speed()))
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
