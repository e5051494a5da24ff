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
  type Delivered,
  notAhead,
  sampleCursor,
  type SampleCursor,
  samplesSince,
  takeUndelivered,
  unpacked
} from './intraday-cursor'
import { changedDays, firstDay, zoneOfDay } from './sync'

/** What one request brought; after the last one nothing, but where the next run begins. */
export interface SampleSlice {
  /** Oldest first; of a run for what is new those that were not delivered yet. */
  samples: Sample[]
  problems: Problem[]
  /** To be kept once the samples were delivered; undefined when there is nothing to keep. */
  cursor: SampleCursor | undefined
}

/** Withings leaves out what lies more than this after the start (withings-api.md §5.2). */
const SLICE = 86_400
const DAY = 86_400
const LONG = 60 * DAY
/** Asking for less than this costs as much as asking which of its days changed. */
const AT_ONCE = 2 * DAY

/**
 * Asks for a query in slices of 24 h, one after the other, oldest first, and gives each before it asks for the
 * next one. Throws what `FetchContext.call` throws, and BAD_ANSWER for a slice that cannot be read at all: what
 * came before it was delivered, and the next run begins there. A single unreadable sample is asked for again as
 * long as runs look back.
 */
export async function* syncIntraday(
  context: FetchContext,
  { query, stored }: SyncRequest<Query, SampleCursor>
): AsyncGenerator<SampleSlice> {
  const { userId } = context
  // Without the second that is running, some days are just as many slices.
  const now = Math.floor(context.now() / 1000) - 1
  if (query.kind === 'span') {
    const { from, until } = await boundsOf(context, query, now)
    for await (const slice of readSlices(context, from, until)) yield { ...slice, cursor: undefined }
    return
  }
  const first = query.days === 0 ? 0 : now + 1 - query.days * DAY
  const own = stored?.userId === userId ? stored : undefined
  let cursor = own && notAhead(own, first, now)
  const delivered: Delivered = unpacked(cursor?.delivered ?? '')
  const from = cursor ? samplesSince(cursor) : await atLeastFirst(context, first, now)
  const { spans, problems: unreadableDays } = await worthReading(context, from, now, cursor?.complete)
  if (unreadableDays.length > 0) yield { samples: [], problems: unreadableDays, cursor: undefined }
  let isComplete = unreadableDays.length === 0
  for (const span of spans) {
    for await (const { samples, problems } of readSlices(context, span.from, span.until)) {
      const fresh = takeUndelivered(delivered, samples)
      if (fresh.length > 0) cursor = sampleCursor(userId, cursor?.since ?? first, delivered, cursor, now)
      isComplete &&= problems.length === 0
      yield { samples: fresh, problems, cursor: fresh.length > 0 ? cursor : undefined }
    }
  }
  const saysNothingNew = cursor !== undefined && cursor === stored && now - from <= AT_ONCE
  if (!isComplete || saysNothingNew) return
  cursor ??= sampleCursor(userId, first, delivered, undefined, now)
  yield { samples: [], problems: [], cursor: { ...cursor, complete: now } }
}

interface Span {
  /** Unix seconds, both within it. */
  from: number
  until: number
}

/**
 * What a run for new samples asks for. After weeks without a sample, of a tracker in a drawer or of nobody's, that
 * would be a request for each day of them, every time; so one tells which of these days changed since the last run.
 */
async function worthReading(
  context: FetchContext,
  from: number,
  now: number,
  complete: number | undefined
): Promise<{ spans: Span[]; problems: Problem[] }> {
  if (complete === undefined || now - from <= AT_ONCE) return { spans: [{ from, until: now }], problems: [] }
  // The clock of this computer need not be that of Withings.
  const { days, problems } = await changedDays(context, Math.min(complete, now) - DAY)
  const spans: Span[] = []
  for (const { day, timezone } of days) {
    const start = Math.max(from, startOfDay(day, timezone), (spans.at(-1)?.until ?? 0) + 1)
    const until = Math.min(now, endOfDay(day, timezone) - 1)
    if (start <= until) spans.push({ from: start, until })
  }
  return { spans, problems }
}

/** The first and the last second of a span, which may name days of the user's zone. */
async function boundsOf(
  context: FetchContext,
  { from, until, firstDay, lastDay }: Query & { kind: 'span' },
  now: number
): Promise<Span> {
  const start = firstDay === undefined ? from : startOfDay(firstDay, await zoneOfDay(context, firstDay))
  const end =
    lastDay === undefined ? (until ?? now) : endOfDay(lastDay, await zoneOfDay(context, lastDay)) - 1
  const last = Math.min(end, now)
  return { from: await atLeastFirst(context, start, last), until: last }
}

/** Decades without a sample would be thousands of requests, so a long span begins with the first day there is. */
async function atLeastFirst(context: FetchContext, start: number, end: number): Promise<number> {
  if (end - start <= LONG) return start
  const first = await firstDay(context, start, end)
  return first ? Math.max(start, startOfDay(first.day, first.timezone)) : end
}

async function* readSlices(
  context: FetchContext,
  from: number,
  until: number
): AsyncGenerator<Omit<SampleSlice, 'cursor'>> {
  for (let start = from; start <= until; start += SLICE) {
    yield await readSlice(context, start, Math.min(start + SLICE - 1, until))
  }
}

async function readSlice(
  { call, userId }: FetchContext,
  from: number,
  until: number
): Promise<Omit<SampleSlice, 'cursor'>> {
  const params = {
    action: 'getintradayactivity',
    startdate: String(from),
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
    if (sample && sample.time >= from && sample.time <= until) samples.push(sample)
  })
  return { samples: await sortedInSlices(samples, (a, b) => a.time - b.time), problems }
}
