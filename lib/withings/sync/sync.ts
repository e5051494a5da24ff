import { inSlices, sortedInSlices } from '../../base/slices'
import type { FetchContext } from '../api/client'
import {
  advanced,
  changedSince,
  type Cursor,
  isWaiting,
  notAhead,
  undelivered,
  unreadableSince
} from './cursor'
import { daysLater } from './local-days'
import { fetchPage, type Page, rowsOf } from './page'
import type { Query } from './query'
import { type Filter, note, type Problem, type Row, type RowSource } from './row'

/** What one run asks for, and the cursor that the run before left. */
export interface SyncRequest<Asked = Query, Stored = Cursor> {
  query: Asked
  stored?: Stored | undefined
}

export interface SyncResult<R extends Row> {
  /** Each row once, oldest first. */
  rows: R[]
  problems: Problem[]
  /** To be kept once the rows were delivered; undefined when the run leaves the cursor alone. */
  cursor: Cursor | undefined
}

const DAY = 86_400
/** Enough for any clock that runs behind Withings'. */
const AHEAD = DAY

/** Asks for all pages of a query and gives what is to be delivered. Throws what `FetchContext.call` throws. */
export async function sync<R extends Row>(
  context: FetchContext,
  source: RowSource<R>,
  { query, stored }: SyncRequest
): Promise<SyncResult<R>> {
  const { userId } = context
  const now = Math.floor(context.now() / 1000)
  const cursor = stored?.userId === userId ? notAhead(stored, now) : undefined
  const filter = filterOf(source, query, cursor, now)
  const read = (asked: Filter) => readPages(context, source, { query, filter: asked })
  if (query.kind !== 'new') {
    const { rows, problems } = await read(filter)
    return { rows: await sortedInSlices(rows, source.order), problems, cursor: undefined }
  }
  const mustWait = (problems: readonly Problem[]) => isWaiting(unreadableSince(cursor, problems, now), now)
  const { updatetime, problems, rows } = await readUntilSettled(read, filter, mustWait)
  const fresh = await sortedInSlices(undelivered(cursor, rows), source.order)
  // A server time from the future would hide every change until then; looking back too far hides nothing.
  const upTo = mustWait(problems) || updatetime === undefined ? undefined : Math.min(updatetime, now)
  const listed = goesOn(cursor) ? rows : []
  const unreadable = unreadableSince(cursor, problems, now)
  return {
    rows: fresh,
    problems,
    cursor: advanced(cursor, userId, { upTo, rows: fresh, listed, unreadable }, source.overlap)
  }
}

/** Whether a run asks for what changed since the last one. */
function goesOn(cursor: Cursor | undefined): cursor is Cursor {
  return cursor !== undefined && cursor.upTo > 0
}

interface Pages<R extends Row> {
  rows: R[]
  problems: Problem[]
  updatetime: number | undefined
  /** How many pages there were. */
  count: number
}

const MOST_PASSES = 4
/** Fifty years of several measurements a day; what goes on behind them never ends. */
export const MOST_PAGES = 500

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
  while (offset !== undefined) {
    count += 1
    const page: Page<R> = await fetchPage(context, source, { filter, offset })
    const ofPage = await rowsById(page, source, query)
    if (offset === 0) updatetime = updatetimeOf(page, source, ofPage)
    for (const row of ofPage.values()) {
      const known = rows.get(row.id)
      if (!known || known.modified < row.modified) rows.set(row.id, row)
    }
    for (const problem of page.problems) note(problems, problem)
    offset = page.next
    if (count < MOST_PAGES || offset === undefined) continue
    note(problems, { place: 'offset' })
    break
  }
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
    if (!known) rows.set(row.id, row)
    else if (source.unite) rows.set(row.id, source.unite(known, row))
    else if (known.modified < row.modified) rows.set(row.id, row)
  })
  return rows
}

/** Most answers do not tell the server's time, but the newest change that they list is one. */
function updatetimeOf<R extends Row>(
  { body }: Page<R>,
  source: RowSource<R>,
  rows: ReadonlyMap<string, R>
): number | undefined {
  if (source.updatetime) return source.updatetime(body)
  let newest: number | undefined
  for (const { modified } of rows.values()) newest = Math.max(newest ?? 0, modified)
  return newest
}

function filterOf(
  source: Pick<RowSource<Row>, 'span' | 'changed' | 'overlap'>,
  query: Query,
  cursor: Cursor | undefined,
  now: number
): Filter {
  if (query.kind === 'span') return source.span(query.from, query.until ?? now + AHEAD)
  if (goesOn(cursor)) return source.changed(changedSince(cursor, source.overlap))
  return source.span(query.days === 0 ? 0 : now - query.days * DAY, now + AHEAD)
}
