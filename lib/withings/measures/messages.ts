import { portionsOf } from '../../base/slices'
import { latestOf, remember } from '../readings/item-messages'
import { isUncertain } from '../readings/provenance'
import type { Reading } from '../readings/reading'
import { isOfDevice, topicOf } from '../readings/reading'
import { toImperial } from '../readings/units'
import { type BloodPressure, bloodPressures, newestBloodPressure } from './blood-pressure'
import type { MeasureGroup } from './decode'

/** How readings become messages (design.md §2.4). */
export interface Delivery {
  /** Id of a device; empty: all. */
  device: string
  types: readonly string[]
  output: 'each' | 'batch' | 'latest'
  /** Whether to send what is uncertain, inconclusive values too. */
  ambiguous: 'exclude' | 'include'
  units: 'metric' | 'imperial'
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

/** What a run delivers. */
export interface Delivered {
  messages: MeasuresMessage[]
  /** Readings in them. */
  count: number
  /** Readings that were held back as ambiguous. */
  heldBack: number
  /** Of what came, the held back included, the newest of each type and source. */
  seen: Reading[]
}

/** Groups, oldest first → what is to be sent; a history of years does not hold up the process. */
export async function deliveryOf(
  groups: readonly MeasureGroup[],
  userId: string,
  delivery: Delivery,
  notice: string
): Promise<Delivered> {
  const { output } = delivery
  const messages: MeasuresMessage[] = []
  const readings: Reading[] = []
  const seen = new Map<string, Reading>()
  let heldBack = 0
  for await (const portion of portionsOf(groups)) {
    const selected = selectReadings(portion, delivery)
    heldBack += selected.heldBack
    for (const group of portion) remember(seen, group.readings)
    for (const reading of selected.readings) readings.push(reading)
    if (output !== 'each') continue
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
  delivery: Pick<Delivery, 'types' | 'device' | 'ambiguous' | 'units'>
): { readings: Reading[]; heldBack: number } {
  const wanted = new Set(delivery.types)
  const all = groups
    .flatMap(group => group.readings)
    .filter(reading => wanted.size === 0 || wanted.has(reading.type))
    .filter(reading => isOfDevice(reading, delivery.device))
    .sort(byDate)
  const certain = delivery.ambiguous === 'include' ? all : all.filter(reading => !isUncertain(reading.source))
  return {
    readings: delivery.units === 'imperial' ? certain.map(toImperial) : certain,
    heldBack: all.length - certain.length
  }
}

/** Of one group, as a rule, all readings have the same date. */
function byDate(a: Reading, b: Reading): number {
  return a.date < b.date ? -1 : a.date > b.date ? 1 : 0
}

/** Readings, oldest first → messages. `notice` goes with each classified blood pressure. */
export function messagesOf(
  readings: Reading[],
  userId: string,
  output: Delivery['output'],
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
