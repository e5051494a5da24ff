import { asInteger, asText } from '../../base/json'
import { asBoolean, list, or, type Parse, type Parsed, shape } from '../../base/shape'
import type { BedEvent } from '../../withings/notifications/bed-events'
import { oncePerProcess, SettingsStore } from './settings-store'

const parseBed: Parse<BedEvent> = shape({
  userId: asText,
  deviceId: or(asText, null),
  inBed: asBoolean,
  at: asInteger
})

/** What a withings-notification node has to know over restarts. */
export const parseNotifyRecord = shape({
  /** Under which the login is stored with which it subscribed. */
  account: asText,
  /** The part of the callback URL that nobody can guess. */
  secret: asText,
  /** The callback URL; empty until one was known. */
  url: or(asText, ''),
  /** Addresses of before under which something may still be subscribed. */
  former: or(list(asText), []),
  /** Categories that are subscribed as far as we know. */
  known: or(list(asInteger), []),
  /** Unix seconds; until then nothing can have been missed. 0: nothing was heard yet. */
  heardUntil: or(asInteger, 0),
  beds: or(list(parseBed), [])
})

export type NotifyRecord = Parsed<typeof parseNotifyRecord>

/** The records of all withings-notification nodes, by node id. */
export const notifyRecords = oncePerProcess(
  RED => new SettingsStore<NotifyRecord>(RED, 'withingsNotifications', parseNotifyRecord)
)
