import type { FetchContext } from './fetch-context'
import { dataFields } from './fields'
import { parseSegments, type Segment } from './getsleep'
import type { Night } from './night'
import type { Problem } from './row'
import { SERIES_FIELDS } from './sleep-fields'
import { stagesOf, type Stages } from './stages'

/** Withings answers no more at once (withings-api.md §6.1, §12). */
const SLICE = 86_400

/** Asks for the stages of a night, in slices of 24 h. Throws what `FetchContext.call` throws. */
export async function readStages(
  { call }: Pick<FetchContext, 'call'>,
  night: Night
): Promise<{ stages: Stages; problems: Problem[] }> {
  const segments = new Map<string, Segment>()
  const problems: Problem[] = []
  const end = Date.parse(night.endDate) / 1000
  for (let from = Date.parse(night.startDate) / 1000; from < end; from += SLICE) {
    const params = {
      action: 'get',
      startdate: String(from),
      enddate: String(Math.min(from + SLICE, end)),
      data_fields: dataFields(SERIES_FIELDS)
    }
    const body = await call({ path: '/v2/sleep', params, scope: 'user.activity' })
    const answer = parseSegments(body)
    // What reaches over the border of two slices comes with both.
    for (const segment of answer.segments) {
      segments.set([segment.start, segment.end, segment.stage, segment.deviceId].join(' '), segment)
    }
    problems.push(...answer.problems.map(({ place }) => ({ place, id: `stages of ${night.id}` })))
  }
  return { stages: stagesOf(night, [...segments.values()]), problems }
}
