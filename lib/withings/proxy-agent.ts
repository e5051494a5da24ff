import type { ClientRequest } from 'node:http'

/** What Node's http and https call of any agent; not part of their types. */
interface RequestTaker {
  addRequest(request: ClientRequest, options: object): void
}

/**
 * Sends the requests of one address through an HTTP proxy. Plain data and one method: the HTTP client below
 * simple-oauth2 copies its options deeply, which the agent of the library would not survive.
 */
export class ProxyAgent implements RequestTaker {
  readonly protocol: string
  readonly defaultPort: number

  constructor(
    private readonly proxyUrl: string,
    targetUrl: string
  ) {
    this.protocol = new URL(targetUrl).protocol
    this.defaultPort = this.protocol === 'https:' ? 443 : 80
  }

  addRequest(request: ClientRequest, options: object): void {
    const { HttpsProxyAgent } = require('https-proxy-agent') as typeof import('https-proxy-agent')
    const agent = new HttpsProxyAgent(this.proxyUrl) as unknown as RequestTaker
    agent.addRequest(request, options)
  }
}
