import { asObject, type JsonObject } from '../../lib/base/json'
import { built } from './fetching'
import { medianOf } from './table'

export interface DecodeCost {
  bytes: number
  readings: number
  parseMs: number
  /** Body → Readings, without the parsing before it. */
  decodeMs: number
}

const ROUNDS = 20
/** Until the decoders are compiled, as JSON.parse always is. */
const WARM_UP = 60

/** What a page costs: `JSON.parse` of its bytes, and making Readings of what came out. Medians over many rounds. */
export function decodeCost(text: string, userId: string): DecodeCost {
  const { measuresFormat } =
    built<typeof import('../../lib/withings/measures/decode')>('withings/measures/decode')
  const { openPage, rowsOf } = built<typeof import('../../lib/withings/sync/sync')>('withings/sync/sync')
  const parseTimes: number[] = []
  const decodeTimes: number[] = []
  let readings = 0
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const page = moved(text, round)
    const start = performance.now()
    const parsed: unknown = JSON.parse(page)
    const between = performance.now()
    const groups = [...rowsOf(openPage(bodyOf(parsed), 0, measuresFormat(userId)))]
    const end = performance.now()
    readings = groups.reduce((sum, group) => sum + group.readings.length, 0)
    if (round < WARM_UP) continue
    parseTimes.push(between - start)
    decodeTimes.push(end - between)
  }
  const bytes = Buffer.byteLength(text)
  return { bytes, readings, parseMs: medianOf(parseTimes), decodeMs: medianOf(decodeTimes) }
}

/** The same page with other ids and dates: what was read once is in memory, and no page is asked for twice. */
function moved(text: string, round: number): string {
  const by: Readonly<Record<string, number>> = {
    grpid: 1_000_000,
    date: 86_400,
    created: 86_400,
    modified: 86_400
  }
  return text.replace(/"(grpid|date|created|modified)":(\d+)/g, (_, key: string, value: string) => {
    return `"${key}":${Number(value) - round * (by[key] ?? 0)}`
  })
}

function bodyOf(parsed: unknown): JsonObject {
  const body = asObject(asObject(parsed)?.body)
  if (body === undefined) throw new Error('This is no page.')
  return body
}
