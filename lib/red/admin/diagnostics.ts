import type { NodeAPI } from 'node-red'
import { wrongKeyOf } from '../../base/errors'
import { SCOPES } from '../../withings/auth/login-form'
import { explainTypes } from '../../withings/diagnostics/seen-types'
import type { AccountRegistry } from '../accounts/account-registry'
import { readers } from '../flows/running-nodes'

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
