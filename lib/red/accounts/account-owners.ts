import type { TokenManager } from '../../withings/auth/token-manager'

/** An account node of the flows. */
interface Owner {
  /** Under which its login is stored. */
  account: string
  name: string
}

/**
 * The account nodes of the flows, those in instances of subflows included. While a deploy restarts them they are there
 * all the same: who is gone, deleted or disabled, is found when the flows have started.
 */
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
