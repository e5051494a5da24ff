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

const classes: Readonly<Record<number, StatusClass>> = {
  0: 'ok',
  100: 'renew',
  101: 'renew',
  102: 'renew',
  200: 'renew',
  401: 'renew',
  214: 'login',
  277: 'login',
  2553: 'login',
  403: 'scope',
  601: 'pause',
  522: 'retry',
  524: 'retry',
  602: 'retry',
  2555: 'retry'
}

export function statusClass(status: number): StatusClass {
  return classes[status] ?? 'refused'
}
