import { asInteger, asList, asNumber, asObject, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { addProblem, type Filter, type Problem, type Row, type RowFormat, type RowSource } from './row'

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
  for (const [index, value] of raws.entries()) {
    const raw = asObject(value)
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
