const names = new Map<string, { userId: string; name: string }>()

/** Told by each account node, so that Gladys devices can be named after the person; an empty name is none. */
export function rememberAccountName(account: string, userId: string | undefined, name: string): void {
  if (userId === undefined || name === '') names.delete(account)
  else names.set(account, { userId, name })
}

/** Name of an account node linked to this Withings user; undefined when nobody named it. */
export function accountName(userId: string): string | undefined {
  return [...names.values()].find(named => named.userId === userId)?.name
}
