import { asBoolean, asString, either, oneOf, optional, shape } from '../../base/shape'
import type { Publication, State } from '../model/states'

/** What is sent to the broker: plain data, as it is queued on disk. */
export type Outgoing =
  | { kind: 'config'; publication: Publication }
  /** `at`: when it was sent, in the replay log. */
  | { kind: 'state'; state: State; at?: number }

export const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)
/** A date that can be written as ISO 8601: an error while it is sent would reach nobody. */
const asDate = (value: unknown) =>
  Number.isNaN(new Date(asNumber(value) ?? NaN).getTime()) ? undefined : asNumber(value)
/** Text that can be sent as UTF-8. */
const asWhole = (value: unknown) =>
  typeof value === 'string' && /\p{Surrogate}/u.test(value) ? undefined : asString(value)

const parse = either(
  shape({
    kind: oneOf(['config']),
    publication: shape({ topic: asString, payload: asString, retain: asBoolean })
  }),
  shape({
    kind: oneOf(['state']),
    state: shape({
      feature: asString,
      date: asDate,
      value: either(asNumber, asWhole),
      liveTopic: asString,
      historicalTopic: asString,
      liveUntil: asNumber
    }),
    at: optional(asNumber)
  })
)

/** Reads a line of the queue, which is JSON; undefined when it is damaged. */
export function parseOutgoing(line: string): Outgoing | undefined {
  try {
    return parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
