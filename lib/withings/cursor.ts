import type { Row } from './row'

/** How far a node has followed what Withings lists of one user; kept over restarts. */
export interface Cursor {
  userId: string
  /** Server time in Unix seconds up to which everything was delivered. */
  upTo: number
  /** `[id, modified]` of delivered rows that the next runs may see again. */
  delivered: [id: string, modified: number][]
}

/** Delivered rows are remembered for longer: a run that asks again reaches some seconds further back. */
const MARGIN = 60

/** Where the next run begins, in Unix seconds. */
export function changedSince(cursor: Cursor, overlap: number): number {
  return Math.max(1, cursor.upTo - overlap)
}

/** Rows that this cursor has not delivered yet in this state; an edited row counts as new. */
export function undelivered<R extends Row>(cursor: Cursor | undefined, rows: R[]): R[] {
  const delivered = new Map(cursor?.delivered)
  return rows.filter(row => delivered.get(row.id) !== row.modified)
}

/**
 * The cursor after `rows` were delivered. `upTo` is the server time of the first page, or undefined when
 * something could not be read: then it stays where it was, and only the delivered rows are remembered.
 */
export function advanced(
  cursor: Cursor | undefined,
  userId: string,
  upTo: number | undefined,
  rows: readonly Row[],
  overlap: number
): Cursor {
  const next = Math.max(upTo ?? 0, cursor?.upTo ?? 0)
  const delivered = new Map(cursor?.delivered)
  for (const row of rows) delivered.set(row.id, row.modified)
  const kept = [...delivered].filter(([, modified]) => modified >= next - overlap - MARGIN)
  return { userId, upTo: next, delivered: kept }
}
