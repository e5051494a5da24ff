import { createHash } from 'node:crypto'
import { SECONDS_PER_DAY } from '../../base/clock'
import { asInteger, asText } from '../../base/json'
import { optional, or, type Parsed, shape } from '../../base/shape'
import type { Sample } from './intraday'

/** How far a node has followed the samples of one user; kept over restarts. */
export const parseSampleCursor = shape({
  userId: asText,
  /** Where the first run began, in Unix seconds: nothing older is requested. */
  since: asInteger,
  /** Time of the newest delivered sample, in Unix seconds. */
  upTo: asInteger,
  /** Delivered samples that the next run reads again, by `packDelivered`. */
  delivered: or(asText, ''),
  /** When the last run began that read everything, in Unix seconds. */
  complete: optional(asInteger)
})

export type SampleCursor = Parsed<typeof parseSampleCursor>

/** Fingerprints by time in Unix seconds. */
export type Delivered = Map<number, string>

/** Seconds: a phone may have counted while its watch was away, and samples cannot be requested by their change. */
const LOOK_BACK = SECONDS_PER_DAY

/** Seconds by which clocks may differ; what is further ahead comes from a wrong one. */
const AHEAD = 300

/** Where the next run begins, in Unix seconds. */
export function nextStart(cursor: SampleCursor): number {
  return Math.max(cursor.since, cursor.upTo - LOOK_BACK)
}

/** A cursor from the future, of a clock that once ran ahead, would hide what comes until then. */
export function withoutFuture(cursor: SampleCursor, first: number, now: number): SampleCursor {
  const { since, upTo, complete = 0 } = cursor
  if (Math.max(since, upTo, complete) <= now + AHEAD) return cursor
  return {
    ...cursor,
    since: since > now ? first : since,
    upTo: Math.min(upTo, now),
    ...(cursor.complete !== undefined && { complete: Math.min(complete, now) })
  }
}

/** Samples not delivered yet with these values; adds them to `delivered`. */
export function takeUndelivered(delivered: Delivered, samples: readonly Sample[]): Sample[] {
  return samples.filter(sample => {
    const fingerprint = fingerprintOf(sample)
    const isNew = delivered.get(sample.time) !== fingerprint
    delivered.set(sample.time, fingerprint)
    return isNew
  })
}

/** The cursor once `delivered` was delivered; drops what the next run does not read again. */
export function nextSampleCursor(
  cursor: Pick<SampleCursor, 'userId' | 'since'> & Partial<SampleCursor>,
  delivered: Delivered,
  now: number
): SampleCursor {
  let upTo = cursor.upTo ?? cursor.since
  for (const time of delivered.keys()) if (time <= now + AHEAD) upTo = Math.max(upTo, time)
  for (const time of delivered.keys()) if (time < upTo - LOOK_BACK) delivered.delete(time)
  return { ...cursor, upTo, delivered: packDelivered(delivered) }
}

const FINGERPRINT = 4
const SPACE = 36 ** FINGERPRINT

function fingerprintOf({ deviceId, readings }: Sample): string {
  const text = JSON.stringify([deviceId, ...readings.map(({ type, value }) => [type, value])])
  const number = createHash('sha1').update(text).digest().readUInt32BE()
  return (number % SPACE).toString(36).padStart(FINGERPRINT, '0')
}

/** `<fingerprint><seconds since the one before>` in base 36: a day full of minutes takes 9 kB of the settings. */
function packDelivered(delivered: Delivered): string {
  const sorted = [...delivered].sort(([a], [b]) => a - b)
  return sorted
    .map(([time, fingerprint], index) => fingerprint + (time - (sorted[index - 1]?.[0] ?? 0)).toString(36))
    .join(' ')
}

/** Damaged entries count as not delivered. */
export function unpackDelivered(delivered: string): Delivered {
  let time = 0
  const entries = delivered.split(' ').map((entry): [number, string] => {
    time += Number.parseInt(entry.slice(FINGERPRINT), 36)
    return [time, entry.slice(0, FINGERPRINT)]
  })
  return new Map(entries.filter(([time]) => Number.isSafeInteger(time)))
}
