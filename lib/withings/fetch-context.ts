import type { ApiRequest } from './client'
import type { JsonObject } from './json'
import type { Priority } from './request-queue'

/** Whose data is fetched, and how: what every endpoint needs. */
export interface FetchContext {
  /** `body` of a successful answer. Throws CodedErrors only, but for the reason of an aborted signal. */
  call: (request: ApiRequest) => Promise<JsonObject>
  userId: string
  /** Unix milliseconds. */
  now: () => number
  priority: Priority
  /** Ends what waits. */
  signal?: AbortSignal
}
