import type { NodeAPI } from 'node-red'
import { asBoolean, list, or, shape } from '../shape'
import type { BedEvent } from '../withings/bed-states'
import { asInteger, asText } from '../withings/json'
import { SettingsTable } from './settings-table'

/** What a withings-notification node has to know over restarts. */
export interface NotifyRecord {
  /** Under which the login is stored with which it subscribed. */
  account: string
  /** The part of the callback URL that nobody can guess. */
  secret: string
  /** The callback URL; empty until one was known. */
  url: string
  /** Addresses of before under which something may still be subscribed. */
  former: string[]
  /** Categories that are subscribed as far as we know. */
  known: number[]
  /** Unix seconds; until then nothing can have been missed. 0: nothing was heard yet. */
  heardUntil: number
  beds: BedEvent[]
}

const NOTIFICATIONS = 'withingsNotifications'

let table: SettingsTable<NotifyRecord> | undefined

/** The records of all withings-notification nodes, by node id. */
export function notifyRecords(RED: NodeAPI): SettingsTable<NotifyRecord> {
  table ??= new SettingsTable(RED, NOTIFICATIONS, parseRecord)
  return table
}

const parseBed = shape<BedEvent>({
  userId: asText,
  deviceId: or(asText, null),
  inBed: asBoolean,
  at: asInteger
})

const parseRecord = shape<NotifyRecord>({
  account: asText,
  secret: asText,
  url: or(asText, ''),
  former: or(list(asText), []),
  known: or(list(asInteger), []),
  heardUntil: or(asInteger, 0),
  beds: or(list(parseBed), [])
})
