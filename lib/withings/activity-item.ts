import { toImperial } from './imperial'
import type { Reading } from './reading'
import { valuesOf, type Item } from './row-messages'

/** What a day, a workout, a slice of samples and the goals have in common. */
export interface ActivityItem extends Item {
  kind: 'day' | 'workout' | 'intraday' | 'goals'
  /** The value of each reading by its type; of several with the same type the last one. */
  values: Record<string, number | string>
}

export type Units = 'metric' | 'imperial'

export function readingsIn(units: Units, readings: Reading[]): Reading[] {
  return units === 'imperial' ? readings.map(toImperial) : readings
}

/** The item with its readings and values in these units. */
export function itemIn<I extends ActivityItem>(units: Units, item: I): I {
  if (units === 'metric') return item
  const readings = readingsIn(units, item.readings)
  return { ...item, readings, values: valuesOf(readings) }
}
