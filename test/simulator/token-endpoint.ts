import { randomBytes } from 'node:crypto'
import { lifetimes } from './grants'
import { demoName } from './profiles'
import { type Envelope, success, tokenFailure } from './replies'
import { parseScopes } from './scopes'
import type { JsonObject } from './types'
import { type ApiRequest, secondsOf, type World } from './world'

const notImplemented = 2554
const wrongSignature = 342
/** How far the clock of a signing client may be off, in seconds. */
const timestampTolerance = 300

type Params = Record<string, string>
type TokenCall = (world: World, params: Params) => Envelope
type IssuedPair = NonNullable<ReturnType<World['grants']['exchange']>>

const actions: Record<string, Record<string, TokenCall>> = {
  '/v2/oauth2': { requesttoken: requestToken, revoke, getdemoaccess: getDemoAccess },
  '/v2/signature': { getnonce: getNonce }
}

export function isTokenPath(path: string): boolean {
  return path in actions
}

export function answerTokenRequest(world: World, request: ApiRequest): Envelope {
  const { params } = request
  if (request.method !== 'POST' || !request.isCleanForm) {
    return tokenFailure('Invalid Params')
  }
  if (params.client_id !== undefined && world.limits.overQuota(params.client_id)) {
    return world.failures.next(601, 'Too Many Request')
  }
  const fault = world.faults.take('status', request)
  if (fault !== undefined) {
    return world.failures.next(fault.status, fault.error ?? 'An error occurred')
  }
  const call = actions[request.path]?.[request.action]
  if (call === undefined) {
    return tokenFailure('Not implemented', notImplemented)
  }
  return params.client_id === world.client.id
    ? call(world, params)
    : tokenFailure('Invalid Params: invalid client_id')
}

function requestToken(world: World, params: Params): Envelope {
  const refused =
    params.client_secret === undefined ? refuseSignature(world, params) : refuseSecret(world, params)
  if (refused !== null) {
    return refused
  }
  if (params.grant_type === 'authorization_code') {
    const pair = world.grants.exchange(params.code ?? '', params.redirect_uri ?? '')
    // The web views of the SDK want the token against forgery; the user id is text here and a number below.
    return pair === null
      ? tokenFailure('Invalid Params: invalid code')
      : success({ userid: pair.userId, ...tokenFields(pair), csrf_token: randomBytes(20).toString('hex') })
  }
  if (params.grant_type === 'refresh_token') {
    const pair = world.grants.refresh(params.refresh_token ?? '')
    return pair === null
      ? tokenFailure('Invalid Params: invalid refresh_token')
      : success({ userid: Number(pair.userId), ...tokenFields(pair) })
  }
  return tokenFailure('Invalid Params: invalid grant_type')
}

function tokenFields(pair: IssuedPair): JsonObject {
  return {
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    expires_in: lifetimes.access / 1000,
    scope: pair.scopes.join(','),
    token_type: 'Bearer'
  }
}

function revoke(world: World, params: Params): Envelope {
  const refused = refuseSignature(world, params)
  if (refused !== null) {
    return refused
  }
  if (!world.people.some(person => person.userId === params.userid)) {
    return tokenFailure('Invalid Params: invalid userid')
  }
  world.grants.revoke(params.userid ?? '')
  return success({})
}

function getDemoAccess(world: World, params: Params): Envelope {
  const refused = refuseSignature(world, params)
  if (refused !== null) {
    return refused
  }
  const scopes = parseScopes(params.scope_oauth2 ?? '')
  const demo = world.people.find(person => person.name === demoName)
  if (scopes === null || demo === undefined) {
    return tokenFailure('Invalid Params: invalid scope_oauth2')
  }
  const pair = world.grants.issueDemo({ userId: demo.userId, scopes })
  return success({
    access_token: pair.accessToken,
    refresh_token: pair.refreshToken,
    expires_in: lifetimes.access / 1000
  })
}

function getNonce(
  world: World,
  { action = '', client_id = '', timestamp = '', signature }: Params
): Envelope {
  const age = Math.abs(secondsOf(world.clock) - Number(timestamp))
  if (!/^\d+$/.test(timestamp) || age > timestampTolerance) {
    return tokenFailure('Invalid Params: invalid timestamp')
  }
  return signature === world.grants.signature([action, client_id, timestamp])
    ? success({ nonce: world.grants.newNonce() })
    : tokenFailure('Invalid signature', wrongSignature)
}

function refuseSecret(world: World, params: Params): Envelope | null {
  return params.client_secret === world.client.secret
    ? null
    : tokenFailure('Invalid Params: invalid client_secret')
}

function refuseSignature(
  world: World,
  { action = '', client_id = '', nonce, signature }: Params
): Envelope | null {
  if (nonce === undefined || signature === undefined) {
    return tokenFailure('Invalid Params')
  }
  if (signature !== world.grants.signature([action, client_id, nonce])) {
    return tokenFailure('Invalid signature', wrongSignature)
  }
  return world.grants.spendNonce(nonce) ? null : tokenFailure('Invalid Params: invalid nonce')
}
