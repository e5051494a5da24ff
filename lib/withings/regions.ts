/** Where an account lives: the address of the API and of the pages where people log in. */
export interface Addresses {
  apiUrl: string
  accountUrl: string
}

/** withings-api.md §1 and §2.2; `us` is the separate medical cloud. */
export const REGIONS: Readonly<Record<'eu' | 'us', Addresses>> = {
  eu: { apiUrl: 'https://wbsapi.withings.net', accountUrl: 'https://account.withings.com' },
  us: { apiUrl: 'https://wbsapi.us.withingsmed.net', accountUrl: 'https://account.us.withingsmed.com' }
}

export const SCOPES = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'] as const
