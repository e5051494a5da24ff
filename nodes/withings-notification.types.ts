import type { NodeDef } from 'node-red'

export interface NotificationProperties {
  account: string
  /** Address of Node-RED as the outside sees it, https; empty: Withings cannot call. */
  publicUrl: string
  /** Numbers of Withings' notification categories. */
  categories: number[]
}

export type NotificationConfig = NodeDef & NotificationProperties
