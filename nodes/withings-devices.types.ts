import type { NodeDef } from 'node-red'

export interface DevicesProperties {
  account: string
  /** Minutes between polls; 0 means only on a message. */
  schedule: number
  output: 'each' | 'batch'
}

export type DevicesConfig = NodeDef & DevicesProperties
