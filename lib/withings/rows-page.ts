import { asList, asObject, type JsonObject } from './json'
import { nextOffset } from './paging'
import { note, type Problem, type Row, type RowsPage } from './row'
import { inSlices } from './slices'

/** How the rows of one call are read. */
export interface RowFormat<R> {
  /** Where the list stands in the body. */
  list: string
  /** Undefined for a row that cannot be used. */
  parse: (raw: JsonObject) => R | undefined
  /** Id of an unusable row, where it tells one. */
  idOf: (raw: JsonObject) => string | undefined
}

/**
 * Body of a call whose `more` is a boolean → page. Uses what can be used: an unreadable row becomes a problem,
 * never an exception. `offset` is the one the page was asked with. These answers do not tell the server's time,
 * but the newest change that they list is one.
 */
export async function parseRowsPage<R extends Row>(
  body: JsonObject,
  offset: number,
  format: RowFormat<R>
): Promise<RowsPage<R>> {
  const page = openRowsPage(body, offset, format.list)
  const rows: R[] = []
  let updatetime: number | undefined
  await inSlices(page.raws, (_, index) => {
    const row = decodeRow(page, index, format)
    if (!row) return
    rows.push(row)
    updatetime = Math.max(updatetime ?? 0, row.modified)
  })
  return { rows, updatetime, next: page.next, problems: page.problems }
}

/** What one answer holds beside its rows, and these as they came. */
export interface UndecodedRows extends Pick<RowsPage<Row>, 'next' | 'problems'> {
  raws: readonly unknown[]
}

/** Body → page whose rows `decodeRow` decodes one by one, for those who need not have all at once. */
export function openRowsPage(body: JsonObject, offset: number, list: string): UndecodedRows {
  const problems: Problem[] = []
  const raws = asList(body[list])
  if (raws === undefined) note(problems, { place: list })
  const next = nextOffset(body, offset, raws?.length ?? 0)
  if (next === 'stuck') note(problems, { place: 'offset' })
  return { raws: raws ?? [], next: next === 'stuck' ? undefined : next, problems }
}

/** The row at `index`; undefined for one that cannot be used, which is noted among the problems. */
export function decodeRow<R>(
  { raws, problems }: Pick<UndecodedRows, 'raws' | 'problems'>,
  index: number,
  { list, parse, idOf }: RowFormat<R>
): R | undefined {
  const raw = asObject(raws[index])
  const row = raw && parse(raw)
  if (!row) note(problems, problemOf(`${list}[${index}]`, raw && idOf(raw)))
  return row
}

function problemOf(place: string, id: string | undefined): Problem {
  return id === undefined ? { place } : { place, id }
}
