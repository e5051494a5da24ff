import type { Node, NodeAPI } from 'node-red'
import { asText } from '../withings/json'

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
