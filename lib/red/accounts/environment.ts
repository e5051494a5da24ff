import type { Node, NodeAPI } from 'node-red'
import { VARIABLE } from '../../base/address'
import { CodedError } from '../../base/errors'
import { asObject, asText } from '../../base/json'

/**
 * A value that is exactly `${NAME}` or `$(NAME)` → that environment variable. Node-RED does so for the nodes it
 * starts; a login with values of the form has to do it itself. Throws BAD_INPUT for a variable that is not among
 * `allowed`: whoever sends a request must not read the environment of the process by it.
 */
export function resolveEnvironment(
  RED: NodeAPI,
  value: string,
  node: Node | undefined,
  allowed: ReadonlySet<string>
): string {
  const name = variableIn(value)
  if (name === undefined) return value
  if (!allowed.has(name)) throw new CodedError('BAD_INPUT', 'foreignVariable', { name: name.slice(0, 40) })
  const resolved: unknown = RED.util.evaluateNodeProperty(`\${${name}}`, 'env', node as Node, {})
  return typeof resolved === 'string' ? resolved : ''
}

/** Names of the environment variables in the properties and credentials of a deployed node, as they are stored. */
export function variablesOf(RED: NodeAPI, id: string): ReadonlySet<string> {
  const stored: unknown[] = [RED.nodes.getCredentials(id)]
  RED.nodes.eachNode(definition => {
    if (definition.id === id) stored.push(definition)
  })
  const values = stored.flatMap(properties => Object.values(asObject(properties) ?? {}))
  return new Set(values.flatMap(value => (typeof value === 'string' ? (variableIn(value.trim()) ?? []) : [])))
}

function variableIn(value: string): string | undefined {
  const [, braces, brackets] = VARIABLE.exec(value) ?? []
  return braces ?? brackets
}

/** Core's config node `http proxy`. */
interface ProxyNode extends Omit<Node, 'credentials'> {
  /** Absent where the proxy asks for no login. */
  credentials?: { username?: string; password?: string }
  url?: unknown
  noproxy?: unknown
}

/**
 * The proxy for requests to `url`: that of an `http proxy` node, else what the environment names, as the HTTP
 * Request node does (node-red.md §4.8). undefined: no proxy.
 */
export function proxyFor(RED: NodeAPI, proxyId: unknown, url: string): string | undefined {
  const node = typeof proxyId === 'string' && proxyId !== '' ? RED.nodes.getNode(proxyId) : null
  if (node) return fromNode(node, url)
  const { getProxyForUrl } = require('proxy-from-env') as typeof import('proxy-from-env')
  return asText(getProxyForUrl(url))
}

function fromNode(node: ProxyNode, url: string): string | undefined {
  const address = asText(node.url)
  const exceptions: unknown[] = Array.isArray(node.noproxy) ? node.noproxy : []
  if (address === undefined || exceptions.some(part => asText(part) && url.includes(String(part)))) {
    return undefined
  }
  const proxy = new URL(address)
  proxy.username = encodeURIComponent(node.credentials?.username ?? '')
  proxy.password = encodeURIComponent(node.credentials?.password ?? '')
  return proxy.href
}
