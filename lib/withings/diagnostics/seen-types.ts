import { MINUTE_MS } from '../../base/clock'
import { asText } from '../../base/json'
import { asBoolean, dictionary, list, or, type Parsed, shape } from '../../base/shape'
import type { Device } from '../devices/devices'
import { isUncertain } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import { canMeasure, READING_TYPES } from './reading-types'

const parseArrival = shape({
  date: asText,
  model: or(asText, null),
  /** All of them so far are uncertain. */
  heldBack: or(asBoolean, false)
})

/** What an account has delivered so far, without a single value: explains why something is missing. */
export const parseSeenTypes = shape({
  /** By type: when the newest was measured, and by what. */
  types: or(dictionary(parseArrival), {}),
  devices: or(list(shape({ type: asText, model: asText })), [])
})

export type SeenTypes = Parsed<typeof parseSeenTypes>

/** Why a type never came; `not_asked`: no node asks for it; `device_or_plan`: Withings leaves it out without a reason. */
type Absence = 'scope_missing' | 'held_back' | 'no_device' | 'not_asked' | 'device_or_plan'

interface Circumstances {
  grantedScopes: readonly string[]
  /** Types of the nodes that use the account. */
  nodes: ReadonlySet<string>
}

const typeByName = new Map(READING_TYPES.map(type => [type.type, type]))

/** A date further ahead comes from a device with a wrong clock, and must not make later readings look old. */
const AHEAD = 5 * MINUTE_MS

/** `known` with these readings, or undefined when that changes nothing worth saving. */
export function withReadings(
  known: SeenTypes | undefined,
  readings: readonly Reading[],
  now = Date.now()
): SeenTypes | undefined {
  const types = { ...known?.types }
  const [today, latest] = [now, now + AHEAD].map(at => new Date(at).toISOString()) as [string, string]
  const isAhead = (date: string) => date > latest
  let changed = false
  for (const { type, date: measured, model, source } of readings) {
    const before = types[type]
    const heldBack = isUncertain(source) && before?.heldBack !== false
    const date = isAhead(measured) ? today : measured
    const newest = before && !isAhead(before.date) ? before.date : ''
    if (before && before.heldBack === heldBack && date <= newest) continue
    types[type] = { date: newest > date ? newest : date, model, heldBack }
    changed = true
  }
  return changed ? { types, devices: known?.devices ?? [] } : undefined
}

/** `known` with this list of devices, or undefined when nothing changed. */
export function withDevices(known: SeenTypes | undefined, list: readonly Device[]): SeenTypes | undefined {
  const devices = list
    .map(({ type, model }) => ({ type, model }))
    .sort((a, b) => a.type.localeCompare(b.type) || a.model.localeCompare(b.model))
  if (known && JSON.stringify(devices) === JSON.stringify(known.devices)) return undefined
  return { types: known?.types ?? {}, devices }
}

/** Whether `after` explains something that `before` did not; the date of the newest alone does not count. */
export function explainsMore(before: SeenTypes | undefined, after: SeenTypes): boolean {
  const undated = ({ types, devices }: SeenTypes) =>
    JSON.stringify([
      devices,
      Object.entries(types).map(([type, { model, heldBack }]) => [type, model, heldBack])
    ])
  return undated(before ?? { types: {}, devices: [] }) !== undated(after)
}

/** Each type with its newest arrival, or with the reason why there is none. */
export function explainTypes(known: SeenTypes | undefined, circumstances: Circumstances) {
  const names = new Set([...typeByName.keys(), ...Object.keys(known?.types ?? {})])
  return [...names].map(type => {
    const arrival = known?.types[type]
    const because = absence(type, known, circumstances)
    if (!arrival || because === 'held_back') return { type, arrived: false, because }
    return { type, arrived: true, date: arrival.date, model: arrival.model }
  })
}

function absence(
  type: string,
  known: SeenTypes | undefined,
  { grantedScopes, nodes }: Circumstances
): Absence | undefined {
  const arrival = known?.types[type]
  if (arrival) return arrival.heldBack ? 'held_back' : undefined
  const { scope = 'user.metrics', node = null } = typeByName.get(type) ?? {}
  if (!grantedScopes.includes(scope)) return 'scope_missing'
  const kinds = (known?.devices ?? []).map(device => device.type)
  if (kinds.length > 0 && !canMeasure(type, kinds)) return 'no_device'
  return node === null || nodes.has(node) ? 'device_or_plan' : 'not_asked'
}
