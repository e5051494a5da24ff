import type { NodeAPI } from 'node-red'
import { parseTokens, type TokenRecord, type TokenStore } from '../withings/token-keeper'
import { SealedTable } from './sealed-table'

/** The tokens of all accounts, by the id under which the login is stored. */
export class SettingsTokenStore extends SealedTable<TokenRecord> implements TokenStore {
  constructor(RED: NodeAPI) {
    super(RED, 'withingsAccounts', parseTokens)
  }
}
