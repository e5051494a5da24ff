import { SECONDS_PER_DAY } from '../../base/clock'
import { asInteger, asList, asNumber, asObject, type JsonObject } from '../../base/json'
import { inSlices, sortedInSlices } from '../../base/slices'
import type { FetchContext } from '../api/client'
import {
  advanceCursor,
  changedSince,
  clampedTo,
  type Cursor,
  mustWaitFor,
  problemsSince,
  withoutDelivered
} from './cursor'
import { daysLater } from './local-days'
import type { Query } from './query'
import { addProblem, type Filter, type Problem, type Row, type RowFormat, type RowSource } from './row'

/** What one run asks for, and the cursor that the run before left. */
export interface SyncRequest<Asked = Query, Stored = Cursor> {
  query: Asked
  stored?: Stored | undefined
}

export interface SyncResult<R extends Row> {
  /** Each row once, oldest first. */
  rows: R[]
  problems: Problem[]
  /** To be saved once the rows were delivered; undefined when the run leaves the cursor alone. */
  cursor: Cursor | undefined
}

/** Enough for any clock that runs behind Withings'. */
const AHEAD = SECONDS_PER_DAY

/** Asks for all pages of a query and gives what is to be delivered. Throws what `FetchContext.call` throws. */
export async function sync<R extends Row>(
  context: FetchContext,
  source: RowSource<R>,
  { query, stored }: SyncRequest
): Promise<SyncResult<R>> {
  const { userId } = context
  const now = Math.floor(context.now() / 1000)
  const cursor = stored?.userId === userId ? clampedTo(stored, now) : undefined
  const filter = filterOf(source, query, cursor, now)
  const read = (asked: Filter) => readPages(context, source, { query, filter: asked })
  if (query.kind !== 'new') {
    const { rows, problems } = await read(filter)
    return { rows: await sortedInSlices(rows, source.order), problems, cursor: undefined }
  }
  const unreadableIn = (problems: readonly Problem[]) => problemsSince(cursor, problems, now)
  const mustWait = (problems: readonly Problem[]) => mustWaitFor(unreadableIn(problems), now)
  const { updatetime, problems, rows: listed } = await readUntilSettled(read, filter, mustWait)
  const rows = await sortedInSlices(withoutDelivered(cursor, listed), source.order)
  const next = advanceCursor(cursor, {
    userId,
    // A server time from the future would hide every change until then; looking back too far hides nothing.
    upTo: mustWait(problems) || updatetime === undefined ? undefined : Math.min(updatetime, now),
    rows,
    listed: goesOn(cursor) ? listed : [],
    unreadable: unreadableIn(problems),
    overlap: source.overlap
  })
  return { rows, problems, cursor: next }
}

/** Whether a run asks for what changed since the last one. */
function goesOn(cursor: Cursor | undefined): cursor is Cursor {
  return cursor !== undefined && cursor.upTo > 0
}

function filterOf(
  source: Pick<RowSource<Row>, 'span' | 'changed' | 'overlap'>,
  query: Query,
  cursor: Cursor | undefined,
  now: number
): Filter {
  if (query.kind === 'span') return source.span(query.from, query.until ?? now + AHEAD)
  if (goesOn(cursor)) return source.changed(changedSince(cursor, source.overlap))
  return source.span(query.days === 0 ? 0 : now - query.days * SECONDS_PER_DAY, now + AHEAD)
}

interface Pages<R extends Row> {
  rows: R[]
  problems: Problem[]
  updatetime: number | undefined
  /** How many pages there were. */
  count: number
}

const MOST_PASSES = 4

/**
 * A row that Withings removes between two pages lets another one slip past, which a cursor would then hide for
 * good. So what needed several pages is read again, until that shows nothing more. Each pass asks a little
 * differently: the same request would be answered from the one before (design.md §2.8).
 */
async function readUntilSettled<R extends Row>(
  read: (filter: Filter) => Promise<Pages<R>>,
  filter: Filter,
  mustWait: (problems: readonly Problem[]) => boolean
): Promise<Pages<R>> {
  const first = await read(filter)
  const rows = new Map(first.rows.map(row => [row.id, row]))
  let settled = first.count === 1 || mustWait(first.problems)
  for (let pass = 1; pass < MOST_PASSES && !settled; pass += 1) {
    const again = await read(widened(filter, pass))
    const more = again.rows.filter(row => rows.get(row.id)?.modified !== row.modified)
    more.forEach(row => rows.set(row.id, row))
    settled = more.length === 0
  }
  // The server time of the first pass: what changed since is read by the next run.
  const updatetime = settled ? first.updatetime : undefined
  return { ...first, rows: [...rows.values()], updatetime }
}

/** The filter, reaching a little further: back for changes, forward for a span, which ends in the future. */
function widened(filter: Filter, pass: number): Filter {
  const { lastupdate, enddate, enddateymd } = filter
  if (lastupdate !== undefined) return { ...filter, lastupdate: String(Number(lastupdate) - pass) }
  if (enddate !== undefined) return { ...filter, enddate: String(Number(enddate) + pass) }
  return enddateymd === undefined ? filter : { ...filter, enddateymd: daysLater(enddateymd, pass) }
}

/** Fifty years of several measurements a day; a list that goes on beyond never ends. */
export const MOST_PAGES = 500

/** All pages of a filter. Of a row that stands on several of them, the one that was changed last. */
export async function readPages<R extends Row>(
  context: Pick<FetchContext, 'call'>,
  source: RowSource<R>,
  { query, filter }: { query: Query; filter: Filter }
): Promise<Pages<R>> {
  const rows = new Map<string, R>()
  const problems: Problem[] = []
  let updatetime: number | undefined
  let offset: number | undefined = 0
  let count = 0
  for (; offset !== undefined && count < MOST_PAGES; count += 1) {
    const page: Page<R> = await fetchPage(context, source, { filter, offset })
    const ofPage = await rowsById(page, source, query)
    if (offset === 0) updatetime = source.updatetime ? source.updatetime(page.body) : newestChange(ofPage)
    for (const row of ofPage.values()) rows.set(row.id, newer(row, rows.get(row.id)))
    for (const problem of page.problems) addProblem(problems, problem)
    offset = page.next
  }
  if (offset !== undefined) addProblem(problems, { place: 'offset' })
  return { rows: [...rows.values()], problems, updatetime, count }
}

async function rowsById<R extends Row>(
  page: Page<R>,
  source: RowSource<R>,
  query: Query
): Promise<Map<string, R>> {
  const rows = new Map<string, R>()
  await inSlices(rowsOf(page), row => {
    if (source.within?.(query, row, page.body) === false) return
    const known = rows.get(row.id)
    rows.set(row.id, known && source.merge ? source.merge(known, row) : newer(row, known))
  })
  return rows
}

function newer<R extends Row>(row: R, known: R | undefined): R {
  return known && known.modified >= row.modified ? known : row
}

/** Most answers do not tell the server's time, but the newest change that they list is one. */
function newestChange(rows: ReadonlyMap<string, Row>): number | undefined {
  if (rows.size === 0) return undefined
  return [...rows.values()].reduce((newest, { modified }) => Math.max(newest, modified), 0)
}

/** One answer of a call that lists rows; `rowsOf` decodes them. */
export interface Page<R> {
  format: RowFormat<R>
  body: JsonObject
  raws: readonly unknown[]
  /** Offset of the next page; undefined on the last one. */
  next: number | undefined
  /** What cannot be used; decoding adds to it. */
  problems: Problem[]
}

/** One page: `offset` is 0 for the first, then `next` of the one before. Throws what `FetchContext.call` throws. */
export async function fetchPage<R extends Row>(
  { call }: Pick<FetchContext, 'call'>,
  source: RowSource<R>,
  { filter, offset }: { filter: Filter; offset: number }
): Promise<Page<R>> {
  const { request } = source
  const params = { ...request.params, ...filter, ...(offset === 0 ? {} : { offset: String(offset) }) }
  return openPage(await call({ ...request, params }), offset, source)
}

/** Body → page. Uses what can be used: what is unreadable becomes a problem, never an exception. */
export function openPage<R>(body: JsonObject, offset: number, format: RowFormat<R>): Page<R> {
  const problems: Problem[] = []
  const raws = asList(body[format.list])
  if (raws === undefined) addProblem(problems, { place: format.list })
  const next = nextOffset(body, offset, raws?.length ?? 0)
  if (next === 'stuck') addProblem(problems, { place: 'offset' })
  return { format, body, raws: raws ?? [], next: next === 'stuck' ? undefined : next, problems }
}

/** The one way from an answer to rows, for polls and imports: each row is decoded when it is taken. */
export function* rowsOf<R>({ format, raws, problems }: Page<R>): Generator<R, void, undefined> {
  const { decode, idOf, list } = format
  // Without entries(): a pair for each row costs more memory than some rows.
  for (let index = 0; index < raws.length; index += 1) {
    const raw = asObject(raws[index])
    const row = raw && decode(raw, index, problems)
    if (row) yield row
    else if (row === undefined) {
      const id = raw && idOf(raw)
      addProblem(problems, { place: `${list}[${index}]`, ...(id !== undefined && { id }) })
    }
  }
}

/** More than anybody has: an offset beyond it belongs to a list without an end. */
const MOST_ROWS = 1_000_000

/**
 * Where the page after one asked with `offset` begins: undefined when there is none, `stuck` when Withings says
 * there is one and not where. `more` is a number in getmeas and a boolean elsewhere; beside a falsy one the offset
 * may be any number (withings-api.md §4.2, §9). Where it is absent, a growing offset is followed: one call too many
 * costs less than a gap.
 */
export function nextOffset(body: JsonObject, offset: number, count: number): number | 'stuck' | undefined {
  const next = asInteger(body.offset)
  const more = asNumber(body.more)
  if (more === 0 || body.more === false) return undefined
  const grows = next !== undefined && next > offset && next < MOST_ROWS
  if (more !== undefined || body.more === true) return grows ? next : 'stuck'
  return grows && count > 0 ? next : undefined
}
