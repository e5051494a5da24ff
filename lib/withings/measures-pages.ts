import type { CallOptions, WithingsClient } from './client'
import {
  decodeGroup,
  openMeasuresPage,
  type MeasureGroup,
  type MeasuresPage,
  type UndecodedPage
} from './getmeas'
import type { JsonObject } from './json'
import type { Filter } from './row'
import { inSlices } from './slices'

const REAL_MEASURES = '1'

/**
 * One page of getmeas, narrowed down by `lastupdate`, or `startdate` and `enddate`, and `meastypes`
 * (withings-api.md §4.1). `offset` is 0 for the first page, then `next` of the page before, with the same filter.
 * Throws what `WithingsClient.call` throws; what is unreadable on the page is among its problems.
 */
export async function readMeasuresPage(
  client: Pick<WithingsClient, 'call'>,
  userId: string,
  filter: Filter,
  offset: number,
  options: CallOptions
): Promise<MeasuresPage> {
  const { raws, ...page } = await readUndecodedPage(client, filter, offset, options)
  const rows: MeasureGroup[] = []
  await inSlices(raws, (_, index) => {
    const group = decodeGroup(raws, index, userId, page.problems)
    if (group) rows.push(group)
  })
  return { rows, ...page }
}

/** The same without decoding its groups yet. */
export async function readUndecodedPage(
  client: Pick<WithingsClient, 'call'>,
  filter: Filter,
  offset: number,
  options: CallOptions
): Promise<UndecodedPage> {
  return openMeasuresPage(await callGetmeas(client, filter, offset, options), offset)
}

function callGetmeas(
  client: Pick<WithingsClient, 'call'>,
  filter: Filter,
  offset: number,
  options: CallOptions
): Promise<JsonObject> {
  const params = {
    action: 'getmeas',
    category: REAL_MEASURES,
    ...filter,
    ...(offset === 0 ? {} : { offset: String(offset) })
  }
  return client.call({ path: '/measure', params, scope: 'user.metrics' }, options)
}

/**
 * From `from` to `until` in Unix seconds, which a part of a day may give fractions. Withings refuses an end before
 * the start: that finds nothing.
 */
export function spanFilter(from: number, until: number): Filter {
  const start = Math.max(1, Math.floor(from))
  return { startdate: String(start), enddate: String(Math.max(start, Math.ceil(until))) }
}
