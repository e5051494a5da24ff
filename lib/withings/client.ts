import { setImmediate as nextTurn } from 'node:timers/promises'
import { withTimeout } from '../abort'
import type { Clock } from '../clock'
import { DETAILS } from '../details'
import { CodedError, loginNeeded, mayPass, unavailable } from '../errors'
import { reasonOf, TIME_LIMIT, type HttpAnswer, type HttpSend } from '../http'
import { parseEnvelope, type Envelope } from './envelope'
import type { FetchContext } from './fetch-context'
import type { JsonObject } from './json'
import type { ClientSettings } from './oauth'
import { REPEAT_PAUSE, type RequestQueue, type Urgency } from './request-queue'
import type { SharedJobs } from './shared-jobs'
import { statusClass, type StatusClass } from './statuses'
import type { TokenKeeper } from './token-keeper'

export interface ApiRequest {
  path: '/measure' | '/v2/measure' | '/v2/sleep' | '/v2/heart' | '/v2/stetho' | '/v2/user' | '/notify'
  params: Readonly<Record<string, string>>
  /** What the call needs (withings-api.md §2.3); named to the user when it was not granted. */
  scope: string
  /** Whether callers within 10 s may have the same answer; false for what changes by asking. */
  keep?: boolean
}

export type CallOptions = Pick<FetchContext, 'priority' | 'signal'>

/** What all accounts of one client id share. */
export interface Lane {
  queue: RequestQueue
  jobs: SharedJobs<JsonObject>
}

export interface ClientParts extends Lane {
  account: string
  /** The Withings user whose data is wanted; the account may be linked to another one later. */
  userId: string
  settings: ClientSettings
  keeper: TokenKeeper
  send: HttpSend
  clock: Clock
  /** Between 0 and 1, spreads retries. */
  random: () => number
  /** Told when Withings asked all requests of this client id to wait. */
  onPause: () => void
}

interface Call {
  request: ApiRequest
  identity: string
  urgency: Urgency
}

/** One try of a call. */
interface Attempt {
  signal: AbortSignal
  /** An access token that was not accepted at an earlier try. */
  rejected: string | undefined
  onSent: () => void
}

interface Failed {
  kind: Exclude<StatusClass, 'ok'>
  failure: CodedError
  /** Milliseconds that the server asks to wait. */
  asked: number
  /** The access token that was not accepted. */
  rejected?: string
}

const TRIES = 3
/** Bytes that take some milliseconds to parse. */
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

  constructor(private readonly parts: ClientParts) {}

  /** `body` of a successful answer. Callers with the same request share it for 10 s. */
  async call(request: ApiRequest, { priority, signal }: CallOptions): Promise<JsonObject> {
    // By user, for that is whom Withings counts: two account nodes may be linked to the same one.
    const identity = [this.parts.userId, request.path, new URLSearchParams(request.params)].join(' ')
    const asked = {
      identity,
      priority: this.isAwaited ? 'user' : priority,
      // The pages of an import would add up to a history in memory.
      keep: request.keep ?? priority !== 'import',
      ...(signal && { signal })
    }
    this.calls.add(identity)
    try {
      return await this.parts.jobs.run(asked, (until, urgency) =>
        this.callWithRetries({ request, identity, urgency }, until)
      )
    } finally {
      this.calls.delete(identity)
    }
  }

  /** What the endpoints need to fetch with this client. */
  context(options: CallOptions): FetchContext {
    const call = (request: ApiRequest) => this.call(request, options)
    return { ...options, call, userId: this.parts.userId, now: Date.now }
  }

  /** Somebody waits for what this client polls: its calls are as urgent as those of a click from now on. */
  hurry(): void {
    this.isAwaited = true
    for (const identity of this.calls) this.parts.jobs.raise(identity, 'user')
  }

  private async callWithRetries(call: Call, signal: AbortSignal): Promise<JsonObject> {
    const { queue, clock, random } = this.parts
    let firstSent: number | undefined
    let rejected: string | undefined
    let last: Failed | undefined
    for (let attempt = 0; ; attempt += 1) {
      const began = clock.now()
      const onSent = () => {
        firstSent ??= clock.now()
      }
      const tryOnce = (limit: AbortSignal) => this.tryOnce(call, { signal: limit, rejected, onSent })
      let outcome: { body: JsonObject } | Failed
      try {
        const left = (firstSent ?? began) + GIVEN_UP_AFTER - began
        outcome = await (last
          ? withTimeout({ clock, limit: left, late: last.failure, signal }, tryOnce)
          : tryOnce(signal))
      } catch (error) {
        if (signal.aborted || !mayPass(error)) throw error
        outcome = failedBy(error)
      }
      if ('body' in outcome) return outcome.body
      // A refresh that failed was the first that was sent.
      firstSent ??= began
      rejected = outcome.rejected ?? rejected
      const { kind, asked, failure } = outcome
      const pause = Math.max(asked, (PAUSES[attempt] ?? REPEAT_PAUSE) + random() * JITTER)
      if (kind === 'pause' || asked > 0) {
        queue.pause(pause)
        this.parts.onPause()
      }
      const since = clock.now() - firstSent
      const hopeless = attempt + 1 >= TRIES || since + pause + TIME_LIMIT > GIVEN_UP_AFTER
      if (hopeless || queue.isPausedForLong || !RETRIED.includes(kind)) throw failure
      last = outcome
      await clock.sleep(pause, signal)
    }
  }

  private async tryOnce(call: Call, attempt: Attempt): Promise<{ body: JsonObject } | Failed> {
    const { request, identity, urgency } = call
    const { keeper, account, settings, queue } = this.parts
    const { signal, rejected } = attempt
    if (signal.aborted) throw signal.reason as Error
    const accessToken = await keeper.accessToken(account, settings)
    this.checkUser()
    const send = () => {
      this.checkUser()
      attempt.onSent()
      return this.send(request, accessToken, signal)
    }
    const answer = await queue.run(urgency, identity, send, signal)
    const envelope = parseEnvelope(answer)
    // To parse it took long enough for one turn.
    if (answer.body.length > LARGE_ANSWER) await nextTurn()
    this.checkUser()
    const status = statusClass(envelope.status)
    if (status === 'ok') {
      // What cannot be saved now is saved before the next use, and told then; the answer is good.
      await keeper.used(account, accessToken).catch(() => undefined)
      return { body: envelope.body }
    }
    // A renewed token that is not accepted either: no further one would be.
    const kind = status === 'renew' && rejected !== undefined && rejected !== accessToken ? 'login' : status
    const failed = { kind, failure: refusal(kind, envelope, request), asked: pauseAsked(envelope.retryAfter) }
    if (kind === 'login') await keeper.refuse(account, accessToken, settings).catch(() => undefined)
    if (kind !== 'renew') return failed
    await keeper.reject(account, accessToken)
    return { ...failed, rejected: accessToken }
  }

  /** The account may be linked to somebody else since the call began: never their data under this user's name. */
  private checkUser(): void {
    const userId = this.parts.keeper.record(this.parts.account)?.userId
    if (userId === this.parts.userId) return
    throw loginNeeded(userId === undefined ? DETAILS.noUser : DETAILS.otherUser)
  }

  private send(request: ApiRequest, accessToken: string, signal: AbortSignal): Promise<HttpAnswer> {
    const url = new URL(request.path, this.parts.settings.apiUrl).href
    const headers = { Authorization: `Bearer ${accessToken}` }
    const body = new URLSearchParams(request.params)
    return this.parts.send({ method: 'POST', url, headers, body }, signal).catch((error: unknown) => {
      if (error instanceof CodedError || signal.aborted) throw error
      // Not the error itself: that of the library holds the request with its token.
      throw unavailable(reasonOf(error, `no answer within ${TIME_LIMIT / 1000} s`) ?? 'no connection')
    })
  }
}

function pauseAsked(retryAfter: unknown): number {
  return typeof retryAfter === 'number' ? Math.min(retryAfter, LONGEST_PAUSE) : 0
}

function failedBy(failure: CodedError): Failed {
  const kind = failure.code === 'RATE_LIMITED' ? 'pause' : 'retry'
  return { kind, failure, asked: pauseAsked(failure.details.retryAfter) }
}

function refusal(kind: Exclude<StatusClass, 'ok'>, { status }: Envelope, request: ApiRequest): CodedError {
  switch (kind) {
    case 'scope':
      return new CodedError('SCOPE_MISSING', `The login does not include ${request.scope}.`, {
        scope: request.scope,
        status
      })
    case 'renew':
    case 'login':
      return loginNeeded(`status ${status}`, { status })
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
