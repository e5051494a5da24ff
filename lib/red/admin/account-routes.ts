import type { Request, Response } from 'express'
import type { NodeAPI } from 'node-red'
import type { AccountCredentials, AccountState } from '../../../nodes/withings-account.types'
import { steadyClock } from '../../base/clock'
import { asCodedError, CodedError, wrongKeyOf } from '../../base/errors'
import { asObject, asText } from '../../base/json'
import type { Text } from '../../base/translate'
import { parseLoginForm, SCOPES } from '../../withings/auth/login-form'
import { authorizeUrl, type TokenPair } from '../../withings/auth/oauth'
import type { PendingLogin } from '../../withings/auth/pending-logins'
import { fetchDevices } from '../../withings/devices/devices'
import { explainTypes } from '../../withings/diagnostics/seen-types'
import { findAccount } from '../accounts/account-node'
import type { AccountRegistry } from '../accounts/account-registry'
import { proxyFor, resolveEnvironment, variablesOf } from '../accounts/environment'
import { readers } from '../flows/running-nodes'
import { textsFor, translateError } from '../i18n/texts'
import { revokeOfAccount } from '../notifications/receiver-registry'
import { adminRoutes, isFirst } from './admin-routes'
import { type CallbackContent, type CallbackOutcome, callbackPage } from './callback-page'

/** What the editor shows and sends for a password that it does not know. */
const STORED_PASSWORD = '__PWRD__'

/**
 * The admin endpoints of design.md §2.1, once per process. All are guarded but the callback: a redirect carries
 * no bearer token, so that one is protected by its one-time `state`.
 */
export function registerAccountRoutes(RED: NodeAPI, registry: AccountRegistry, localesDir: string): void {
  if (!isFirst(RED.httpAdmin, 'accounts')) return
  const { get, post } = adminRoutes(RED)

  post('/withings/accounts/:id/authorize', req => {
    const login = loginOf(RED, registry, req)
    const state = registry.logins.start(login)
    const { redirectUri, scopes } = login
    const demo = asObject(req.body)?.demo === true
    return { authorizeUrl: authorizeUrl(login.settings, { redirectUri, scopes, state, demo }) }
  })

  // Withings tests a callback URL with HEAD before it takes it (withings-api.md §2.1); that must use up no state.
  RED.httpAdmin.head('/withings/callback', (_req, res) => {
    res.set('Cache-Control', 'no-store').end()
  })
  RED.httpAdmin.get('/withings/callback', (req, res, next) => {
    finishLogin(RED, registry, req, res, localesDir).catch(next)
  })

  get('/withings/accounts/:id', req => stateOf(RED, registry, accountParam(RED, req), req))

  post('/withings/accounts/:id/unlink', async req => {
    const account = accountParam(RED, req)
    // While there is a login to do it with.
    await revokeOfAccount(RED, registry, account)
    await registry.unlink(account)
    RED.comms.publish(`withings/auth/${account}`, { ok: true }, false)
    return stateOf(RED, registry, account, req)
  })

  get('/withings/accounts/:id/diagnostics', req => diagnosticsOf(RED, registry, accountParam(RED, req)))

  get('/withings/accounts/:id/devices', req => {
    const { client } = registry.client(accountParam(RED, req))
    return fetchDevices(client.context({ priority: 'user' }))
  })
}

/** The ids of nodes in instances of subflows are those of the instances and the node, joined. */
const ID = /^(?:[\w.]{0,64}-){0,20}[\w.]{1,64}$/

function idParam(req: Request): string {
  const id = asText(req.params.id) ?? ''
  if (ID.test(id) && !(id in Object.prototype)) return id
  throw new CodedError('BAD_INPUT', 'wrongId', { field: 'id' })
}

/** Under which the login of this node is stored; before the first deploy there is only the id. */
function accountParam(RED: NodeAPI, req: Request): string {
  const id = idParam(req)
  return findAccount(RED, id)?.account ?? id
}

/** What the dialog sent, completed by what is stored. */
function loginOf(RED: NodeAPI, registry: AccountRegistry, req: Request): PendingLogin {
  const account = accountParam(RED, req)
  const form = asObject(req.body) ?? {}
  const node = findAccount(RED, idParam(req))
  const allowed = variablesOf(RED, account)
  const resolved = (value: unknown): unknown =>
    typeof value === 'string' ? resolveEnvironment(RED, value.trim(), node, allowed) : value
  const addresses = Object.fromEntries(
    ['callbackUrl', 'apiUrl', 'accountUrl'].map(name => [name, resolved(form[name])])
  )
  const { redirectUri, scopes, apiUrl, accountUrl } = parseLoginForm(
    asObject(req.body) && { ...form, ...addresses }
  )
  const proxyUrl = proxyFor(RED, resolved(form.proxy), apiUrl)
  const stored = (RED.nodes.getCredentials(account) ?? {}) as AccountCredentials
  const configured = registry.settingsOf(account)
  const pick = (name: 'clientId' | 'clientSecret'): string => {
    const typed = form[name] ?? ''
    if (typeof typed !== 'string') throw new CodedError('BAD_INPUT', 'notText', { field: name })
    const isTyped = typed.trim() !== '' && typed !== STORED_PASSWORD
    const kept = stored[name] ?? configured?.[name] ?? ''
    return resolveEnvironment(RED, (isTyped ? typed : kept).trim(), node, allowed)
  }
  const clientId = pick('clientId')
  const clientSecret = pick('clientSecret')
  if (clientId === '' || clientSecret === '') {
    throw new CodedError('BAD_INPUT', clientId === '' ? 'noClientId' : 'noClientSecret')
  }
  return {
    account,
    redirectUri,
    scopes,
    settings: { clientId, clientSecret, apiUrl, accountUrl, ...(proxyUrl === undefined ? {} : { proxyUrl }) }
  }
}

function stateOf(RED: NodeAPI, registry: AccountRegistry, account: string, req: Request): AccountState {
  const record = registry.tokens.record(account)
  const status = registry.status(account)
  const failing = registry.activity.currentError(account) ?? (record && registry.refusal(account))
  const error = failing && translateError(RED, failing, 'BAD_ANSWER', textsFor(req))
  const iso = (at: number) => (at > 0 ? new Date(at).toISOString() : null)
  return {
    linked: record !== undefined,
    userId: record?.userId ?? null,
    scopes: record?.scopes ?? [],
    linkedAt: record ? iso(record.linkedAt) : null,
    expiresAt: record ? iso(record.refreshUntil) : null,
    status,
    ...(error && { error: { code: error.code, message: error.message } })
  }
}

async function finishLogin(
  RED: NodeAPI,
  registry: AccountRegistry,
  req: Request,
  res: Response,
  localesDir: string
): Promise<void> {
  const login = registry.logins.take(req.query.state)
  const conclusion: Conclusion = login
    ? await conclude(registry, login, req)
    : { httpStatus: 400, outcome: 'stateUnknown' }
  const { httpStatus, ...content } = conclusion
  const { outcome, owner } = content
  if (login) {
    const failed = { ok: false, code: outcome, ...(owner !== undefined && { owner }) }
    const result = outcome === 'linked' ? { ok: true } : failed
    RED.comms.publish(`withings/auth/${login.account}`, result, false)
  }
  res
    .status(httpStatus)
    .set({
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      'X-Content-Type-Options': 'nosniff'
    })
    .type('html')
    .send(callbackPage(localesDir, req.get('accept-language'), content))
}

/** By what Withings finds wrong with the request for tokens. */
const OUTCOMES: Partial<Record<string, CallbackOutcome>> = {
  code: 'codeOld',
  client_id: 'wrongClient',
  client_secret: 'wrongSecret',
  redirect_uri: 'wrongCallback'
}

/** The code lives 30 s (withings-api.md §2.2), of which the exchange may take 10. */
const LONGEST_WAIT = 20_000

type Conclusion = CallbackContent & { httpStatus: number }

/** Throws what exchanging throws, WITHINGS_UNAVAILABLE when it cannot begin in time. */
function exchangeInTime(registry: AccountRegistry, login: PendingLogin, code: string): Promise<TokenPair> {
  const limit = new AbortController()
  // Not `withTimeout`: an exchange that has begun must end, or its tokens are lost.
  const late = new CodedError('WITHINGS_UNAVAILABLE', 'tooLate', { seconds: LONGEST_WAIT / 1000 })
  const cancel = steadyClock.after(LONGEST_WAIT, () => limit.abort(late))
  return registry.exchange(login, code, limit.signal).finally(cancel)
}

async function conclude(registry: AccountRegistry, login: PendingLogin, req: Request): Promise<Conclusion> {
  const refusal = asText(req.query.error)
  if (refusal === 'access_denied') return { httpStatus: 200, outcome: 'denied' }
  const code = asText(req.query.code)
  if (refusal !== undefined || code === undefined) {
    return { httpStatus: 502, outcome: 'refused', detail: refusal?.slice(0, 100) ?? { key: 'noCode' } }
  }
  try {
    const pair = await exchangeInTime(registry, login, code)
    const linked = registry.tokens.record(login.account)
    if (linked && linked.userId !== pair.userId) return { httpStatus: 409, outcome: 'otherUser' }
    const owner = registry.owners.otherOwner(login.account, pair.userId)
    if (owner !== undefined) return { httpStatus: 409, outcome: 'otherAccount', owner }
    registry.configure(login.account, login.settings)
    await registry.link(login.account, pair, login.scopes)
    return { httpStatus: 200, outcome: 'linked' }
  } catch (error) {
    const { code: kind, key, params } = asCodedError(error, 'BAD_ANSWER')
    if (kind === 'WITHINGS_UNAVAILABLE' || kind === 'RATE_LIMITED')
      return { httpStatus: 502, outcome: 'unavailable' }
    const detail: Text = { key: key ?? 'status', params }
    if (kind === 'NOT_CONFIGURED') return { httpStatus: 500, outcome: 'notSaved', detail }
    return { httpStatus: 502, outcome: OUTCOMES[params.refused as string] ?? 'refused', detail }
  }
}

/**
 * Answer of `GET withings/accounts/:id/diagnostics`: why something may be missing. Holds no health value, no
 * token, no id of a person or device, so that a user can attach it to a question.
 */
export function diagnosticsOf(RED: NodeAPI, registry: AccountRegistry, account: string) {
  const record = registry.tokens.record(account)
  const granted = record?.scopes ?? []
  const seen = registry.activity.seenTypes.get(account)
  return {
    createdAt: new Date().toISOString(),
    nodeRed: RED.version?.(),
    node: process.version,
    login: {
      linked: record !== undefined,
      status: registry.status(account),
      /** The key that Withings does not accept. */
      refusedKey: wrongKeyOf(registry.refusal(account)) ?? null,
      scopes: granted,
      missingScopes: SCOPES.filter(scope => !granted.includes(scope)),
      linkedAt: record ? new Date(record.linkedAt).toISOString() : null
    },
    devices: seen?.devices ?? [],
    types: explainTypes(seen, { grantedScopes: granted, nodes: nodeTypesOf(account) }),
    errors: registry.activity.errorsOf(account)
  }
}

/** Types of the running nodes that use an account. */
function nodeTypesOf(account: string): ReadonlySet<string> {
  const users = readers.all().filter(reader => reader.account === account)
  return new Set(users.map(({ node }) => node.type))
}
