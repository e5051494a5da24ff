import type { NodeAPI } from 'node-red'
import { asInteger, asObject, asPositive, asText } from '../withings/json'
import { ACCESS_TOKEN_LIFETIME } from '../withings/oauth'
import type { TokenRecord, TokenStore } from '../withings/token-keeper'
import { SealedTable } from './sealed-table'

/** The tokens of all accounts, by the id under which the login is stored. */
export class SettingsTokenStore extends SealedTable<TokenRecord> implements TokenStore {
  constructor(RED: NodeAPI) {
    super(RED, 'withingsAccounts', parseRecord)
  }
}

export function parseRecord(value: unknown): TokenRecord | undefined {
  const raw = asObject(value)
  const userId = asText(raw?.userId)
  const accessToken = asText(raw?.accessToken)
  const refreshToken = asText(raw?.refreshToken)
  if (!raw || userId === undefined || accessToken === undefined || refreshToken === undefined)
    return undefined
  const previousRefreshToken = asText(raw.previousRefreshToken)
  const refusedFor = asText(raw.refusedFor)
  return {
    userId,
    accessToken,
    refreshToken,
    scopes: Array.isArray(raw.scopes) ? raw.scopes.map(String) : [],
    linkedAt: asInteger(raw.linkedAt) ?? 0,
    accessUntil: asInteger(raw.accessUntil) ?? 0,
    lifetime: asPositive(raw.lifetime) ?? ACCESS_TOKEN_LIFETIME * 1000,
    refreshUntil: asInteger(raw.refreshUntil) ?? 0,
    ...(previousRefreshToken === undefined ? {} : { previousRefreshToken }),
    ...(refusedFor === undefined ? {} : { refusedFor })
  }
}
