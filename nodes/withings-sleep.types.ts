import type { NodeDef } from 'node-red'
import type { SpanDates } from '../lib/withings/span-dates'

export interface SleepProperties extends SpanDates {
  account: string
  /** Id of the wanted device, `manual` for what no device measured; empty means all. */
  device: string
  what: 'nights' | 'stages'
  mode: 'new' | 'period' | 'all'
  /** Reach of `period` and of the first `new` run; 0 means everything. */
  days: number
  /** Minutes between polls; 0 means only on a message. */
  schedule: number
  output: 'each' | 'batch' | 'latest'
  naps: 'include' | 'exclude' | 'only'
  /** What takes fewer hours may be a nap; 0 means nothing is one. */
  napHours: number
  /** It is one if its middle lies between these local hours. */
  napFrom: number
  napUntil: number
  /** Parts with fewer minutes between them are one night; 0 means they never are. */
  joinMinutes: number
  units: 'metric' | 'imperial'
}

export type SleepConfig = NodeDef & SleepProperties
