/** One decoded measurement (design.md §2.3). Metric values are exact; dates are ISO 8601 in UTC. */
export interface Reading {
  /** Name from the table of measure types, `measure_<n>` for a type nobody knows yet. */
  type: string
  /** A word where the type names a kind or a state, e.g. `workout_type`. */
  value: number | string
  unit: string | null
  /** When it was measured. */
  date: string
  userId: string
  deviceId: string | null
  model: string | null
  /** Model id at Withings, of a day or a workout that tells its model but not its device. */
  modelId?: number
  /** Where on the body; absent for the whole body. */
  position?: string
  /** How Withings came by the value: `device`, `manual`, `ambiguous`, `inconclusive`, … or `attrib_<n>`. */
  source: string
  groupId: string
  /** Last change at Withings. */
  modified: string
}

/** `<type>` or `<type>_<position>`: what tells apart the readings of one person and device. */
export function readingKey(reading: Pick<Reading, 'type' | 'position'>): string {
  return reading.position === undefined ? reading.type : `${reading.type}_${reading.position}`
}

/** Type prefix for naps, so that a nap does not overwrite the night's feature. */
export const NAP = 'nap_'

/** The type without the prefix of a nap; undefined for what is no reading of a nap. */
export function typeInNight(type: string): string | undefined {
  return type.startsWith(NAP) ? type.slice(NAP.length) : undefined
}

/** In place of a device id where no device of Withings measured (design.md §2.4). */
export const DEVICELESS = 'manual'

/** Topic of a message about one thing: whose it is, of which device, and what. */
export function topicOf(
  { userId, deviceId }: { userId: string; deviceId: string | null },
  ...what: readonly string[]
): string {
  return ['withings', userId, deviceId ?? DEVICELESS, ...what].join('/')
}

/** Whether something belongs to the wanted device; an empty id means all. */
export function isOfDevice({ deviceId }: { deviceId: string | null }, wanted: string): boolean {
  return wanted === '' || (deviceId ?? DEVICELESS) === wanted
}
