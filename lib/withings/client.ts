import type { Clock } from '../clock'
import { CodedError } from '../errors'
import { parseEnvelope, unavailable, type Envelope } from './envelope'
import { TIME_LIMIT, type HttpPost } from './http'
import type { JsonObject } from './json'
import type { ClientSettings } from './oauth'
import { REPEAT_PAUSE, type Priority, type RequestQueue } from './request-queue'
import type { SharedJobs } from './shared-jobs'
import { statusClass, type StatusClass } from './statuses'
import type { TokenKeeper } from './token-keeper'

export interface ApiRequest {
  path: '/measure' | '/v2/measure' | '/v2/sleep' | '/v2/heart' | '/v2/stetho' | '/v2/user' | '/notify'
  params: Readonly<Record<string, string>>
  /** What the call needs (withings-api.md §2.3); named to the user when it was not granted. */
  scope: string
}

export interface CallOptions {
  priority: Priority
  signal?: AbortSignal
  /** Whether callers within 10 s may have the same answer; false for what changes by asking. */
  keep?: boolean
}

/** What all accounts of one client id share. */
export interface Lane {
  queue: RequestQueue
  jobs: SharedJobs<JsonObject>
}

export interface ClientParts extends Lane {
  account: string
  settings: ClientSettings
  keeper: TokenKeeper
  post: HttpPost
  clock: Clock
  /** Between 0 and 1, spreads retries. */
  random: () => number
  /** Told when Withings asked all requests of this client id to wait. */
  onPause: () => void
}

const TRIES = 3
const GIVEN_UP_AFTER = 60_000
/** Before the second and the third try; at least 10 s, for it is the same request. */
const PAUSES = [REPEAT_PAUSE, REPEAT_PAUSE + 5_000]
const JITTER = 1_500
/** A pause that a server asks for stops everything, so no server may ask for days. */
const LONGEST_PAUSE = 3_600_000

const RETRIED: readonly StatusClass[] = ['retry', 'pause', 'renew']

/** Calls of one linked account. Throws CodedErrors only, but for the reason of an aborted signal. */
export class WithingsClient {
  constructor(private readonly parts: ClientParts) {}

  /** The Withings user behind the account; undefined when nobody is linked. */
  get userId(): string | undefined {
    return this.parts.keeper.record(this.parts.account)?.userId
  }

  /** `body` of a successful answer. Callers with the same request share it for 10 s. */
  call(request: ApiRequest, options: CallOptions): Promise<JsonObject> {
    // By user, for that is whom Withings counts: two account nodes may be linked to the same one.
    const identity = [this.userId, request.path, new URLSearchParams(request.params)].join(' ')
    return this.parts.jobs.run(
      identity,
      signal => this.callWithRetries(request, identity, options.priority, signal),
      options.signal,
      // The pages of an import would add up to a history in memory.
      options.keep ?? options.priority !== 'import'
    )
  }

  private async callWithRetries(
    request: ApiRequest,
    identity: string,
    priority: Priority,
    signal: AbortSignal
  ): Promise<JsonObject> {
    const { queue, clock, random } = this.parts
    let firstSent: number | undefined
    let renewals = 0
    for (let attempt = 0; ; attempt += 1) {
      let failure: CodedError
      let kind: StatusClass = 'retry'
      let asked: number
      try {
        const accessToken = await this.accessToken(signal)
        await queue.turn(priority, identity, signal)
        firstSent ??= clock.now()
        const envelope = await this.send(request, accessToken, signal)
        kind = statusClass(envelope.status)
        asked = pauseAsked(envelope.retryAfter)
        if (kind === 'ok') {
          // What cannot be saved now is saved before the next use, and told then; the answer is good.
          await this.parts.keeper.used(this.parts.account, accessToken).catch(() => undefined)
          return envelope.body
        }
        if (kind === 'renew') {
          renewals += 1
          await this.parts.keeper.reject(this.parts.account, accessToken)
        }
        failure = refusal(kind, envelope, request)
      } catch (error) {
        if (signal.aborted || !(error instanceof CodedError) || !passes(error)) throw error
        if (error.code === 'RATE_LIMITED') kind = 'pause'
        asked = pauseAsked(error.details.retryAfter)
        failure = error
      }
      const pause = Math.max(asked, (PAUSES[attempt] ?? REPEAT_PAUSE) + random() * JITTER)
      if (kind === 'pause' || asked > 0) {
        queue.pause(pause)
        this.parts.onPause()
      }
      const since = clock.now() - (firstSent ?? clock.now())
      const hopeless = attempt + 1 >= TRIES || since + pause + TIME_LIMIT > GIVEN_UP_AFTER
      if (hopeless || !RETRIED.includes(kind) || renewals > 1) throw failure
      await clock.sleep(pause, signal)
    }
  }

  private accessToken(signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    return this.parts.keeper.accessToken(this.parts.account, this.parts.settings)
  }

  private async send(request: ApiRequest, accessToken: string, signal: AbortSignal): Promise<Envelope> {
    const url = new URL(request.path, this.parts.settings.apiUrl).href
    try {
      const answer = await this.parts.post(
        url,
        request.params,
        { Authorization: `Bearer ${accessToken}` },
        signal
      )
      return parseEnvelope(answer)
    } catch (error) {
      if (error instanceof CodedError || signal.aborted) throw error
      // Not the error itself: that of the library holds the request with its token.
      throw unavailable(networkReason(error))
    }
  }
}

function pauseAsked(retryAfter: unknown): number {
  return typeof retryAfter === 'number' ? Math.min(retryAfter, LONGEST_PAUSE) : 0
}

function networkReason(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ERR_CANCELED') return `no answer within ${TIME_LIMIT / 1000} s`
  return typeof code === 'string' ? code : 'no connection'
}

function passes(error: CodedError): boolean {
  return error.code === 'WITHINGS_UNAVAILABLE' || error.code === 'RATE_LIMITED'
}

function refusal(kind: Exclude<StatusClass, 'ok'>, envelope: Envelope, request: ApiRequest): CodedError {
  const { status } = envelope
  switch (kind) {
    case 'scope':
      return new CodedError('SCOPE_MISSING', `The login does not include ${request.scope}.`, {
        scope: request.scope,
        status
      })
    case 'renew':
    case 'login':
      return new CodedError('LOGIN_NEEDED', `A new login is needed: Withings answered status ${status}.`, {
        status,
        detail: `status ${status}`
      })
    case 'pause':
      return new CodedError('RATE_LIMITED', 'Withings answered too many requests.', { status })
    case 'retry':
      return unavailable(`status ${status}`)
    case 'refused':
      return new CodedError('WITHINGS_REFUSED', `Withings refused the request with status ${status}.`, {
        status
      })
  }
}
