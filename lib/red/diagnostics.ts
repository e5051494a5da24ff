import type { NodeAPI } from 'node-red'
import { wrongKeyOf } from '../errors'
import { explainTypes } from '../withings/arrivals'
import { SCOPES } from '../withings/regions'
import type { AccountHub } from './account-hub'
import { readers } from './running-nodes'

/**
 * Answer of `GET withings/accounts/:id/diagnostics`: why something may be missing. Holds no health value, no
 * token, no id of a person or device, so that a user can attach it to a question.
 */
export function diagnosticsOf(RED: NodeAPI, hub: AccountHub, account: string) {
  const record = hub.keeper.record(account)
  const granted = record?.scopes ?? []
  const arrivals = hub.records.arrivalsOf(account)
  return {
    createdAt: new Date().toISOString(),
    nodeRed: RED.version?.(),
    node: process.version,
    login: {
      linked: record !== undefined,
      status: hub.status(account),
      /** The key that Withings does not accept. */
      refusedKey: wrongKeyOf(hub.refusal(account)) ?? null,
      scopes: granted,
      missingScopes: SCOPES.filter(scope => !granted.includes(scope)),
      linkedAt: record ? new Date(record.linkedAt).toISOString() : null
    },
    devices: arrivals?.devices ?? [],
    types: explainTypes(arrivals, { grantedScopes: granted, nodes: typesOf(account) }),
    errors: hub.records.errorsOf(account)
  }
}

/** Types of the running nodes that use an account. */
function typesOf(account: string): ReadonlySet<string> {
  const users = readers.all().filter(reader => reader.account === account)
  return new Set(users.map(({ node }) => node.type))
}
