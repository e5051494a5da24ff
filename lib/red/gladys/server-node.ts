import type { Node, NodeAPI } from 'node-red'
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { GladysServerConfig, GladysServerCredentials } from '../../../nodes/gladys-server.types'
import { splitAddress } from '../../base/address'
import { systemClock } from '../../base/clock'
import { CodedError } from '../../base/errors'
import { asText } from '../../base/json'
import { gladysRoot } from '../../gladys/http/client'
import { parseSession, type SessionRecord } from '../../gladys/http/session'
import { brokerUrl } from '../../gladys/mqtt/connection'
import type { Sender } from '../../gladys/sender'
import { GladysServer, type GladysServerOptions, type ServerUser } from '../../gladys/server'
import { proxyFor } from '../accounts/environment'
import { t, translateError } from '../i18n/texts'
import { EncryptedStore } from '../storage/encrypted-store'
import { fileNameOf, folderIn } from '../storage/node-records'
import { oncePerProcess } from '../storage/settings-store'

/** A `gladys-server` node. */
export interface ServerNode extends Node<GladysServerCredentials> {
  server: GladysServer
  /** Where Node-RED looks for Catch nodes (node-red.md §4.2): one user of each tab, so that each hears an error once. */
  users: Record<string, ServerUser>
}

/** A server with an address of its broker that can be used. */
export type UsableServer = GladysServer & { readonly sender: Sender }

/** Folder with a folder for each server, named for its node. */
export const SERVERS = 'withings-gladys'
/** States a second. */
const DEFAULT_RATE = 100

/** What is behind the `gladys-server` node with this id; undefined where there is none. */
export function findServer(RED: NodeAPI, id: string): GladysServer | undefined {
  const server = (RED.nodes.getNode(id) as Partial<ServerNode> | null)?.server
  // Nodes of other types may have something else under this name.
  return server instanceof GladysServer ? server : undefined
}

/** The server as its node configures it. What the node cannot use is said as its error, and left out. */
export function startServer(RED: NodeAPI, node: ServerNode, config: GladysServerConfig): GladysServer {
  const usable = <Made>(make: () => Made): Made | undefined => {
    try {
      return make()
    } catch (error) {
      node.error(translateError(RED, error, 'NOT_CONFIGURED'))
      return undefined
    }
  }
  const broker = usable(() => brokerOf(RED, node, config))
  const root = usable(() => rootOf(config))
  const login = root === undefined ? undefined : usable(() => loginOf(node, config))
  return new GladysServer({
    directory: directoryOf(RED, node),
    broker,
    http: root === undefined ? undefined : httpOf(RED, node, { root, login }),
    rate: rateOf(config.rate),
    clock: systemClock,
    onVolatile: detail => node.warn(t(RED, 'gladys.volatile', { detail })),
    onLost: count => node.warn(t(RED, 'gladys.lost', { count })),
    onNeverAnswered: reason => node.warn(t(RED, 'gladys.neverAnswered', { reason })),
    onError: error => node.error(translateError(RED, error, error.code), {}),
    onUsers: users => {
      const ofTabs = new Map(users.map(user => [user.z, user]))
      node.users = Object.fromEntries([...ofTabs.values()].map(user => [user.id, user]))
    }
  })
}

function brokerOf(RED: NodeAPI, node: ServerNode, config: GladysServerConfig): GladysServerOptions['broker'] {
  // A login in the address has precedence, as it has for MQTT.js, which is not shown it: its errors might.
  const { address, ...login } = splitAddress(brokerUrl(config.mqttUrl, Boolean(config.tls)))
  const username = login.username ?? node.credentials.mqttUsername?.trim()
  const password = login.password ?? node.credentials.mqttPassword
  const tlsNode = config.tls ? (RED.nodes.getNode(config.tls) as TlsNode | null) : null
  return {
    url: address,
    clientId: clientIdOf(node.id),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(tlsNode?.addTLSOptions ? { tls: tlsNode.addTLSOptions({}) } : {})
  }
}

type TlsNode = Node & { addTLSOptions?(options: object): object }

/** One id for each node and machine: two Node-REDs with the same flow would else throw each other out. */
function clientIdOf(nodeId: string): string {
  const hash = createHash('sha256').update(`${nodeId} ${hostname()}`).digest('hex')
  return `withings-${hash.slice(0, 12)}`
}

/** Root of Gladys's address; undefined for no address. Throws NOT_CONFIGURED when it is no use. */
function rootOf({ httpUrl }: GladysServerConfig): string | undefined {
  const address = asText(splitAddress(asText(httpUrl) ?? '').address)
  return address === undefined ? undefined : gladysRoot(address)
}

type HttpOptions = NonNullable<GladysServerOptions['http']>

/** A login in the address is used where the node has none. Throws NOT_CONFIGURED for half a login. */
function loginOf({ credentials }: ServerNode, { httpUrl }: GladysServerConfig): HttpOptions['login'] {
  const { username, password: ofAddress } = splitAddress(asText(httpUrl) ?? '')
  const email = asText(asText(credentials.email)?.trim()) ?? username
  const password = asText(credentials.password) ?? ofAddress
  if (email === undefined && password === undefined) return undefined
  if (email === undefined || password === undefined) throw new CodedError('NOT_CONFIGURED', 'halfGladysLogin')
  return { email, password }
}

function httpOf(RED: NodeAPI, node: Node, options: Pick<HttpOptions, 'root' | 'login'>): HttpOptions {
  const id = node._alias ?? node.id
  const session = {
    load: () => gladysSessions(RED).load(id),
    save: (record: SessionRecord) => gladysSessions(RED).save(id, record)
  }
  return { ...options, session, proxyUrl: proxyFor(RED, undefined, options.root) }
}

/** The logins at Gladys of all gladys-server nodes, by node id. */
export const gladysSessions = oncePerProcess(
  RED => new EncryptedStore<SessionRecord>(RED, 'withingsGladys', parseSession)
)

/** Not by `_alias`: each instance of a subflow has a server, and so an outbox, of its own. */
function directoryOf(RED: NodeAPI, { id }: Node): string | undefined {
  const folder = folderIn(RED, SERVERS)
  return folder && join(folder, fileNameOf(id))
}

function rateOf(rate: unknown): number {
  const number = Number(rate)
  return Number.isFinite(number) && number > 0 ? number : DEFAULT_RATE
}
