import type { Subscription } from './notify-api'

export interface SubscriptionPlan {
  /** Wanted and there. */
  present: number[]
  /** Wanted, but not there. */
  missing: number[]
  /** Ours, but not wanted any more. */
  surplus: Subscription[]
}

/**
 * What has to change so that exactly the wanted categories come to `url`. `former`: addresses that were ours
 * before. Subscriptions of other addresses belong to other programs and are left alone (design.md §2.6).
 */
export function planSubscriptions(
  listed: readonly Subscription[],
  url: string,
  former: readonly string[],
  wanted: readonly number[]
): SubscriptionPlan {
  const here = new Set(
    listed.filter(({ callbackUrl }) => callbackUrl === url).map(({ category }) => category)
  )
  const isSurplus = ({ category, callbackUrl }: Subscription): boolean =>
    callbackUrl === url ? !wanted.includes(category) : former.includes(callbackUrl)
  return {
    present: wanted.filter(category => here.has(category)),
    missing: wanted.filter(category => !here.has(category)),
    surplus: listed.filter(isSurplus)
  }
}
