import { parseWebUrl } from '../../base/address'
import { CodedError } from '../../base/errors'
import { asObject, type JsonObject } from '../../base/json'
import { LONGEST_CALLBACK } from './callback-url'

/** Where an account lives: the address of the API and of the pages where people log in. */
export interface Addresses {
  apiUrl: string
  accountUrl: string
}

/** Body of `POST withings/accounts/:id/authorize` (design.md §2.1), without client id and client secret. */
export interface LoginForm extends Addresses {
  redirectUri: string
  scopes: string[]
  demo: boolean
}

/** withings-api.md §1 and §2.2; `us` is the separate medical cloud. */
const REGIONS: Readonly<Record<'eu' | 'us', Addresses>> = {
  eu: { apiUrl: 'https://wbsapi.withings.net', accountUrl: 'https://account.withings.com' },
  us: { apiUrl: 'https://wbsapi.us.withingsmed.net', accountUrl: 'https://account.us.withingsmed.com' }
}

export const SCOPES = ['user.info', 'user.metrics', 'user.activity', 'user.sleepevents'] as const

/** Throws BAD_INPUT for junk: a callback that is no web address, scopes that are no list of known ones. */
export function parseLoginForm(body: unknown): LoginForm {
  const form = asObject(body)
  if (!form) throw new CodedError('BAD_INPUT', 'noBody')
  return {
    ...parseAddresses(form),
    redirectUri: webAddress(form.callbackUrl, 'callbackUrl'),
    scopes: parseScopes(form.scopes),
    demo: form.demo === true
  }
}

/** Addresses of a region; those of `custom` have to be web addresses. Throws BAD_INPUT. */
export function parseAddresses(form: JsonObject): Addresses {
  const region = form.region ?? 'eu'
  if (region === 'eu' || region === 'us') return REGIONS[region]
  if (region !== 'custom') throw new CodedError('BAD_INPUT', 'unknownRegion')
  return {
    apiUrl: webAddress(form.apiUrl, 'apiUrl'),
    accountUrl: webAddress(form.accountUrl, 'accountUrl')
  }
}

function parseScopes(value: unknown): string[] {
  if (value === undefined) return [...SCOPES]
  const known: readonly unknown[] = SCOPES
  if (!Array.isArray(value) || value.length === 0 || !value.every(scope => known.includes(scope))) {
    throw new CodedError('BAD_INPUT', 'wrongScopes')
  }
  return SCOPES.filter(scope => value.includes(scope))
}

function webAddress(value: unknown, property: string): string {
  const text = typeof value === 'string' ? value.trim() : ''
  if (!parseWebUrl(text) || text.length > LONGEST_CALLBACK) {
    throw new CodedError('BAD_INPUT', 'noWebAddress', { property })
  }
  return text
}
