import type { NodeDef } from 'node-red'
import type { SpanDates } from '../lib/withings/span-dates'

export interface ActivityProperties extends SpanDates {
  account: string
  /** Id of the wanted device, `manual` for what no device measured; empty means all. */
  device: string
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
