import { asInteger, asText, type JsonObject } from '../../lib/base/json'
import { decodeSample, type Sample, samplesIn } from '../../lib/withings/activity/intraday'
import { type MeasureGroup, measuresFormat } from '../../lib/withings/measures/decode'
import { joinParts } from '../../lib/withings/sleep/join-parts'
import { nightOf, type NightRules, type NightWithRows } from '../../lib/withings/sleep/night'
import { parseSleep, SLEEP_FORMAT, type SleepRow } from '../../lib/withings/sleep/summary'
import type { Problem, RowFormat } from '../../lib/withings/sync/row'
import { openPage, type Page, rowsOf } from '../../lib/withings/sync/sync'

export type Decoded<R> = Pick<Page<R>, 'next' | 'problems'> & { rows: R[] }

/** Body of a call that lists rows → page, at once: specs of decoders have no need to let others have their turn. */
export function decodedRows<R>(body: JsonObject, format: RowFormat<R>, offset = 0): Decoded<R> {
  const page = openPage(body, offset, format)
  return { rows: [...rowsOf(page)], next: page.next, problems: page.problems }
}

/** The same for a body of getmeas. */
export function decodedMeasures(
  body: JsonObject,
  userId: string,
  offset: number
): Decoded<MeasureGroup> & { updatetime: number | undefined; timezone: string } {
  const page = decodedRows(body, measuresFormat(userId), offset)
  return { ...page, updatetime: asInteger(body.updatetime), timezone: asText(body.timezone) ?? 'UTC' }
}

/** The same for a body of getintradayactivity, in its order; undefined when it has no samples to speak of. */
export function decodedSamples(
  body: JsonObject,
  userId: string
): { samples: Sample[]; problems: Problem[] } | undefined {
  const problems: Problem[] = []
  const series = samplesIn(body)
  const decode = (key: string) => decodeSample(series ?? {}, key, userId, problems) ?? []
  return series && { samples: Object.keys(series).flatMap(decode), problems }
}

/** How a record of sleep is read as a whole. */
export function sleepFormat(userId: string): RowFormat<SleepRow> {
  return {
    ...SLEEP_FORMAT,
    decode: (raw, index, problems) => {
      const frame = SLEEP_FORMAT.decode(raw, index, problems)
      return frame && parseSleep(frame, userId)
    }
  }
}

/** Rows that are read already as nights. */
export function decodedNights(rows: readonly SleepRow[], rules: NightRules): NightWithRows[] {
  return joinParts(rows, rules.joinMinutes).map(parts => ({ night: nightOf(parts, rules), rows: parts }))
}
