import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Address, type Addressing, addressOf, addressOfSource } from './ids'
import type { Item, RawValue } from './input'
import { valueKindOf } from './mapping'

/** A value on its way to a feature. Whether it runs scenes is decided when it leaves (`kindOf`). */
export interface State {
  /** External id of the feature in Gladys. */
  feature: string
  /** When it was measured, milliseconds since 1970. */
  date: number
  /** A text only for a feature of words. */
  value: number | string
  liveTopic: string
  historicalTopic: string
  /** From this moment on it is the past, milliseconds since 1970. */
  liveUntil: number
}

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
  /** Asked for the date of each item that has none, milliseconds since 1970. */
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
    if (!hasValue(item)) {
      skipped.push(withoutValue(item))
      continue
    }
    const date = item.date ?? options.now()
    const state = stateOf(item, date, options)
    if (state !== undefined) states.push(state)
    else {
      const reason = item.kind === 'battery' ? 'unknown_battery' : 'not_numeric'
      const { feature } = addressOfItem(item, options.addressing)
      skipped.push({ reason, feature, date: new Date(date).toISOString() })
    }
  }
  return { states: states.sort((a, b) => a.date - b.date), skipped }
}

/** The state of one item at a date; undefined for a value that is none. */
export function stateOf(
  item: ValueItem,
  date: number,
  { addressing, liveMinutes }: Pick<StateOptions, 'addressing' | 'liveMinutes'>
): State | undefined {
  const value = valueOf(item, addressing)
  if (value === undefined) return undefined
  const { feature, liveTopic, historicalTopic } = addressOfItem(item, addressing)
  return { feature, date, value, liveTopic, historicalTopic, liveUntil: date + liveMinutes * 60_000 }
}

type ValuelessItem = Extract<Item, { kind: 'notification' | 'unusable' }>
export type ValueItem = Exclude<Item, ValuelessItem>
/** An item that belongs to a device of Withings. */
export type DeviceItem = Extract<Item, { kind: 'reading' | 'battery' }>

function hasValue(item: Item): item is ValueItem {
  return item.kind !== 'notification' && item.kind !== 'unusable'
}

function withoutValue(item: ValuelessItem): Skipped {
  if (item.kind === 'notification') return { reason: 'no_value', feature: item.name }
  const { place, problem } = item
  return { reason: 'unusable', place, problem }
}

const addresses = new Map<string, Address>()
const MOST_ADDRESSES = 5_000

/**
 * Remembered: a history has hundreds of thousands of states, and a household few features, whose long texts would
 * fill the memory with garbage (docs/decisions/0016-garbage.md).
 */
export function addressOfItem(item: ValueItem, addressing: Addressing): Address {
  if (item.kind === 'direct') return addressOf(item.device, item.feature)
  const { userId, deviceId } = item
  const source = item.kind === 'battery' ? { userId, deviceId, type: 'battery' } : item
  const position = (item.kind === 'reading' ? item.position : undefined) ?? ''
  const key = `${addressing} ${userId} ${deviceId ?? ''} ${source.type} ${position}`
  const known = addresses.get(key)
  if (known !== undefined) return known
  const address = addressOfSource(source, addressing)
  if (addresses.size >= MOST_ADDRESSES) addresses.clear()
  addresses.set(key, address)
  return address
}

/** An item with external ids of the user. */
export type DirectItem = Extract<Item, { kind: 'direct' }>

/** Whether it is sendable and its device may be made: all but those of the MQTT integration belong to others. */
export function isMakeable(item: Item): item is DirectItem {
  return item.kind === 'direct' && item.device.startsWith('mqtt:') && valueOf(item, 'own') !== undefined
}

/** What never gives a state must not become a feature that stays empty. */
export function isSendable(item: Item, addressing: Addressing): item is DeviceItem {
  return isOfDevice(item) && valueOf(item, addressing) !== undefined
}

function isOfDevice(item: Item): item is DeviceItem {
  return item.kind === 'reading' || item.kind === 'battery'
}

function valueOf(item: ValueItem, addressing: Addressing): number | string | undefined {
  switch (item.kind) {
    case 'battery':
      return item.level ?? undefined
    case 'reading':
      // Gladys makes no feature of words from an announcement (gladys.md, "Discovery").
      if (valueKindOf(item.type) === 'text') return addressing === 'own' ? wordFrom(item.value) : undefined
      return typeof item.value === 'number' && Number.isFinite(item.value) ? item.value : undefined
    case 'direct':
      return numberFrom(item.value)
  }
}

function wordFrom(value: RawValue): string | undefined {
  const usable =
    typeof value === 'string' && value.trim() !== '' && !/[\p{Control}\p{Surrogate}]/u.test(value)
  return usable ? value : undefined
}

/** What a flow means by `"72.5"`, `true` or `72.5`; undefined for what is no number. */
function numberFrom(value: RawValue): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i
  const number = typeof value === 'string' && decimal.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/**
 * Live while it is young and newer than `newest`, the last date sent for its feature; else historical, because
 * Gladys dates a live state "now" (gladys.md). What lies further ahead than the window is a wrong clock. Words are
 * always live, since Gladys keeps no history of them; older ones never come this far.
 */
export function stateKindOf(state: State, now: number, newest: number | undefined): StateKind {
  if (typeof state.value === 'string') return 'live'
  const window = state.liveUntil - state.date
  const young = now < state.liveUntil && state.date - now < window
  return young && (newest === undefined || state.date > newest) ? 'live' : 'historical'
}

/** Kind of one that went out a while ago and goes again: never live, unless it is words, which have no history. */
export function repeatedKindOf({ value }: State): StateKind {
  return typeof value === 'string' ? 'live' : 'historical'
}

/** The message for Gladys. The value is written out as it is, never rounded. Nothing of it is retained. */
export function publicationOf(state: State, kind: StateKind): Publication {
  if (kind === 'live') return { topic: state.liveTopic, payload: String(state.value), retain: false }
  const created_at = new Date(state.date).toISOString()
  return {
    topic: state.historicalTopic,
    payload: JSON.stringify({ state: state.value, created_at }),
    retain: false
  }
}

/**
 * Whether Gladys may have to hear of what this item belongs to: it is the first of its feature, or of another unit or
 * model, among those that `known` remembers. Telling it for each item would cost more than all the rest.
 */
export function isFirstOfFeature(item: Item, known: Set<string>): boolean {
  const key = keyOf(item)
  if (known.has(key)) return false
  known.add(key)
  return true
}

function keyOf(item: Item): string {
  switch (item.kind) {
    case 'reading':
      return [item.userId, item.deviceId, item.type, item.position ?? '', item.unit, item.model].join(' ')
    case 'battery':
      return [item.userId, item.deviceId, 'battery', item.model].join(' ')
    case 'direct':
      return [item.device, item.feature].join(' ')
    case 'notification':
      return item.name
    case 'unusable':
      return item.place
  }
}

/** What is done in one go; between two, other work of the process gets its turn. */
export const PORTION = 300

export async function* portionsOf<T>(all: Iterable<T>): AsyncGenerator<T[], void, undefined> {
  let portion: T[] = []
  for (const one of all) {
    if (portion.length === PORTION) {
      yield portion
      await nextTurn()
      portion = []
    }
    portion.push(one)
  }
  yield portion
}

/** Those of one key together, in their order. */
export function groupsOf<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return [...groups.values()]
}
