import { nightsOf } from './beds'
import { type Piece, piecesOf, seriesNames, seriesOf, state } from './hypnogram'
import { shortSummary, summaryFields } from './night-summary'
import { giveOffset, startOf } from './offsets'
import { hash } from './random'
import { type Envelope, success } from './replies'
import type { JsonObject, NightRow, Person } from './types'
import type { ApiRequest, World } from './world'
import { isDay } from './zones'

const integer = /^\d{1,12}$/
const longest = 86_400
const longestPiece = 600
const firstDay = '1970-01-01'

/** Half as many again as groups: 300 where those are 200. */
function pageSizeOf(world: World): number {
  return Math.round(world.pageSize * 1.5)
}

/** Either a pair of days, compared with the day of waking up, or `lastupdate`. */
export function getSleepSummary(world: World, person: Person, request: ApiRequest): Envelope | null {
  const wanted = fieldsOf(request, summaryFields, shortSummary)
  const filter = filterOf(request)
  const start = startOf(world, person, request)
  if (wanted === null || filter === null || start === null) {
    return null
  }
  const found = [...person.sleep, ...nightsOf(person.beds, person.timezone)].filter(filter).flatMap(withGone)
  const next = Math.min(start + pageSizeOf(world), found.length)
  const page = found.slice(start, next).filter(row => row !== null)
  const more = next < found.length
  return success({
    series: page.map(
      row => JSON.parse(JSON.stringify({ ...row, data: only(row.data, wanted) })) as JsonObject
    ),
    more,
    offset: more ? giveOffset(world, person, request, next) : 0
  })
}

/** Some rows are taken out after the cut, so a page may be short and the offset counts more than it holds. */
function withGone(row: NightRow): (NightRow | null)[] {
  return hash(`gone before ${row.id}`) % 12 === 0 ? [null, row] : [row]
}

function filterOf({ params }: ApiRequest): ((row: NightRow) => boolean) | null {
  const { startdateymd, enddateymd, lastupdate } = params
  if (lastupdate !== undefined) {
    const alone = startdateymd === undefined && enddateymd === undefined
    return alone && integer.test(lastupdate) ? ({ modified }) => modified >= Number(lastupdate) : null
  }
  const [from = '', until = ''] = [startdateymd, enddateymd]
  const valid = isDay(from) && isDay(until) && from >= firstDay && from <= until
  return valid ? ({ date }) => date >= from && date <= until : null
}

/** Pieces that reach into the span, in no order, with the maps that were asked for. */
export function getSleep(world: World, person: Person, request: ApiRequest): Envelope | null {
  const { startdate = '', enddate = '' } = request.params
  const wanted = fieldsOf(request, seriesNames, [])
  const [from, until] = [Number(startdate), Number(enddate)]
  const valid = integer.test(startdate) && integer.test(enddate) && from < until && until - from <= longest
  if (wanted === null || !valid) {
    return null
  }
  const segments = person.sleep.flatMap(row =>
    piecesIn(world, row)
      .flatMap(cut)
      .filter(({ start, end }) => start < until && end > from)
      .map(piece => segmentOf(row, piece, wanted))
  )
  const rankOf = (segment: JsonObject) => hash(JSON.stringify([world.seed, segment.startdate]))
  return success({
    series: segments.sort((a, b) => rankOf(a) - rankOf(b)),
    model: person.sleep[0]?.model ?? 32
  })
}

/** A night that was typed in is one piece; of one from elsewhere only its length is known. */
function piecesIn(world: World, row: NightRow): Piece[] {
  if (row.hash_deviceid !== null) return piecesOf(world.seed, row)
  const { startdate: start, enddate: end, data } = row
  return data.asleepduration === undefined ? [{ start, end, state: state.manual }] : []
}

/** At ten minutes at most, so neighbours often have the same state (withings-api.md §13 no. 13). */
function cut({ start, end, state: kind }: Piece): Piece[] {
  const count = Math.ceil((end - start) / longestPiece)
  return Array.from({ length: count }, (_, index) => {
    const from = start + index * longestPiece
    return { start: from, end: Math.min(from + longestPiece, end), state: kind }
  })
}

function segmentOf(row: NightRow, piece: Piece, wanted: string[]): JsonObject {
  return {
    startdate: piece.start,
    enddate: piece.end,
    state: piece.state,
    model: row.model === 32 ? 'Aura Sensor V2' : 'ScanWatch',
    model_id: row.model_id,
    hash_deviceid: row.hash_deviceid ?? null,
    ...seriesOf(piece, wanted)
  }
}

/** What `data_fields` names; null when it names what does not exist. */
function fieldsOf({ params }: ApiRequest, known: string[], otherwise: string[]): string[] | null {
  if (params.data_fields === undefined) return otherwise
  const wanted = params.data_fields.split(',')
  return wanted.every(name => known.includes(name)) ? wanted : null
}

function only(data: JsonObject, wanted: string[]): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => wanted.includes(name)))
}
