import type { NodeDef } from 'node-red'

export interface DeviceStateProperties {
  server: string
  create: 'discovery' | 'http' | 'none'
  /** A reading younger than this runs Gladys's scenes. */
  liveMinutes: number
  /** Name shown in Gladys; empty: the name of the account linked to the reading's user. */
  person: string
}

export type DeviceStateConfig = NodeDef & DeviceStateProperties
