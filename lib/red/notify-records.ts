import type { NodeAPI } from 'node-red'
import type { BedEvent } from '../withings/bed-states'
import { asInteger, asObject, asText } from '../withings/json'
import type { Heard } from '../withings/receiver'
import { SettingsTable } from './settings-table'

/** What a withings-notification node has to know over restarts. */
export interface NotifyRecord extends Heard {
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
}

const NOTIFICATIONS = 'withingsNotifications'

let table: SettingsTable<NotifyRecord> | undefined

/** The records of all withings-notification nodes, by node id. */
export function notifyRecords(RED: NodeAPI): SettingsTable<NotifyRecord> {
  table ??= new SettingsTable(RED, NOTIFICATIONS, parseRecord)
  return table
}

export function parseRecord(value: unknown): NotifyRecord | undefined {
  const raw = asObject(value)
  const account = asText(raw?.account)
  const secret = asText(raw?.secret)
  if (!raw || account === undefined || secret === undefined) return undefined
  return {
    account,
    secret,
    url: asText(raw.url) ?? '',
    former: listOf(raw.former, asText),
    known: listOf(raw.known, asInteger),
    heardUntil: asInteger(raw.heardUntil) ?? 0,
    beds: listOf(raw.beds, parseBed)
  }
}

function parseBed(value: unknown): BedEvent | undefined {
  const raw = asObject(value)
  const userId = asText(raw?.userId)
  const at = asInteger(raw?.at)
  if (!raw || userId === undefined || at === undefined || typeof raw.inBed !== 'boolean') return undefined
  return { userId, deviceId: asText(raw.deviceId) ?? null, inBed: raw.inBed, at }
}

function listOf<T>(value: unknown, parse: (item: unknown) => T | undefined): T[] {
  const items: unknown[] = Array.isArray(value) ? value : []
  return items.map(parse).filter((item): item is T & {} => item !== undefined)
}
