import { deviceIdOf } from './device-models'
import type { Point } from './intraday'
import { asInteger, asNumber, asObject, asTime, type JsonObject } from './json'
import { note, type Problem } from './row'
import { SERIES_FIELDS, type SeriesField } from './sleep-fields'

export type StageName =
  'awake' | 'light' | 'deep' | 'rem' | 'manual' | 'unspecified' | 'out_of_bed' | `stage_${number}`

/** A piece of sleep in one stage (withings-api.md §6.1). */
export interface Segment {
  /** Unix seconds. */
  start: number
  end: number
  stage: StageName
  deviceId: string | null
  /** What was measured meanwhile, by the type of `SERIES_FIELDS`, in any order. */
  series: Record<string, Point[]>
}

const STAGES: Readonly<Record<number, StageName>> = {
  0: 'awake',
  1: 'light',
  2: 'deep',
  3: 'rem',
  4: 'manual',
  5: 'unspecified',
  15: 'out_of_bed'
}

/** No answer reaches over more than a day; a longer piece would cover the whole night. */
const LONGEST = 2 * 86_400

/**
 * Body of `get` → segments, oldest first. `series` is documented as an object, yet a list; empty, it may be
 * either, or missing. An unreadable segment becomes a problem.
 */
export function parseSegments(body: JsonObject): { segments: Segment[]; problems: Problem[] } {
  const list: readonly unknown[] = Array.isArray(body.series)
    ? body.series
    : Object.values(asObject(body.series) ?? {})
  const segments: Segment[] = []
  const problems: Problem[] = []
  for (const [index, value] of list.entries()) {
    const segment = parseSegment(asObject(value) ?? {})
    if (segment) segments.push(segment)
    else note(problems, { place: `series[${index}]` })
  }
  return { segments: segments.sort((a, b) => a.start - b.start || a.end - b.end), problems }
}

function parseSegment(raw: JsonObject): Segment | undefined {
  const start = asTime(raw.startdate)
  const end = asTime(raw.enddate)
  const state = asInteger(raw.state)
  if (start === undefined || end === undefined || state === undefined || end < start) return undefined
  if (state < 0 || end - start > LONGEST) return undefined
  const series: Segment['series'] = {}
  for (const field of SERIES_FIELDS) {
    const points = pointsOf(raw[field.key], field).filter(({ x }) => x >= start * 1000 && x <= end * 1000)
    if (points.length > 0) series[field.type] = points
  }
  const deviceId = deviceIdOf(raw)
  return { start, end, stage: STAGES[state] ?? `stage_${state}`, deviceId, series }
}

/** A map from Unix seconds, as text, to numbers; a negative one stands for none. */
function pointsOf(value: unknown, { zeroIsNone, isFlag }: SeriesField): Point[] {
  return Object.entries(asObject(value) ?? {}).flatMap(([key, raw]) => {
    const [second, y] = [asTime(key), asNumber(raw)]
    const isNone = y === undefined || y < 0 || (zeroIsNone && y === 0)
    return second === undefined || isNone ? [] : [{ x: second * 1000, y: isFlag ? Math.min(y, 1) : y }]
  })
}
