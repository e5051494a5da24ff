import type { ConsentOptions, Simulator } from '../simulator'
import type { NodeRed } from './node-red'

/** Body of the authorize call as the dialog sends it for an account of this simulator. */
export function loginBody(simulator: Simulator, nodeRed: NodeRed): Record<string, unknown> {
  return {
    clientId: simulator.client.id,
    clientSecret: simulator.client.secret,
    callbackUrl: `${nodeRed.root}withings/callback`,
    region: 'custom',
    apiUrl: simulator.url,
    accountUrl: simulator.url,
    scopes: ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'],
    demo: false
  }
}

/** Goes the way of the popup: start, consent, callback. Gives the answer of the callback. */
export async function logIn(
  nodeRed: NodeRed,
  simulator: Simulator,
  account: string,
  options: ConsentOptions = {},
  body = loginBody(simulator, nodeRed)
): Promise<Response> {
  const started = await nodeRed.admin(`withings/accounts/${account}/authorize`, {
    method: 'POST',
    body: JSON.stringify(body)
  })
  if (started.status !== 200) throw new Error(`authorize answered ${started.status}: ${await started.text()}`)
  const { authorizeUrl } = (await started.json()) as { authorizeUrl: string }
  return fetch(await simulator.consent(authorizeUrl, options))
}
