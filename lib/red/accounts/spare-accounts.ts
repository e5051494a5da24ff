import type { LinkStatus } from '../../withings/auth/token-manager'

/** An account node with a login. */
export interface LinkedAccount {
  /** Id of the node. */
  id: string
  /** Under which the login is stored: nodes that share one are no duplicates. */
  account: string
  userId: string
  status: LinkStatus
  /** Unix milliseconds. */
  linkedAt: number
}

/**
 * Where several accounts have one Withings user: each that is one too many → the node that stays, by node id. The one
 * that stays is connected, and has been for longest.
 */
export function spareAccounts(accounts: readonly LinkedAccount[]): ReadonlyMap<string, string> {
  const rank = ({ status }: LinkedAccount): number => (status === 'login-needed' ? 1 : 0)
  const sorted = [...accounts].sort(
    (a, b) => rank(a) - rank(b) || a.linkedAt - b.linkedAt || (a.account < b.account ? -1 : 1)
  )
  const staying = new Map<string, LinkedAccount>()
  const spare = new Map<string, string>()
  for (const each of sorted) {
    const first = staying.get(each.userId)
    if (first === undefined) staying.set(each.userId, each)
    else if (first.account !== each.account) spare.set(each.id, first.id)
  }
  return spare
}
