import type { Measure, MeasureGroup } from './types'

/** A group before it has ids: what was measured, when, by which device of the profile. */
export interface Draft {
  date: number
  measures: Measure[]
  attrib?: number
  category?: number
  /** Key of the device in the profile; null for what no device measured. */
  device: string | null
  model: string | null
  modelId: number | null
  /** Seconds until Withings stored it. */
  lag?: number
  extra?: Partial<MeasureGroup>
}

export function measure(type: number, value: number, unit: number, position?: number): Measure {
  return position === undefined ? { value, type, unit } : { value, type, unit, position }
}
