import type { NodeDef } from 'node-red'

export interface ActivityProperties {
  account: string
  what: 'daily' | 'intraday' | 'workouts' | 'goals'
  mode: 'new' | 'period' | 'all'
  /** Reach of `period` and of the first `new` run; 0 means everything. */
  days: number
  /** Minutes between polls; 0 means only on a message. */
  schedule: number
  output: 'each' | 'batch' | 'latest'
  /** What Withings took over from other brands. */
  external: 'include' | 'exclude'
  units: 'metric' | 'imperial'
}

export type ActivityConfig = NodeDef & ActivityProperties
