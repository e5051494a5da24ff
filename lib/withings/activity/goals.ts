import { unreadable } from '../../base/errors'
import { asNumber, asObject, type JsonObject } from '../../base/json'
import type { FetchContext } from '../api/client'
import { asDecimal } from '../readings/decimal'
import { type ActivityItem, valuesOf } from '../readings/item-messages'
import type { Reading } from '../readings/reading'
import type { Cursor } from '../sync/cursor'
import type { SyncRequest } from '../sync/sync'

/** What the user wants to reach (withings-api.md §8.3); without readings when nothing is set. */
export interface Goals extends ActivityItem {
  kind: 'goals'
  /** When they were read: Withings does not tell when they were set. */
  date: string
}

/** Body of getgoals → goals; `[]` means none. `date` in ISO 8601. Undefined when it is neither object nor list. */
export function parseGoals(body: JsonObject, userId: string, date: string): Goals | undefined {
  const raw = Array.isArray(body.goals) ? {} : asObject(body.goals)
  if (raw === undefined) return undefined
  const owner = { userId, deviceId: null }
  const stamp = { ...owner, model: null, date, modified: date, source: 'manual', groupId: 'goals' }
  const goals: [type: string, value: number | undefined, unit: string][] = [
    ['step_goal', asNumber(raw.steps), 'steps'],
    ['sleep_goal', asNumber(raw.sleep), 's'],
    ['weight_goal', asDecimal(asObject(raw.weight) ?? {}), 'kg']
  ]
  const readings: Reading[] = goals.flatMap(([type, value, unit]) =>
    value === undefined || value <= 0 ? [] : [{ type, value, unit, ...stamp }]
  )
  return { kind: 'goals', date, ...owner, readings, values: valuesOf(readings) }
}

/**
 * The goals as they are now, also for a span: Withings keeps no history of them. `new` omits them unless they changed.
 * `cursor` is to be saved after delivery, where there is one. Throws what `FetchContext.call` throws, and BAD_ANSWER
 * for goals that cannot be read.
 */
export async function syncGoals(
  context: FetchContext,
  { query, stored }: SyncRequest
): Promise<{ goals: Goals | undefined; cursor: Cursor | undefined }> {
  const { userId } = context
  const body = await context.call({ path: '/v2/user', params: { action: 'getgoals' }, scope: 'user.info' })
  const now = context.now()
  const goals = parseGoals(body, userId, new Date(now).toISOString())
  if (!goals) throw unreadable('goals')
  if (query.kind !== 'new') return { goals, cursor: undefined }
  const id = JSON.stringify(goals.values)
  if (stored?.userId === userId && stored.delivered.some(([delivered]) => delivered === id))
    return { goals: undefined, cursor: undefined }
  const upTo = Math.floor(now / 1000)
  return { goals, cursor: { userId, upTo, delivered: [[id, upTo]] } }
}
