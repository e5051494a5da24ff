/** A device linked to a Withings user (design.md §2.5). Dates are ISO 8601 in UTC, or null when never seen. */
export interface Device {
  id: string
  userId: string
  /** `scale`, `blood_pressure_monitor`, `activity_tracker`, `sleep_monitor`, `thermometer`, … */
  type: string
  /** Never empty. */
  model: string
  modelId: number | null
  battery: 'high' | 'medium' | 'low' | 'unknown'
  /** Percent that stands for the word; Withings never tells the percentage itself (withings-api.md §8.1). */
  batteryLevel: 90 | 50 | 15 | null
  timezone: string | null
  firstSeen: string | null
  lastSeen: string | null
}
