import { byText, portionsOf } from '../../base/slices'
import { keepNewest, latestOf, type Output, readingsIn, type Units } from '../readings/item-messages'
import { isUncertain } from '../readings/provenance'
import { isOfDevice, type Reading, topicOf } from '../readings/reading'
import { type BloodPressure, bloodPressures, newestBloodPressure } from './blood-pressure'
import type { MeasureGroup } from './decode'

/** How readings become messages (design.md §2.4). */
export interface MeasuresOptions {
  /** Id of a device; empty: all. */
  device: string
  types: readonly string[]
  output: Output
  /** Whether to send what is uncertain, inconclusive values too. */
  ambiguous: 'exclude' | 'include'
  units: Units
}

/** The properties that one outgoing message gets. */
export interface MeasuresMessage {
  payload: Reading | Reading[] | Record<string, Reading>
  topic: string
  /** Of the systolic reading, or the newest in a message with several readings; absent where there is no pair. */
  bloodPressure?: ClassifiedBloodPressure
}

export interface ClassifiedBloodPressure extends BloodPressure {
  /** Says that a class is no diagnosis. */
  notice: string
}

/**
 * Groups, oldest first → messages and the `count` of readings in them; a history of years does not hold up the event
 * loop. `heldBack` counts what is uncertain; `seen` are the newest of each type and source, the uncertain included.
 */
export async function deliveryOf(
  groups: readonly MeasureGroup[],
  userId: string,
  options: MeasuresOptions,
  notice: string
) {
  const { output } = options
  const messages: MeasuresMessage[] = []
  const readings: Reading[] = []
  const seen = new Map<string, Reading>()
  let heldBack = 0
  for await (const portion of portionsOf(groups)) {
    const selected = selectReadings(portion, options)
    heldBack += selected.heldBack
    for (const group of portion) keepNewest(seen, group.readings)
    for (const reading of selected.readings) readings.push(reading)
    if (output === 'each')
      for (const message of messagesOf(selected.readings, userId, output, notice)) messages.push(message)
  }
  return {
    messages: output === 'each' ? messages : messagesOf(readings, userId, output, notice),
    count: readings.length,
    heldBack,
    seen: [...seen.values()]
  }
}

/** Groups → the readings to send, oldest first, and how many were held back as uncertain. */
export function selectReadings(
  groups: MeasureGroup[],
  { types, device, ambiguous, units }: Omit<MeasuresOptions, 'output'>
): { readings: Reading[]; heldBack: number } {
  const wanted = new Set(types)
  const all = groups
    .flatMap(group => group.readings)
    .filter(reading => wanted.size === 0 || wanted.has(reading.type))
    .filter(reading => isOfDevice(reading, device))
    .sort((a, b) => byText(a.date, b.date))
  const certain = ambiguous === 'include' ? all : all.filter(reading => !isUncertain(reading.source))
  return { readings: readingsIn(units, certain), heldBack: all.length - certain.length }
}

/** Readings, oldest first → messages. `notice` goes with each classified blood pressure. */
export function messagesOf(
  readings: Reading[],
  userId: string,
  output: Output,
  notice: string
): MeasuresMessage[] {
  const withNotice = (found: BloodPressure | undefined) => found && { bloodPressure: { ...found, notice } }
  if (output === 'each') {
    const pressures = bloodPressures(readings)
    return readings.map(reading => ({
      payload: reading,
      topic: topicOf(reading, reading.type, ...(reading.position ? [reading.position] : [])),
      ...withNotice(pressures.get(reading))
    }))
  }
  const shared = { topic: `withings/${userId}`, ...withNotice(newestBloodPressure(readings)) }
  return [{ payload: output === 'batch' ? readings : latestOf(readings), ...shared }]
}
