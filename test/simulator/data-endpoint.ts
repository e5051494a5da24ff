import { getActivity, getIntradayActivity, getWorkouts } from './activity'
import { getDevice } from './devices'
import { getGoals } from './goals'
import { getHeart, listHeart, listStetho } from './heart'
import { getMeas } from './measures'
import { get, list, revoke, scopeOf, subscribe } from './notify'
import type { Envelope } from './replies'
import { getSleep, getSleepSummary } from './sleep'
import type { Person } from './types'
import { type ApiRequest, personOf, type World } from './world'

const status = {
  invalidParams: 503,
  unauthenticated: 401,
  scopeMissing: 403,
  throttled: 601,
  notImplemented: 2554
}

const errors = {
  token: 'XRequestID: Not provided invalid_token: The access token provided is invalid',
  scope:
    'XRequestID: Not provided Insufficient_scope: ' +
    'The request requires higher privileges than provided by the access token',
  quota: 'Too Many Request',
  repeat: 'Too Many Request: same arguments in less than 10 seconds'
}

/** Null: the parameters make no sense. */
type Run = (world: World, person: Person, request: ApiRequest) => Envelope | null | Promise<Envelope | null>

interface DataCall {
  /** Null: whatever the login includes. */
  scope: string | null | ((params: Record<string, string>) => string | null)
  /** Besides `action`; anything else is refused. */
  params: string[]
  run: Run
}

const measureParams = ['meastype', 'meastypes', 'category', 'startdate', 'enddate', 'lastupdate', 'offset']

const spanParams = ['startdate', 'enddate', 'offset']
const signalParams = ['signalid', 'with_filtered', 'with_intervals']

const summaryParams = ['startdateymd', 'enddateymd', 'lastupdate', 'data_fields', 'offset']
const stageParams = ['startdate', 'enddate', 'data_fields']
const dayParams = ['startdateymd', 'enddateymd', 'lastupdate', 'offset', 'data_fields']
const sampleParams = ['startdate', 'enddate', 'data_fields']

const calls: Record<string, Record<string, DataCall>> = {
  '/measure': { getmeas: { scope: 'user.metrics', params: measureParams, run: getMeas } },
  '/v2/heart': {
    list: { scope: 'user.metrics', params: spanParams, run: listHeart },
    get: { scope: 'user.metrics', params: signalParams, run: getHeart }
  },
  '/v2/sleep': {
    getsummary: { scope: 'user.activity', params: summaryParams, run: getSleepSummary },
    get: { scope: 'user.activity', params: stageParams, run: getSleep }
  },
  '/v2/stetho': { list: { scope: 'user.metrics', params: spanParams, run: listStetho } },
  '/notify': {
    subscribe: { scope: scopeOf, params: ['callbackurl', 'appli', 'comment'], run: subscribe },
    list: { scope: null, params: ['appli'], run: list },
    get: { scope: null, params: ['callbackurl', 'appli'], run: get },
    revoke: { scope: null, params: ['callbackurl', 'appli'], run: revoke }
  },
  '/v2/measure': {
    getactivity: { scope: 'user.activity', params: dayParams, run: getActivity },
    getintradayactivity: { scope: 'user.activity', params: sampleParams, run: getIntradayActivity },
    getworkouts: { scope: 'user.activity', params: dayParams, run: getWorkouts }
  },
  '/v2/user': {
    getdevice: { scope: 'user.info', params: [], run: getDevice },
    getgoals: { scope: 'user.info', params: [], run: getGoals }
  }
}

export async function answerDataRequest(world: World, request: ApiRequest): Promise<Envelope> {
  const { failures, grants, limits } = world
  if (request.method !== 'POST' || !request.isCleanForm) {
    return failures.next(status.invalidParams, 'Invalid Params')
  }
  // A token that expired still tells whose request it is: it counts, and so does its repetition.
  const known = request.bearer !== null && request.userId !== null
  const overQuota = known && limits.overQuota(world.client.id)
  const repeated = request.userId !== null && limits.isRepeat(request.userId, request.path, request.params)
  if (overQuota) {
    return failures.next(status.throttled, errors.quota)
  }
  const grant = request.bearer === null ? null : grants.use(request.bearer)
  if (grant === null) {
    return failures.next(status.unauthenticated, errors.token)
  }
  if (repeated) {
    return failures.next(status.throttled, errors.repeat)
  }
  const fault = world.faults.take('status', request)
  if (fault !== undefined) {
    return failures.next(fault.status, fault.error ?? 'An error occurred')
  }
  const call = calls[request.path]?.[request.action]
  if (call === undefined) {
    return failures.next(status.notImplemented, 'Not implemented')
  }
  const scope = typeof call.scope === 'function' ? call.scope(request.params) : call.scope
  if (scope !== null && !grant.scopes.includes(scope)) {
    return failures.next(status.scopeMissing, errors.scope)
  }
  const permitted = new Set(['action', ...call.params])
  const answer = Object.keys(request.params).every(name => permitted.has(name))
    ? await call.run(world, personOf(world.people, grant.userId), request)
    : null
  return answer ?? failures.next(status.invalidParams, 'Invalid Params')
}
