import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../base/clock'
import { CodedError, mayPass, withReason } from '../../base/errors'
import { type HttpAnswer, type HttpSend, reasonOf, TIME_LIMIT } from '../../base/http'
import type { JsonObject } from '../../base/json'
import { withTimeout } from '../../base/timeout'
import type { Text } from '../../base/translate'
import { type Envelope, parseEnvelope, type StatusClass, statusClass } from './envelope'
import type { Priority } from './request-queue'
import { REPEAT_PAUSE, type RequestQueue, type Turn } from './request-queue'
import type { SingleFlight } from './single-flight'

export interface ApiRequest {
  path: '/measure' | '/v2/measure' | '/v2/sleep' | '/v2/heart' | '/v2/stetho' | '/v2/user' | '/notify'
  params: Readonly<Record<string, string>>
  /** What the call needs (withings-api.md §2.3); named to the user when it was not granted. */
  scope: string
  /** Whether callers within 10 s may have the same answer; false for what changes by asking. */
  keep?: boolean
}

/** The login of one account, as a client uses it. Throws what `TokenManager` throws. */
export interface TokenSource {
  /** The Withings user that is linked now. */
  readonly userId: string | undefined
  accessToken(): Promise<string>
  used(accessToken: string): Promise<void>
  reject(accessToken: string): Promise<void>
  refuse(accessToken: string): Promise<void>
}

export type CallOptions = Pick<FetchContext, 'priority' | 'signal'>

/** What all accounts of one client id share. */
export interface RateLimitGroup {
  queue: RequestQueue
  jobs: SingleFlight<JsonObject>
}

export interface ClientOptions extends RateLimitGroup {
  source: TokenSource
  apiUrl: string
  send: HttpSend
  clock: Clock
  /** Between 0 and 1, spreads retries. */
  random: () => number
  /** Told when Withings asked all requests of this client id to wait. */
  onPause: () => void
}

interface Call {
  request: ApiRequest
  turn: Turn
  /** When it was sent first. */
  firstSent?: number
  /** The last access token that was not accepted. */
  rejected?: string
}

interface Failed {
  kind: Exclude<StatusClass, 'ok'>
  failure: CodedError
  /** Milliseconds that the server asks to wait. */
  asked: number
}

const TRIES = 3
/** Characters that take some milliseconds to parse. */
const LARGE_ANSWER = 256 * 1024
const GIVEN_UP_AFTER = 60_000
/** Before the second and the third try; at least 10 s, for it is the same request. */
const PAUSES = [REPEAT_PAUSE, REPEAT_PAUSE + 5_000]
const JITTER = 1_500
/** A pause that a server asks for stops everything, so no server may ask for days. */
const LONGEST_PAUSE = 3_600_000

const RETRIED: readonly StatusClass[] = ['retry', 'pause', 'renew']

/** Calls of one linked account. Throws CodedErrors only, but for the reason of an aborted signal. */
export class WithingsClient {
  /** Identities of the calls that are not answered yet. */
  private readonly calls = new Set<string>()
  private isAwaited = false

  /** The Withings user whose data is wanted; the account may be linked to another one later. */
  readonly userId: string

  /** Throws LOGIN_NEEDED when nobody is linked. */
  constructor(private readonly parts: ClientOptions) {
    const { userId } = parts.source
    if (userId === undefined) throw new CodedError('LOGIN_NEEDED', 'noUser')
    this.userId = userId
  }

  /** `body` of a successful answer. Callers with the same request share it for 10 s. */
  async call(request: ApiRequest, { priority, signal }: CallOptions): Promise<JsonObject> {
    // By user, for that is whom Withings counts: two account nodes may be linked to the same one.
    const identity = [this.userId, request.path, new URLSearchParams(request.params)].join(' ')
    const asked = {
      identity,
      priority: this.isAwaited ? 'user' : priority,
      // The pages of an import would add up to a history in memory.
      keep: request.keep ?? priority !== 'import',
      ...(signal && { signal })
    }
    this.calls.add(identity)
    try {
      return await this.parts.jobs.run(asked, (until, turn) => this.callWithRetries({ request, turn }, until))
    } finally {
      this.calls.delete(identity)
    }
  }

  /** What the endpoints need to fetch with this client. */
  context(options: CallOptions): FetchContext {
    const call = (request: ApiRequest) => this.call(request, options)
    return { ...options, call, userId: this.userId, now: Date.now }
  }

  /** Somebody waits for what this client polls: its calls are as urgent as those of a click from now on. */
  hurry(): void {
    this.isAwaited = true
    for (const identity of this.calls) this.parts.jobs.raise(identity, 'user')
  }

  private async callWithRetries(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const { queue, clock, random, onPause } = this.parts
    let failure: CodedError | undefined
    for (let attempt = 1; ; attempt += 1) {
      const began = clock.now()
      const outcome = await this.attempt(call, failure, signal)
      if ('body' in outcome) return outcome.body
      // A refresh that failed was the first that was sent.
      call.firstSent ??= began
      failure = outcome.failure
      const { kind, asked } = outcome
      const pause = Math.max(asked, (PAUSES[attempt - 1] ?? REPEAT_PAUSE) + random() * JITTER)
      if (kind === 'pause' || asked > 0) {
        queue.pause(pause)
        onPause()
      }
      const ends = clock.now() - call.firstSent + pause + TIME_LIMIT
      const hopeless = attempt >= TRIES || ends > GIVEN_UP_AFTER || queue.isPausedForLong
      if (hopeless || !RETRIED.includes(kind)) throw failure
      await clock.sleep(pause, signal)
    }
  }

  /** A try; another one than the first ends with `late`, the failure before it, when the time of the call is up. */
  private async attempt(call: Call, late: CodedError | undefined, signal: AbortSignal) {
    const { clock } = this.parts
    try {
      if (!late) return await this.tryOnce(call, signal)
      const limit = (call.firstSent ?? 0) + GIVEN_UP_AFTER - clock.now()
      return await withTimeout({ clock, limit, late, signal }, until => this.tryOnce(call, until))
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error
      return failedBy(error)
    }
  }

  private async tryOnce(call: Call, signal: AbortSignal): Promise<{ body: JsonObject } | Failed> {
    const { source, queue } = this.parts
    if (signal.aborted) throw signal.reason as Error
    const accessToken = await source.accessToken()
    this.checkUser()
    const send = () => this.send(call, accessToken, signal)
    const answer = await queue.run(call.turn, send, signal)
    const envelope = parseEnvelope(answer)
    // To parse it took long enough for one turn.
    if (answer.text.length > LARGE_ANSWER) await nextTurn()
    this.checkUser()
    let kind = statusClass(envelope.status)
    if (kind === 'ok') {
      // What cannot be saved now is saved before the next use, and told then; the answer is good.
      await source.used(accessToken).catch(() => undefined)
      return { body: envelope.body }
    }
    // A renewed token that is not accepted either: no further one would be.
    if (kind === 'renew' && (call.rejected ?? accessToken) !== accessToken) kind = 'login'
    if (kind === 'login') await source.refuse(accessToken).catch(() => undefined)
    if (kind === 'renew') {
      await source.reject(accessToken)
      call.rejected = accessToken
    }
    return { kind, failure: refusal(kind, envelope, call.request), asked: pauseAsked(envelope.retryAfter) }
  }

  /** The account may be linked to somebody else since the call began: never their data under this user's name. */
  private checkUser(): void {
    const { userId } = this.parts.source
    if (userId === this.userId) return
    throw new CodedError('LOGIN_NEEDED', userId === undefined ? 'noUser' : 'otherUser')
  }

  private async send(call: Call, accessToken: string, signal: AbortSignal): Promise<HttpAnswer> {
    this.checkUser()
    call.firstSent ??= this.parts.clock.now()
    const { path, params } = call.request
    const url = new URL(path, this.parts.apiUrl).href
    const headers = { Authorization: `Bearer ${accessToken}` }
    try {
      return await this.parts.send(
        { method: 'POST', url, headers, body: new URLSearchParams(params) },
        signal
      )
    } catch (error) {
      if (error instanceof CodedError || signal.aborted) throw error
      // Not the error itself: that of the library holds the request with its token.
      const late: Text = { key: 'tooLate', params: { seconds: TIME_LIMIT / 1000 } }
      throw withReason('WITHINGS_UNAVAILABLE', reasonOf(error, late))
    }
  }
}

function pauseAsked(retryAfter: unknown): number {
  return typeof retryAfter === 'number' ? Math.min(retryAfter, LONGEST_PAUSE) : 0
}

function failedBy(failure: CodedError): Failed {
  const kind = failure.code === 'RATE_LIMITED' ? 'pause' : 'retry'
  return { kind, failure, asked: pauseAsked(failure.params.retryAfter) }
}

function refusal(kind: Exclude<StatusClass, 'ok'>, { status }: Envelope, request: ApiRequest): CodedError {
  switch (kind) {
    case 'scope':
      return new CodedError('SCOPE_MISSING', null, { scope: request.scope, status })
    case 'renew':
    case 'login':
      return new CodedError('LOGIN_NEEDED', 'status', { status })
    case 'pause':
      return new CodedError('RATE_LIMITED', null, { status })
    case 'retry':
      return new CodedError('WITHINGS_UNAVAILABLE', 'status', { status })
    case 'refused':
      return new CodedError('WITHINGS_REFUSED', null, { status })
  }
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
