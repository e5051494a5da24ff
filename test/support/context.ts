import type { JsonObject } from '../../lib/base/json'
import type { ApiRequest, FetchContext } from '../../lib/withings/api/client'

interface Callable {
  call(request: ApiRequest): Promise<JsonObject>
}

/** The context of user 12, who polls; `client` answers, and `clock` tells the time. */
export function contextOf(
  client: Callable,
  clock: Pick<FetchContext, 'now'>,
  changes: Partial<FetchContext> = {}
): FetchContext {
  return {
    call: request => client.call(request),
    userId: '12',
    now: () => clock.now(),
    priority: 'poll',
    ...changes
  }
}
