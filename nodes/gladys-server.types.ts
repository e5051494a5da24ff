import type { NodeDef } from 'node-red'

export interface GladysServerProperties {
  /** Of the properties, for later migrations; older flows have none. */
  version?: number
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  mqttUrl: string
  /** Id of a tls-config node, or empty. */
  tls: string
  /** Gladys's root, without `/api/v1`. */
  httpUrl: string
  /** States a second. */
  rate: number
}

export type GladysServerConfig = NodeDef & GladysServerProperties

export interface GladysServerCredentials {
  mqttUsername?: string
  mqttPassword?: string
  email?: string
  password?: string
}
