import type { LinkStatus, TokenManager } from './token-manager'

/** An account node of the flows. */
interface Owner {
  /** Under which its login is stored. */
  account: string
  name: string
}

/** The account nodes of the flows, also while a deploy restarts them: those gone are found once the flows have started. */
export class AccountOwners {
  private readonly nodes = new Map<string, Owner>()
  /** The accounts that a login is being saved for, by Withings user. */
  private readonly linking = new Map<string, string>()

  constructor(private readonly tokens: Pick<TokenManager, 'record'>) {}

  /** Called by each account node. */
  add({ id, account, name = '' }: { id: string; account: string; name?: string | undefined }): void {
    this.nodes.set(id, { account, name: name.trim() })
  }

  /** Called after each start of the flows. */
  forgetGone(runs: (id: string) => boolean): void {
    for (const id of this.nodes.keys()) if (!runs(id)) this.nodes.delete(id)
  }

  /** Whether a node of the flows uses the login that is stored as `account`. */
  has(account: string): boolean {
    return [...this.nodes.values()].some(owner => owner.account === account)
  }

  /**
   * Name of another account node that has this Withings user, empty where it has none; undefined: no other one, or
   * `account` has this user already.
   */
  otherOwner(account: string, userId: string): string | undefined {
    const hasUser = (id: string): boolean =>
      this.tokens.record(id)?.userId === userId || this.linking.get(userId) === id
    if (hasUser(account)) return undefined
    return [...this.nodes.values()].find(owner => owner.account !== account && hasUser(owner.account))?.name
  }

  /** `save` keeps a login of this user for the account: until it ends, no other account gets the same user. */
  async whileLinking<T>(account: string, userId: string, save: () => Promise<T>): Promise<T> {
    this.linking.set(userId, account)
    try {
      return await save()
    } finally {
      if (this.linking.get(userId) === account) this.linking.delete(userId)
    }
  }
}

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
