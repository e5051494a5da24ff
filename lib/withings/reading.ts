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
