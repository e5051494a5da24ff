import { asList, asObject, type JsonObject } from './json'
import { nextOffset } from './paging'
import type { Problem, Row, RowsPage } from './row'

/** How the rows of one call are read. */
export interface RowFormat<R extends Row> {
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
export function parseRowsPage<R extends Row>(
  body: JsonObject,
  offset: number,
  { list, parse, idOf }: RowFormat<R>
): RowsPage<R> {
  const rows: R[] = []
  const problems: Problem[] = []
  const raws = asList(body[list])
  if (raws === undefined) problems.push({ place: list })
  for (const [index, value] of (raws ?? []).entries()) {
    const raw = asObject(value)
    const row = raw && parse(raw)
    if (row) rows.push(row)
    else problems.push(problemOf(`${list}[${index}]`, raw && idOf(raw)))
  }
  const next = nextOffset(body, offset, raws?.length ?? 0)
  if (next === 'stuck') problems.push({ place: 'offset' })
  return {
    rows,
    updatetime: rows.length === 0 ? undefined : Math.max(...rows.map(row => row.modified)),
    next: next === 'stuck' ? undefined : next,
    problems
  }
}

function problemOf(place: string, id: string | undefined): Problem {
  return id === undefined ? { place } : { place, id }
}
