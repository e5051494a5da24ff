import { SECONDS_PER_DAY, SECONDS_PER_MINUTE } from '../../base/clock'
import { asInteger, asNumber, asObject, asTime, type JsonObject } from '../../base/json'
import type { Point } from '../activity/intraday'
import type { FetchContext } from '../api/client'
import { deviceIdOf } from '../readings/device-models'
import { dataFields } from '../readings/fields'
import type { Item } from '../readings/item-messages'
import { addProblem, type Problem } from '../sync/row'
import { SERIES_FIELDS, type SeriesField } from './fields'
import type { Night } from './night'
import { isoOf } from './summary'

export type StageName =
  'awake' | 'light' | 'deep' | 'rem' | 'manual' | 'unspecified' | 'out_of_bed' | `stage_${number}`

const STAGES: Readonly<Record<number, StageName>> = {
  0: 'awake',
  1: 'light',
  2: 'deep',
  3: 'rem',
  4: 'manual',
  5: 'unspecified',
  15: 'out_of_bed'
}

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

/** An answer covers at most a day; a longer piece would cover the whole night. */
const LONGEST = 2 * SECONDS_PER_DAY

/**
 * Body of `get` → segments, oldest first. `series` is documented as an object, yet a list; empty, it may be
 * either, or missing. An unreadable segment becomes a problem.
 */
export function parseSegments(body: JsonObject): { segments: Segment[]; problems: Problem[] } {
  const list: readonly unknown[] = Object.values(
    Array.isArray(body.series) ? body.series : (asObject(body.series) ?? {})
  )
  const segments: Segment[] = []
  const problems: Problem[] = []
  for (const [index, value] of list.entries()) {
    const segment = parseSegment(asObject(value) ?? {})
    if (segment) segments.push(segment)
    else addProblem(problems, { place: `series[${index}]` })
  }
  return { segments: segments.sort((a, b) => a.start - b.start || a.end - b.end), problems }
}

function parseSegment(raw: JsonObject): Segment | undefined {
  const [start, end, state] = [asTime(raw.startdate), asTime(raw.enddate), asInteger(raw.state)]
  if (start === undefined || end === undefined || state === undefined || state < 0) return undefined
  if (end < start || end - start > LONGEST) return undefined
  const series: Segment['series'] = {}
  for (const field of SERIES_FIELDS) {
    const points = pointsOf(raw[field.key], field).filter(({ x }) => x >= start * 1000 && x <= end * 1000)
    if (points.length > 0) series[field.type] = points
  }
  return { start, end, stage: STAGES[state] ?? `stage_${state}`, deviceId: deviceIdOf(raw), series }
}

/** A map from Unix seconds, as text, to numbers; a negative one stands for none. */
function pointsOf(value: unknown, { zeroIsNone, isFlag }: SeriesField): Point[] {
  return Object.entries(asObject(value) ?? {}).flatMap(([key, raw]) => {
    const [second, y] = [asTime(key), asNumber(raw)]
    const isNone = y === undefined || y < 0 || (zeroIsNone && y === 0)
    return second === undefined || isNone ? [] : [{ x: second * 1000, y: isFlag ? Math.min(y, 1) : y }]
  })
}

/** The most that one answer covers (withings-api.md §6.1, §12). */
const SLICE = SECONDS_PER_DAY

/** Fetches the stages of a night in slices of 24 h. Throws what `FetchContext.call` throws. */
export async function readStages(
  { call }: Pick<FetchContext, 'call'>,
  night: Night
): Promise<{ stages: Stages; problems: Problem[] }> {
  const segments = new Map<string, Segment>()
  const problems: Problem[] = []
  const end = Date.parse(night.endDate) / 1000
  for (let from = Date.parse(night.startDate) / 1000; from < end; from += SLICE) {
    const params = {
      action: 'get',
      startdate: String(from),
      enddate: String(Math.min(from + SLICE, end)),
      data_fields: dataFields(SERIES_FIELDS)
    }
    const answer = parseSegments(await call({ path: '/v2/sleep', params, scope: 'user.activity' }))
    // A segment that crosses the border of two slices comes with both.
    for (const segment of answer.segments) {
      segments.set([segment.start, segment.end, segment.stage, segment.deviceId].join(' '), segment)
    }
    problems.push(...answer.problems.map(({ place }) => ({ place, id: `stages of ${night.id}` })))
  }
  return { stages: stagesOf(night, [...segments.values()]), problems }
}

/** How a night went from minute to minute, ready to plot. Dates are ISO 8601 in UTC. */
export interface Stages
  extends Item, Pick<Night, 'id' | 'day' | 'timezone' | 'model' | 'startDate' | 'endDate'> {
  kind: 'stages'
  sleep: Night['kind']
  /** Oldest first; pieces of the same stage that touch are one. Nothing is known of a gap. */
  timeline: StagePiece[]
  /** The timeline as a line: each piece from its start to its end, at the height of `HEIGHTS`. */
  hypnogram: Point[]
  /** By type of `SERIES_FIELDS`, oldest first. */
  series: Record<string, Point[]>
}

export interface StagePiece {
  stage: StageName
  startDate: string
  endDate: string
  /** Seconds. */
  duration: number
}

/** As sleep laboratories draw it: deep sleep lies at the bottom. Other stages have no height. */
const HEIGHTS: Readonly<Partial<Record<StageName, number>>> = {
  deep: 1,
  light: 2,
  rem: 3,
  awake: 4,
  out_of_bed: 5
}

/** Segments, oldest first, of the time of a night → its stages. Those of another device are left out. */
export function stagesOf(night: Night, segments: readonly Segment[]): Stages {
  const own = segments.filter(segment => belongsTo(night, segment))
  const pieces = withAbsences(night, piecesOf(own))
  const { kind: sleep, id, day, timezone, userId, deviceId, model, startDate, endDate } = night
  return {
    kind: 'stages',
    ...{ sleep, id, day, timezone, userId, deviceId, model, startDate, endDate },
    timeline: pieces.map(({ stage, start, end }) => ({
      stage,
      startDate: isoOf(start),
      endDate: isoOf(end),
      duration: end - start
    })),
    hypnogram: pieces.flatMap(({ stage, start, end }) => {
      const y = HEIGHTS[stage]
      return y === undefined ? [] : [start, end].map(second => ({ x: second * 1000, y }))
    }),
    series: seriesOf(own),
    readings: []
  }
}

function belongsTo({ deviceId, startDate, endDate }: Night, segment: Segment): boolean {
  const sameDevice = deviceId === null || segment.deviceId === null || segment.deviceId === deviceId
  return sameDevice && isoOf(segment.end) > startDate && isoOf(segment.start) < endDate
}

type Piece = Pick<Segment, 'stage' | 'start' | 'end'>

function piecesOf(segments: readonly Segment[]): Piece[] {
  const pieces: Piece[] = []
  for (const { stage, start, end } of segments) {
    const last = pieces.at(-1)
    if (last?.stage === stage && last.end >= start) last.end = Math.max(last.end, end)
    else pieces.push({ stage, start, end })
  }
  return pieces
}

/** Withings has no segments for the time out of bed. A gap that did not begin with leaving the bed is missing data. */
function withAbsences({ events }: Pick<Night, 'events'>, pieces: readonly Piece[]): Piece[] {
  const leavings = events.filter(({ type }) => type === 'left_bed').map(({ date }) => Date.parse(date) / 1000)
  return pieces.flatMap((piece, index) => {
    const next = pieces[index + 1]
    const isAbsence = next && leavings.some(at => at >= piece.end - SECONDS_PER_MINUTE && at < next.start)
    if (!isAbsence || next.start <= piece.end) return [piece]
    return [piece, { stage: 'out_of_bed', start: piece.end, end: next.start }]
  })
}

/** One point a minute, also where two answers overlap. */
function seriesOf(segments: readonly Segment[]): Record<string, Point[]> {
  const series = new Map<string, Map<number, Point>>()
  for (const [type, points] of segments.flatMap(segment => Object.entries(segment.series))) {
    const byTime = series.get(type) ?? new Map<number, Point>()
    series.set(type, byTime)
    points.forEach(point => byTime.set(point.x, point))
  }
  const sorted = (points: Map<number, Point>) => [...points.values()].sort((a, b) => a.x - b.x)
  return Object.fromEntries([...series].map(([type, points]) => [type, sorted(points)]))
}
