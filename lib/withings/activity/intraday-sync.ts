import { SECONDS_PER_DAY } from '../../base/clock'
import { unreadable } from '../../base/errors'
import { inSlices, sortedInSlices } from '../../base/slices'
import type { FetchContext } from '../api/client'
import { dataFields } from '../readings/fields'
import { endOfDay, startOfDay } from '../sync/local-days'
import type { Query } from '../sync/query'
import type { Problem } from '../sync/row'
import type { SyncRequest } from '../sync/sync'
import { INTRADAY_FIELDS } from './fields'
import { decodeSample, type Sample, samplesIn } from './intraday'
import {
  nextSampleCursor,
  nextStart,
  type SampleCursor,
  takeUndelivered,
  unpackDelivered,
  withoutFuture
} from './intraday-cursor'
import { fetchChangedDays, fetchFirstDay, fetchZoneOfDay } from './sync'

/** What one request brought; after the last one, the cursor only. */
export interface SampleSlice {
  /** Oldest first; a run for what is new leaves out delivered ones. */
  samples: Sample[]
  problems: Problem[]
  /** To be saved after delivery, where there is one. */
  cursor?: SampleCursor | undefined
}

/** Withings returns no more than this at once, in seconds (withings-api.md §5.2). */
const LONG = 60 * SECONDS_PER_DAY
/** Requesting less than this costs as much as requesting which of its days changed. */
const AT_ONCE = 2 * SECONDS_PER_DAY

/**
 * Requests a query in slices of 24 h, oldest first, each when the one before was taken. Throws what `FetchContext.call`
 * throws, and BAD_ANSWER for a slice that cannot be read at all: what came before it was delivered, and the next run
 * begins there. A single unreadable sample is requested again as long as runs look back.
 */
export async function* syncIntraday(
  context: FetchContext,
  { query, stored }: SyncRequest<Query, SampleCursor>
): AsyncGenerator<SampleSlice> {
  const { userId } = context
  // Without the current second, some days are just as many slices.
  const now = Math.floor(context.now() / 1000) - 1
  if (query.kind === 'span') {
    yield* readSlices(context, await boundsOf(context, query, now))
    return
  }
  const since = query.days === 0 ? 0 : now + 1 - query.days * SECONDS_PER_DAY
  let cursor = stored?.userId === userId ? withoutFuture(stored, since, now) : undefined
  const delivered = unpackDelivered(cursor?.delivered ?? '')
  const from = cursor ? nextStart(cursor) : await skipYearsWithoutData(context, since, now)
  const { spans, problems: dayProblems } = await spansToRead(context, { from, until: now }, cursor?.complete)
  if (dayProblems.length > 0) yield { samples: [], problems: dayProblems }
  let isComplete = dayProblems.length === 0
  for (const span of spans) {
    for await (const { samples, problems } of readSlices(context, span)) {
      const fresh = takeUndelivered(delivered, samples)
      if (fresh.length > 0) cursor = nextSampleCursor(cursor ?? { userId, since }, delivered, now)
      isComplete &&= problems.length === 0
      yield { samples: fresh, problems, cursor: fresh.length > 0 ? cursor : undefined }
    }
  }
  const isUnchanged = cursor !== undefined && cursor === stored && now - from <= AT_ONCE
  if (!isComplete || isUnchanged) return
  cursor ??= nextSampleCursor({ userId, since }, delivered, now)
  yield { samples: [], problems: [], cursor: { ...cursor, complete: now } }
}

interface Span {
  /** Unix seconds, both included. */
  from: number
  until: number
}

/** After weeks without a sample, one request for the changed days saves one for each day since the last complete run. */
async function spansToRead(
  context: FetchContext,
  { from, until }: Span,
  complete: number | undefined
): Promise<{ spans: Span[]; problems: Problem[] }> {
  if (complete === undefined || until - from <= AT_ONCE) return { spans: [{ from, until }], problems: [] }
  // The clock of this computer may differ from that of Withings.
  const { days, problems } = await fetchChangedDays(context, Math.min(complete, until) - SECONDS_PER_DAY)
  const spans: Span[] = []
  for (const { day, timezone } of days) {
    const start = Math.max(from, startOfDay(day, timezone), (spans.at(-1)?.until ?? 0) + 1)
    const end = Math.min(until, endOfDay(day, timezone) - 1)
    if (start <= end) spans.push({ from: start, until: end })
  }
  return { spans, problems }
}

/** The first and the last second of a query, which may name days of the user's zone. */
async function boundsOf(
  context: FetchContext,
  { from, until, firstDay, lastDay }: Query & { kind: 'span' },
  now: number
): Promise<Span> {
  const start = firstDay === undefined ? from : startOfDay(firstDay, await fetchZoneOfDay(context, firstDay))
  const end =
    lastDay === undefined ? (until ?? now) : endOfDay(lastDay, await fetchZoneOfDay(context, lastDay)) - 1
  const last = Math.min(end, now)
  return { from: await skipYearsWithoutData(context, start, last), until: last }
}

/** Decades without a sample would be thousands of requests, so a long span begins with the user's first day. */
async function skipYearsWithoutData(context: FetchContext, start: number, end: number): Promise<number> {
  if (end - start <= LONG) return start
  const first = await fetchFirstDay(context, start, end)
  return first ? Math.max(start, startOfDay(first.day, first.timezone)) : end
}

async function* readSlices({ call, userId }: FetchContext, span: Span): AsyncGenerator<SampleSlice> {
  for (let { from } = span; from <= span.until; from += SECONDS_PER_DAY) {
    const [start, until] = [from, Math.min(from + SECONDS_PER_DAY - 1, span.until)]
    const params = {
      action: 'getintradayactivity',
      startdate: String(start),
      enddate: String(until),
      data_fields: dataFields(INTRADAY_FIELDS)
    }
    const body = await call({ path: '/v2/measure', params, scope: 'user.activity' })
    const series = samplesIn(body)
    if (!series) throw unreadable('series')
    const samples: Sample[] = []
    const problems: Problem[] = []
    await inSlices(Object.keys(series), key => {
      const sample = decodeSample(series, key, userId, problems)
      if (sample && sample.time >= start && sample.time <= until) samples.push(sample)
    })
    yield { samples: await sortedInSlices(samples, (a, b) => a.time - b.time), problems }
  }
}
