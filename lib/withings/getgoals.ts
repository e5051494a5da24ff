import type { ActivityItem } from './activity-item'
import { asDecimal } from './decimal'
import { asNumber, asObject, type JsonObject } from './json'
import type { Reading } from './reading'
import { valuesOf } from './row-messages'

/** What the user wants to reach (withings-api.md §8.3); without readings when nothing is set. */
export interface Goals extends ActivityItem {
  kind: 'goals'
  /** When they were read: Withings does not tell when they were set. */
  date: string
}

/**
 * Body of getgoals → goals; `[]` stands for none. `date` in ISO 8601. Undefined when it is neither an object nor
 * a list.
 */
export function parseGoals(body: JsonObject, userId: string, date: string): Goals | undefined {
  const raw = Array.isArray(body.goals) ? {} : asObject(body.goals)
  if (raw === undefined) return undefined
  const shared = {
    date,
    userId,
    deviceId: null,
    model: null,
    source: 'manual',
    groupId: 'goals',
    modified: date
  }
  const goals: [type: string, value: number | undefined, unit: string][] = [
    ['step_goal', asNumber(raw.steps), 'steps'],
    ['sleep_goal', asNumber(raw.sleep), 's'],
    ['weight_goal', asDecimal(asObject(raw.weight) ?? {}), 'kg']
  ]
  const readings: Reading[] = goals.flatMap(([type, value, unit]) =>
    value === undefined || value <= 0 ? [] : [{ type, value, unit, ...shared }]
  )
  return { kind: 'goals', date, userId, deviceId: null, readings, values: valuesOf(readings) }
}
