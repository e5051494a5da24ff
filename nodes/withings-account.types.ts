import type { NodeDef } from 'node-red'

export type Region = 'eu' | 'us' | 'custom'
export type Scope = 'user.info' | 'user.metrics' | 'user.activity' | 'user.sleepevents'

export interface AccountProperties {
  /** Of the properties, for later migrations; older flows have none. */
  version?: number
  region: Region
  apiUrl: string
  accountUrl: string
  callbackUrl: string
  scopes: Scope[]
  demo: boolean
  /** Id of an `http proxy` node, or empty: what the environment of Node-RED names. */
  proxy: string
}

export type AccountConfig = NodeDef & AccountProperties

export interface AccountCredentials {
  clientId?: string
  clientSecret?: string
}

/** Answer of `GET withings/accounts/:id` (design.md §2.1). */
export interface AccountState {
  linked: boolean
  userId: string | null
  scopes: string[]
  linkedAt: string | null
  /** When the login ends if nothing refreshes it: a year after the last refresh. */
  expiresAt: string | null
  status: 'ready' | 'login-needed' | 'volatile'
  error?: { code: string; message: string }
}
