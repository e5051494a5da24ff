import { MINUTE_MS } from '../../base/clock'
import { inEnglish } from '../../base/errors'
import { translateText } from '../../base/translate'
import type { Addressing } from './external-ids'
import { addressOfItem, type Item, type ValueItem, valueOf } from './items'

/** A value on its way to a feature. Whether it runs scenes is decided when it leaves (live-or-historical.ts). */
export interface State {
  /** External id of the feature in Gladys. */
  feature: string
  /** When it was measured, milliseconds since 1970. */
  date: number
  /** A text only for a text feature. */
  value: number | string
  liveTopic: string
  historicalTopic: string
  /** From this moment on it is history, milliseconds since 1970. */
  liveUntil: number
}

export type Dated = Pick<State, 'feature' | 'date'>
export type StateKind = 'live' | 'historical'

export type SkipReason =
  | 'already_sent'
  | 'already_queued'
  | 'unknown_battery'
  | 'not_numeric'
  | 'no_value'
  | 'older_text'
  | 'deleted_in_gladys'

/** What was not sent, and why; no value, since this ends up in debug output. */
export type Skipped =
  | {
      reason: SkipReason
      /** Its external id; for a notification its name. */
      feature: string
      date?: string
    }
  | {
      reason: 'unusable'
      /** Where it stands in the message. */
      place: string
      problem: string
    }

export interface StateOptions {
  addressing: Addressing
  /** A state younger than this may run scenes. */
  liveMinutes: number
  /** Gives the date of each item that has none, milliseconds since 1970. */
  now: () => number
}

/** A message on the broker. */
export interface Publication {
  topic: string
  payload: string
  retain: boolean
}

/** The states of the items, oldest first, and what cannot be a state. Does not know what was sent before. */
export function statesOf(
  items: readonly Item[],
  options: StateOptions
): { states: State[]; skipped: Skipped[] } {
  const states: State[] = []
  const skipped: Skipped[] = []
  for (const item of items) {
    if (item.kind === 'notification') skipped.push({ reason: 'no_value', feature: item.name })
    else if (item.kind === 'unusable')
      skipped.push({ reason: 'unusable', place: item.place, problem: translateText(item.problem, inEnglish) })
    else {
      const date = item.date ?? options.now()
      const state = stateOf(item, date, options)
      const reason = item.kind === 'battery' ? 'unknown_battery' : 'not_numeric'
      if (state !== undefined) states.push(state)
      else skipped.push(skippedState(reason, { ...addressOfItem(item, options.addressing), date }))
    }
  }
  return { states: states.sort((a, b) => a.date - b.date), skipped }
}

/** The state of one item at a date; undefined for a value that Gladys cannot take. */
export function stateOf(
  item: ValueItem,
  date: number,
  { addressing, liveMinutes }: Pick<StateOptions, 'addressing' | 'liveMinutes'>
): State | undefined {
  const value = valueOf(item, addressing)
  if (value === undefined) return undefined
  const { feature, liveTopic, historicalTopic } = addressOfItem(item, addressing)
  return { feature, date, value, liveTopic, historicalTopic, liveUntil: date + liveMinutes * MINUTE_MS }
}

export function skippedState(reason: SkipReason, { feature, date }: Dated): Skipped {
  return { reason, feature, date: new Date(date).toISOString() }
}

/** The message for Gladys. The value is written as it is, never rounded. Nothing is retained. */
export function publicationOf(state: State, kind: StateKind): Publication {
  if (kind === 'live') return { topic: state.liveTopic, payload: String(state.value), retain: false }
  const created_at = new Date(state.date).toISOString()
  const payload = JSON.stringify({ state: state.value, created_at })
  return { topic: state.historicalTopic, payload, retain: false }
}
