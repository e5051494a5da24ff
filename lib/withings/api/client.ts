import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, HOUR_MS, MINUTE_MS } from '../../base/clock'
import { CodedError, mayPass, withReason } from '../../base/errors'
import { type HttpAnswer, type HttpSend, reasonOf, TIME_LIMIT } from '../../base/http'
import type { JsonObject } from '../../base/json'
import { withTimeout } from '../../base/timeout'
import type { Text } from '../../base/translate'
import { type Envelope, parseEnvelope, type StatusClass, statusClass } from './envelope'
import { type Priority, REPEAT_PAUSE, type RequestQueue, type Turn } from './request-queue'
import type { SingleFlight } from './single-flight'

export interface ApiRequest {
  path: '/measure' | '/v2/measure' | '/v2/sleep' | '/v2/heart' | '/v2/stetho' | '/v2/user' | '/notify'
  params: Readonly<Record<string, string>>
  /** What the call needs (withings-api.md §2.3); named to the user when it was not granted. */
  scope: string
  /** Whether callers within 10 s may have the same answer; false for what a request changes. */
  keep?: boolean
}

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

export type CallOptions = Pick<FetchContext, 'priority' | 'signal'>

/** The login of one account, as a client uses it. Throws what `TokenManager` throws. */
export interface TokenSource {
  /** The Withings user that is linked now. */
  readonly userId: string | undefined
  accessToken(): Promise<string>
  used(accessToken: string): Promise<void>
  reject(accessToken: string): Promise<void>
  refuse(accessToken: string): Promise<void>
}

/** What all accounts of one client id share. */
export interface RateLimitGroup {
  queue: RequestQueue
  jobs: SingleFlight<JsonObject>
}

interface ClientOptions extends RateLimitGroup {
  source: TokenSource
  apiUrl: string
  send: HttpSend
  clock: Clock
  /** Between 0 and 1, spreads retries. */
  random: () => number
  /** Called when Withings asked all requests of this client id to wait. */
  onPause: () => void
}

interface Call {
  request: ApiRequest
  turn: Turn
  firstSent?: number
  /** The last access token that was not accepted. */
  rejected?: string
}

interface Failed {
  kind: Exclude<StatusClass, 'ok'>
  failure: CodedError
  /** Milliseconds that the server asks to wait. */
  retryAfter: number
}

const TRIES = 3
const RETRIED: readonly StatusClass[] = ['retry', 'pause', 'renew']
/** Milliseconds before the second and the third try; at least 10 s, for it is the same request. */
const PAUSES = [REPEAT_PAUSE, REPEAT_PAUSE + 5_000]
const JITTER = 1_500
const GIVEN_UP_AFTER = MINUTE_MS
/** A Retry-After stops all requests, so no server may ask for days. */
const LONGEST_PAUSE = HOUR_MS
/** Characters that take some milliseconds to parse. */
const LARGE_ANSWER = 256 * 1024

/** Calls of one linked account. Throws CodedErrors only, but for the reason of an aborted signal. */
export class WithingsClient {
  /** Identities of the pending calls. */
  private readonly calls = new Set<string>()
  private isHurried = false

  /** The Withings user whose data is wanted; the account may be linked to another one later. */
  readonly userId: string

  /** Throws LOGIN_NEEDED when nobody is linked. */
  constructor(private readonly options: ClientOptions) {
    const { userId } = options.source
    if (userId === undefined) throw new CodedError('LOGIN_NEEDED', 'noUser')
    this.userId = userId
  }

  /** `body` of a successful answer. Callers with the same request share it for 10 s. */
  async call(request: ApiRequest, { priority, signal }: CallOptions): Promise<JsonObject> {
    // By user, as Withings counts: two account nodes may be linked to the same one.
    const identity = [this.userId, request.path, new URLSearchParams(request.params)].join(' ')
    const job = {
      identity,
      priority: this.isHurried ? 'user' : priority,
      // The pages of an import would add up to a history in memory.
      keep: request.keep ?? priority !== 'import',
      ...(signal && { signal })
    }
    this.calls.add(identity)
    try {
      return await this.options.jobs.run(job, (until, turn) => this.callWithRetries({ request, turn }, until))
    } finally {
      this.calls.delete(identity)
    }
  }

  context(options: CallOptions): FetchContext {
    const call = (request: ApiRequest) => this.call(request, options)
    return { ...options, call, userId: this.userId, now: Date.now }
  }

  /** From now on, polls of this client are as urgent as a click: somebody waits for them. */
  hurry(): void {
    this.isHurried = true
    for (const identity of this.calls) this.options.jobs.raise(identity, 'user')
  }

  private async callWithRetries(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const { queue, clock, random, onPause } = this.options
    let failure: CodedError | undefined
    for (let attempt = 1; ; attempt += 1) {
      const began = clock.now()
      const outcome = await this.attempt(call, failure, signal)
      if ('body' in outcome) return outcome.body
      // When the token refresh failed, the call itself was not sent.
      call.firstSent ??= began
      failure = outcome.failure
      const { kind, retryAfter } = outcome
      const pause = Math.max(retryAfter, (PAUSES[attempt - 1] ?? REPEAT_PAUSE) + random() * JITTER)
      if (kind === 'pause' || retryAfter > 0) {
        queue.pause(pause)
        onPause()
      }
      const ends = clock.now() - call.firstSent + pause + TIME_LIMIT
      const hopeless = attempt >= TRIES || ends > GIVEN_UP_AFTER || queue.isPausedForLong
      if (hopeless || !RETRIED.includes(kind)) throw failure
      await clock.sleep(pause, signal)
    }
  }

  /** A retry fails with `late`, the failure before it, when the time of the call is up. */
  private async attempt(call: Call, late: CodedError | undefined, signal: AbortSignal) {
    const { clock } = this.options
    try {
      if (!late) return await this.tryOnce(call, signal)
      const limit = (call.firstSent ?? 0) + GIVEN_UP_AFTER - clock.now()
      return await withTimeout({ clock, limit, late, signal }, until => this.tryOnce(call, until))
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error
      const kind = error.code === 'RATE_LIMITED' ? 'pause' : 'retry'
      return { kind, failure: error, retryAfter: pauseAsked(error.details.retryAfter) } as const
    }
  }

  private async tryOnce(call: Call, signal: AbortSignal): Promise<{ body: JsonObject } | Failed> {
    const { source, queue } = this.options
    if (signal.aborted) throw signal.reason as Error
    const accessToken = await source.accessToken()
    this.checkUser()
    const answer = await queue.run(call.turn, () => this.send(call, accessToken, signal), signal)
    const envelope = parseEnvelope(answer)
    // Parsing took long enough for one turn of the event loop.
    if (answer.text.length > LARGE_ANSWER) await nextTurn()
    this.checkUser()
    let kind = statusClass(envelope.status)
    if (kind === 'ok') {
      // What cannot be saved now is saved, or reported, before the next use; the answer is good.
      await source.used(accessToken).catch(() => undefined)
      return { body: envelope.body }
    }
    // Not even a renewed token is accepted.
    if (kind === 'renew' && (call.rejected ?? accessToken) !== accessToken) kind = 'login'
    if (kind === 'login') await source.refuse(accessToken).catch(() => undefined)
    if (kind === 'renew') {
      await source.reject(accessToken)
      call.rejected = accessToken
    }
    const failure = refusal(kind, envelope, call.request)
    return { kind, failure, retryAfter: pauseAsked(envelope.retryAfter) }
  }

  /** The account may have been linked to somebody else meanwhile: never their data under this user's name. */
  private checkUser(): void {
    const { userId } = this.options.source
    if (userId === this.userId) return
    throw new CodedError('LOGIN_NEEDED', userId === undefined ? 'noUser' : 'otherUser')
  }

  private async send(call: Call, accessToken: string, signal: AbortSignal): Promise<HttpAnswer> {
    this.checkUser()
    const { apiUrl, clock, send } = this.options
    call.firstSent ??= clock.now()
    const { path, params } = call.request
    const url = new URL(path, apiUrl).href
    const headers = { Authorization: `Bearer ${accessToken}` }
    try {
      return await send({ method: 'POST', url, headers, body: new URLSearchParams(params) }, signal)
    } catch (error) {
      if (error instanceof CodedError || signal.aborted) throw error
      // The error of the library holds the request with its token.
      const late: Text = { key: 'tooLate', params: { seconds: TIME_LIMIT / 1000 } }
      throw withReason('WITHINGS_UNAVAILABLE', reasonOf(error, late))
    }
  }
}

function pauseAsked(retryAfter: unknown): number {
  return typeof retryAfter === 'number' ? Math.min(retryAfter, LONGEST_PAUSE) : 0
}

function refusal(kind: Exclude<StatusClass, 'ok'>, { status }: Envelope, request: ApiRequest): CodedError {
  if (kind === 'scope') return new CodedError('SCOPE_MISSING', null, { scope: request.scope, status })
  if (kind === 'renew' || kind === 'login') return new CodedError('LOGIN_NEEDED', 'status', { status })
  if (kind === 'retry') return new CodedError('WITHINGS_UNAVAILABLE', 'status', { status })
  if (kind === 'pause') return new CodedError('RATE_LIMITED', null, { status })
  return new CodedError('WITHINGS_REFUSED', null, { status })
}
