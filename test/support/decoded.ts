import { decodeSample, samplesIn, type Sample } from '../../lib/withings/getintradayactivity'
import { decodeGroup, openMeasuresPage, type MeasuresPage } from '../../lib/withings/getmeas'
import type { SleepRow } from '../../lib/withings/getsleepsummary'
import type { JsonObject } from '../../lib/withings/json'
import { nightOf, type NightOfRows, type NightRules } from '../../lib/withings/night'
import type { Problem, Row, RowsPage } from '../../lib/withings/row'
import { decodeRow, openRowsPage, type RowFormat } from '../../lib/withings/rows-page'
import { splitNights } from '../../lib/withings/sleep-parts'

/** Body of a call that lists rows → page, at once: specs of decoders have no need to let others have their turn. */
export function decodedRows<R extends Row>(
  body: JsonObject,
  format: RowFormat<R>,
  offset = 0
): Omit<RowsPage<R>, 'updatetime'> {
  const { raws, next, problems } = openRowsPage(body, offset, format.list)
  const rows = raws.flatMap((_, index) => decodeRow({ raws, problems }, index, format) ?? [])
  return { rows, next, problems }
}

/** The same for a body of getmeas. */
export function decodedMeasures(body: JsonObject, userId: string, offset: number): MeasuresPage {
  const { raws, ...page } = openMeasuresPage(body, offset)
  const rows = raws.flatMap((_, index) => decodeGroup(raws, index, userId, page.problems) ?? [])
  return { rows, ...page }
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

/** As `nightsOf`, at once. */
export function decodedNights(rows: readonly SleepRow[], rules: NightRules): NightOfRows[] {
  return splitNights(rows, rules.joinMinutes).map(parts => ({ night: nightOf(parts, rules), rows: parts }))
}
