import { unreadable } from '../../base/errors'
import { asNumber, asObject, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { asDecimal } from '../readings/decimal'
import type { ActivityItem } from '../readings/item-messages'
import { valuesOf } from '../readings/item-messages'
import type { Reading } from '../readings/reading'
import type { Cursor } from '../sync/cursor'
import type { SyncRequest } from '../sync/sync'

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

export interface GoalsResult {
  /** Undefined when they are those that were delivered already. */
  goals: Goals | undefined
  /** To be kept once they were delivered; undefined when the run leaves the cursor alone. */
  cursor: Cursor | undefined
}

/**
 * The goals as they are now; Withings keeps no former ones, so a span asks for them too. `new` gives them when
 * they changed. Throws what `FetchContext.call` throws, and BAD_ANSWER for goals that cannot be read.
 */
export async function runGoals(context: FetchContext, { query, stored }: SyncRequest): Promise<GoalsResult> {
  const { userId } = context
  const request = { path: '/v2/user', params: { action: 'getgoals' }, scope: 'user.info' } as const
  const body = await context.call(request)
  const now = context.now()
  const goals = parseGoals(body, userId, new Date(now).toISOString())
  if (!goals) throw unreadable('goals')
  if (query.kind !== 'new') return { goals, cursor: undefined }
  const id = JSON.stringify(goals.values)
  const isKnown = stored?.userId === userId && stored.delivered.some(([delivered]) => delivered === id)
  const upTo = Math.floor(now / 1000)
  return isKnown
    ? { goals: undefined, cursor: undefined }
    : { goals, cursor: { userId, upTo, delivered: [[id, upTo]] } }
}
