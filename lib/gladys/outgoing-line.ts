import { asBoolean, asString, either, oneOf, shape } from '../shape'
import type { Outgoing } from './outbox'

/** One line of JSON; JSON escapes line ends, so it stays one. */
export function lineOf(outgoing: Outgoing): string {
  return JSON.stringify(outgoing)
}

const asNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)
/** Its date and its value can be written out; nobody is there to catch what is thrown when it leaves. */
const asDate = (value: unknown) =>
  Number.isNaN(new Date(asNumber(value) ?? NaN).getTime()) ? undefined : asNumber(value)
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
    })
  })
)

/** Back again; undefined for what is no such line. */
export function outgoingOf(line: string): Outgoing | undefined {
  try {
    return parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
