/**
 * What to do about a status of Withings (withings-api.md §3):
 * - `renew`: the access token is not accepted; refresh it, try once more;
 * - `login`: only a new login helps;
 * - `scope`: the login lacks a scope;
 * - `pause`: too many requests, the whole client id has to wait;
 * - `retry`: may pass by itself;
 * - `refused`: asking again gives the same answer.
 */
export type StatusClass = 'ok' | 'renew' | 'login' | 'scope' | 'pause' | 'retry' | 'refused'

const classes: Readonly<Record<Exclude<StatusClass, 'refused'>, readonly number[]>> = {
  ok: [0],
  renew: [100, 101, 102, 200, 401],
  login: [214, 277, 2553],
  scope: [403],
  pause: [601],
  retry: [522, 524, 602, 2555]
}

export function statusClass(status: number): StatusClass {
  const [found] = Object.entries(classes).find(([, statuses]) => statuses.includes(status)) ?? ['refused']
  return found as StatusClass
}
