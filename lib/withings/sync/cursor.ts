import { asInteger, asText } from '../../base/json'
import { list, optional, type Parsed, shape } from '../../base/shape'
import { OTHERS, type Problem, problemKey, type Row } from './row'

const parsePairs = list(value => {
  const [key, number] = Array.isArray(value) ? [asText(value[0]), asInteger(value[1])] : []
  return key === undefined || number === undefined ? undefined : ([key, number] as [string, number])
})

/** How far a node has followed what Withings lists of one user; kept over restarts. */
export const parseCursor = shape({
  userId: asText,
  /** Server time in Unix seconds up to which everything was delivered. */
  upTo: asInteger,
  /** `[id, modified]` of delivered rows that the next runs may see again. */
  delivered: parsePairs,
  /** What could not be read, and when that was seen first, in Unix seconds. */
  unreadable: optional(parsePairs)
})

export type Cursor = Parsed<typeof parseCursor>
export type Unreadable = [key: string, since: number][]

/** Delivered rows are remembered for longer: a run that asks again reaches some seconds further back. */
const MARGIN = 60

/** So long a cursor waits for Withings to mend what cannot be read, in seconds. */
const PATIENCE = 86_400

/** More of them are remembered as one. */
const MOST_UNREADABLE = 100

/** The cursor of a run that took place while the clock was ahead would ask for nothing until that time had come. */
export function notAhead(cursor: Cursor, now: number): Cursor {
  return cursor.upTo > now ? { ...cursor, upTo: now } : cursor
}

/** Where the next run begins, in Unix seconds. */
export function changedSince(cursor: Cursor, overlap: number): number {
  return Math.max(1, cursor.upTo - overlap)
}

/** Rows that this cursor has not delivered yet in this state; an edited row counts as new. */
export function undelivered<R extends Row>(cursor: Cursor | undefined, rows: R[]): R[] {
  const delivered = new Map(cursor?.delivered)
  return rows.filter(row => delivered.get(row.id) !== row.modified)
}

/** The cursor of a question whose answers were delivered by both of these. */
export function joined(own: Cursor | undefined, other: Cursor | undefined): Cursor | undefined {
  if (!own || !other || own.userId !== other.userId) return own ?? other
  const [behind, ahead] = own.upTo < other.upTo ? [own, other] : [other, own]
  return { ...ahead, delivered: [...behind.delivered, ...ahead.delivered] }
}

/** What a run could not read, and since when; `now` in Unix seconds. */
export function unreadableSince(
  cursor: Cursor | undefined,
  problems: readonly Problem[],
  now: number
): Unreadable {
  const known = new Map(cursor?.unreadable)
  const keys = problems.map((problem, index) => (index < MOST_UNREADABLE ? cursorKey(problem) : OTHERS))
  return [...new Set(keys)].map(key => [key, Math.min(known.get(key) ?? now, now)])
}

/** Whether a cursor must wait for one of these. */
export function isWaiting(unreadable: Unreadable, now: number): boolean {
  return unreadable.some(([, since]) => since > now - PATIENCE)
}

/** The number of a row without an id is another one as soon as Withings lists more. */
function cursorKey(problem: Problem): string {
  return problemKey(problem).replace(/\[\d+\]/g, '[]')
}

/** What a run found, as far as it matters to the next one. */
export interface Found {
  /** Server time of the first page; undefined when the cursor must stay where it was. */
  upTo: number | undefined
  /** What is delivered now. */
  rows: readonly Row[]
  /** Delivered rows that stay remembered because Withings may list them again, however old they seem. */
  listed: readonly Row[]
  unreadable: Unreadable
}

/** The cursor after what a run found was delivered. */
export function advanced(
  cursor: Cursor | undefined,
  userId: string,
  { upTo, rows, listed, unreadable }: Found,
  overlap: number
): Cursor {
  const next = Math.max(upTo ?? 0, cursor?.upTo ?? 0)
  const delivered = new Map(cursor?.delivered)
  for (const row of rows) delivered.set(row.id, row.modified)
  const again = new Set(listed.map(({ id }) => id))
  const kept = [...delivered].filter(([id, modified]) => modified >= next - overlap - MARGIN || again.has(id))
  return { userId, upTo: next, delivered: kept, ...(unreadable.length > 0 && { unreadable }) }
}
