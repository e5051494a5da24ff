import type { Node, NodeAPI } from 'node-red'
import { join } from 'node:path'
import { splitAddress } from '../../base/address'
import { systemClock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { axiosSend } from '../../base/http'
import { asText } from '../../base/json'
import { GladysApi } from '../../gladys/http/api'
import { gladysRoot } from '../../gladys/http/client'
import { CreatedStore } from '../../gladys/http/created-store'
import { DeviceCreator } from '../../gladys/http/device-creation'
import { parseSession, type SessionRecord, type SessionStore } from '../../gladys/http/session'
import type { GladysHttp } from '../../gladys/server'
import { proxyFor } from '../accounts/environment'
import { EncryptedStore } from '../storage/encrypted-store'
import type { NodeRecords } from '../storage/orphan-cleanup'

/** Megabytes; a household with 1,000 devices has so long a list of them. */
const LARGEST_ANSWER = 8

/** Milliseconds; a Gladys that is busy takes its time (design.md §4.3). */
const PING_LIMIT = 4_000

export interface GladysHttpOptions {
  /** As `gladysRootOf` gives it. */
  root: string
  /** As the node has it: a login may stand in it. */
  httpUrl: unknown
  email: unknown
  password: unknown
  /** Where this server's memory lies; undefined: only in memory. */
  directory: string | undefined
  onVolatile: (reason: string) => void
  /** So many states that waited for their features are lost. */
  onLost: (count: number) => void
  /** Aborted when the node is closed. */
  signal: AbortSignal
}

let table: EncryptedStore<SessionRecord> | undefined

/** The logins at Gladys of all gladys-server nodes, by node id. */
function sessions(RED: NodeAPI): EncryptedStore<SessionRecord> {
  table ??= new EncryptedStore(RED, 'withingsGladys', parseSession)
  return table
}

/** The same as records of nodes. */
export function gladysSessions(RED: NodeAPI): NodeRecords {
  return { ids: () => sessions(RED).ids(), delete: id => sessions(RED).remove(id) }
}

/** Root of the Gladys at this address; undefined for no address. Throws NOT_CONFIGURED when it is no use. */
export function gladysRootOf(httpUrl: unknown): string | undefined {
  const address = asText(splitAddress(asText(httpUrl) ?? '').address)
  return address === undefined ? undefined : gladysRoot(address)
}

/**
 * Gladys's HTTP API as a gladys-server node configures it; undefined without a login. A login in the address is used where
 * the node has none. Throws NOT_CONFIGURED for half a login.
 */
export function gladysHttp(
  RED: NodeAPI,
  node: Node,
  { root, httpUrl, email, password, directory, onVolatile, onLost, signal }: GladysHttpOptions
): GladysHttp | undefined {
  const plain = splitAddress(asText(httpUrl) ?? '')
  const login = {
    email: asText(asText(email)?.trim()) ?? plain.username,
    password: asText(password) ?? plain.password
  }
  if (login.email === undefined && login.password === undefined) return undefined
  if (login.email === undefined || login.password === undefined)
    throw new CodedError('NOT_CONFIGURED', 'halfGladysLogin')
  const api = new GladysApi({
    root,
    login: { email: login.email, password: login.password },
    store: sessionOf(RED, node._alias ?? node.id),
    send: axiosSend(proxyFor(RED, undefined, root), { largest: LARGEST_ANSWER }),
    clock: systemClock,
    signal
  })
  const store = new CreatedStore(directory && join(directory, 'created.json'), onVolatile)
  const creator = new DeviceCreator({ api, store, clock: systemClock })
  const pending = { directory: directory && join(directory, 'held'), onVolatile, onLost }
  return { api, creator, created: store, pending }
}

/** Asks whether Gladys is there, which needs no login; gives the HTTP status. */
export function pingOf(RED: NodeAPI, root: string, signal: AbortSignal): () => Promise<number> {
  const send = axiosSend(proxyFor(RED, undefined, root), { timeLimit: PING_LIMIT })
  const headers = { accept: 'application/json' }
  return async () => (await send({ method: 'GET', url: `${root}/api/v1/ping`, headers }, signal)).httpStatus
}

function sessionOf(RED: NodeAPI, id: string): SessionStore {
  return { load: () => sessions(RED).load(id), save: record => sessions(RED).save(id, record) }
}
