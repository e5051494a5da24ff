import type { Node, NodeAPI } from 'node-red'
import type { AccountCredentials } from '../../../nodes/withings-account.types'
import { RunningNodes } from '../flows/running-nodes'
import type { AccountRegistry } from './account-registry'

/** The part of a withings-account node that other nodes use. */
export interface AccountNode extends Node<AccountCredentials> {
  /** Under which the login is stored; instances of a subflow share it. */
  account: string
  registry: AccountRegistry
}

export const accountNodes = new RunningNodes<{ readonly node: AccountNode }>()

/** The account node with this id, or with its login under it; undefined when missing, disabled or something else. */
export function findAccount(RED: NodeAPI, id: string): AccountNode | undefined {
  const node = RED.nodes.getNode(id) as Partial<AccountNode> | null
  if (node?.registry && node.account !== undefined) return node as AccountNode
  return accountNodes.all().find(({ node: { account } }) => account === id)?.node
}

/** The account that this Withings user is linked to, one that works before others; undefined when no node of it runs. */
export function runningAccountOf(userId: string): string | undefined {
  const nodes = accountNodes.all().map(({ node }) => node)
  const linked = nodes.filter(({ registry, account }) => registry.tokens.record(account)?.userId === userId)
  return (linked.find(({ registry, account }) => registry.status(account) !== 'login-needed') ?? linked[0])
    ?.account
}

const names = new Map<string, { userId: string; name: string }>()

/** Called by each account node, so that Gladys devices can be named after the person; an empty name is none. */
export function rememberAccountName(account: string, userId: string | undefined, name: string): void {
  if (userId === undefined || name === '') names.delete(account)
  else names.set(account, { userId, name })
}

/** Name of an account node linked to this Withings user; undefined when nobody named it. */
export function accountName(userId: string): string | undefined {
  return [...names.values()].find(named => named.userId === userId)?.name
}
