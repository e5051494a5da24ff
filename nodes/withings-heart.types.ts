import type { NodeDef } from 'node-red'
import type { SpanDates } from '../lib/withings/span-dates'

export interface HeartProperties extends SpanDates {
  account: string
  /** Id of the wanted device, `manual` for what no device measured; empty means all. */
  device: string
  /** The lists of recordings, or on demand the signal of one ECG. */
  what: 'recordings' | 'signal' | 'stethoscope'
  mode: 'new' | 'period' | 'all'
  /** Reach of `period` and of the first `new` run; 0 means everything. */
  days: number
  /** Minutes between polls; 0 means only on a message. A signal is never polled. */
  schedule: number
  output: 'each' | 'batch' | 'latest'
}

export type HeartConfig = NodeDef & HeartProperties
