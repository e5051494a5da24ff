import { SECONDS_PER_DAY } from '../../base/clock'
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
  /** `[key, since]` of what could not be read: since when, in Unix seconds. */
  unreadable: optional(parsePairs)
})

export type Cursor = Parsed<typeof parseCursor>
type Unreadable = NonNullable<Cursor['unreadable']>

/** Seconds that delivered rows are remembered beyond the overlap, for a second pass reaches a little further back. */
const MARGIN = 60
/** Seconds that a cursor waits for Withings to mend what cannot be read. */
const PATIENCE = SECONDS_PER_DAY
/** More unreadable rows are remembered as one. */
const MOST_UNREADABLE = 100

/** The cursor with an `upTo` of `now` at most: one that was saved by a fast clock would ask for nothing until then. */
export function clampedTo(cursor: Cursor, now: number): Cursor {
  return cursor.upTo > now ? { ...cursor, upTo: now } : cursor
}

/** Where the next run begins, in Unix seconds. */
export function changedSince(cursor: Cursor, overlap: number): number {
  return Math.max(1, cursor.upTo - overlap)
}

/** Rows that this cursor has not delivered yet in this state; an edited row counts as new. */
export function withoutDelivered<R extends Row>(cursor: Cursor | undefined, rows: R[]): R[] {
  const delivered = new Map(cursor?.delivered)
  return rows.filter(row => delivered.get(row.id) !== row.modified)
}

/** The cursor of a query whose rows were delivered by both of these. */
export function joinCursors(own: Cursor | undefined, other: Cursor | undefined): Cursor | undefined {
  if (!own || !other || own.userId !== other.userId) return own ?? other
  const [behind, ahead] = own.upTo < other.upTo ? [own, other] : [other, own]
  return { ...ahead, delivered: [...behind.delivered, ...ahead.delivered] }
}

/** What a run could not read, and since when; `now` in Unix seconds. */
export function problemsSince(
  cursor: Cursor | undefined,
  problems: readonly Problem[],
  now: number
): Unreadable {
  const known = new Map(cursor?.unreadable)
  // The index of a row without an id changes as soon as Withings lists more.
  const keys = problems.map((problem, index) =>
    index < MOST_UNREADABLE ? problemKey(problem).replace(/\[\d+\]/g, '[]') : OTHERS
  )
  return [...new Set(keys)].map(key => [key, Math.min(known.get(key) ?? now, now)])
}

/** Whether a cursor must wait for one of these. */
export function mustWaitFor(unreadable: Unreadable, now: number): boolean {
  return unreadable.some(([, since]) => since > now - PATIENCE)
}

/** A run, as far as it matters to the next one. */
interface Run {
  userId: string
  /** Server time of the first page; undefined when the cursor must stay where it was. */
  upTo: number | undefined
  /** What is delivered now. */
  rows: readonly Row[]
  /** Delivered rows that stay remembered because Withings may list them again, however old they seem. */
  listed: readonly Row[]
  unreadable: Unreadable
  /** Seconds that the next run looks back. */
  overlap: number
}

/** The cursor after the rows of a run were delivered. */
export function advanceCursor(
  cursor: Cursor | undefined,
  { userId, upTo, rows, listed, unreadable, overlap }: Run
): Cursor {
  const next = Math.max(upTo ?? 0, cursor?.upTo ?? 0)
  const delivered = new Map(cursor?.delivered)
  for (const row of rows) delivered.set(row.id, row.modified)
  const again = new Set(listed.map(({ id }) => id))
  const kept = [...delivered].filter(([id, modified]) => modified >= next - overlap - MARGIN || again.has(id))
  return { userId, upTo: next, delivered: kept, ...(unreadable.length > 0 && { unreadable }) }
}
