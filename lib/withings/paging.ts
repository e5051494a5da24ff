import { asInteger, asNumber, type JsonObject } from './json'

/** Nobody has so many rows: a list that goes on behind them never ends. */
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
