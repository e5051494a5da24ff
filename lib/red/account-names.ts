const nameOfUser = new Map<string, string>()

/** Told by each linked account node, so that Gladys devices can be named after the person. */
export function rememberAccountName(userId: string, name: string): void {
  nameOfUser.set(userId, name)
}

/** Name of the account node linked to this Withings user; undefined when nobody named it. */
export function accountName(userId: string): string | undefined {
  return nameOfUser.get(userId)
}
