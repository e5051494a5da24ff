import { join } from 'node:path'
import type { Node, NodeAPI } from 'node-red'
import { splitAddress } from '../address'
import { axiosSend } from '../http'
import { systemClock } from '../clock'
import { CreatedStore } from '../gladys/created-store'
import { DeviceCreator } from '../gladys/creation'
import { GladysApi } from '../gladys/http-api'
import type { GladysHttp } from '../gladys/server'
import { parseSession, type SessionRecord, type SessionStore } from '../gladys/session'
import { gladysRoot } from '../gladys/wire'
import { asText } from '../withings/json'
import type { NodeRecords } from './orphans'
import { proxyFor } from './proxy'
import { SealedTable } from './sealed-table'

/** Megabytes; a household with 1,000 devices has so long a list of them. */
const LARGEST_ANSWER = 8

interface Login {
  httpUrl: unknown
  email: unknown
  password: unknown
}

export interface GladysHttpOptions {
  /** Where this server's memory lies; undefined: only in memory. */
  directory: string | undefined
  onVolatile: (reason: string) => void
  /** So many states that waited for their features are lost. */
  onLost: (count: number) => void
  /** Aborted when the node is closed. */
  signal: AbortSignal
}

let table: SealedTable<SessionRecord> | undefined

/** The logins at Gladys of all gladys-server nodes, by node id. */
function sessions(RED: NodeAPI): SealedTable<SessionRecord> {
  table ??= new SealedTable(RED, 'withingsGladys', parseSession)
  return table
}

/** The same as records of nodes. */
export function gladysSessions(RED: NodeAPI): NodeRecords {
  return { ids: () => sessions(RED).ids(), delete: id => sessions(RED).remove(id) }
}

/**
 * Gladys's HTTP API as a gladys-server node configures it; undefined when address, e-mail or password are missing. A
 * login in the address is used where the node has none.
 * Throws NOT_CONFIGURED when the address is no use.
 */
export function gladysHttp(
  RED: NodeAPI,
  node: Node,
  { httpUrl, email, password }: Login,
  { directory, onVolatile, onLost, signal }: GladysHttpOptions
): GladysHttp | undefined {
  const plain = splitAddress(asText(httpUrl) ?? '')
  const address = asText(plain.address)
  const login = {
    email: asText(asText(email)?.trim()) ?? plain.username,
    password: asText(password) ?? plain.password
  }
  if (address === undefined || login.email === undefined || login.password === undefined) return undefined
  const root = gladysRoot(address)
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

function sessionOf(RED: NodeAPI, id: string): SessionStore {
  return { load: () => sessions(RED).load(id), save: record => sessions(RED).save(id, record) }
}
