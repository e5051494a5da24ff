import type { NodeAPI } from 'node-red'
import { list, optional, or, shape } from '../shape'
import { asInteger, asPositive, asText } from '../withings/json'
import { ACCESS_TOKEN_LIFETIME } from '../withings/oauth'
import type { TokenRecord, TokenStore } from '../withings/token-keeper'
import { SealedTable } from './sealed-table'

/** The tokens of all accounts, by the id under which the login is stored. */
export class SettingsTokenStore extends SealedTable<TokenRecord> implements TokenStore {
  constructor(RED: NodeAPI) {
    super(RED, 'withingsAccounts', parseRecord)
  }
}

export const parseRecord = shape<TokenRecord>({
  userId: asText,
  accessToken: asText,
  refreshToken: asText,
  scopes: or(list(String), []),
  linkedAt: or(asInteger, 0),
  accessUntil: or(asInteger, 0),
  lifetime: or(asPositive, ACCESS_TOKEN_LIFETIME * 1000),
  refreshUntil: or(asInteger, 0),
  previousRefreshToken: optional(asText),
  refusedFor: optional(asText)
})
