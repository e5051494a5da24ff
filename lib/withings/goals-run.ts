import { unreadable } from '../errors'
import type { Cursor } from './cursor'
import type { FetchContext } from './fetch-context'
import { parseGoals, type Goals } from './getgoals'
import type { Query } from './rows-run'

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
export async function runGoals(context: FetchContext, { plan, stored }: Query): Promise<GoalsResult> {
  const { userId } = context
  const request = { path: '/v2/user', params: { action: 'getgoals' }, scope: 'user.info' } as const
  const body = await context.call(request)
  const now = context.now()
  const goals = parseGoals(body, userId, new Date(now).toISOString())
  if (!goals) throw unreadable('goals')
  if (plan.kind !== 'new') return { goals, cursor: undefined }
  const id = JSON.stringify(goals.values)
  const isKnown = stored?.userId === userId && stored.delivered.some(([delivered]) => delivered === id)
  const upTo = Math.floor(now / 1000)
  return isKnown
    ? { goals: undefined, cursor: undefined }
    : { goals, cursor: { userId, upTo, delivered: [[id, upTo]] } }
}
