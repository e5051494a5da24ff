import { asInteger, asPositive, asText } from '../../base/json'
import { asBoolean, dictionary, list, oneOf, or, type Parsed, shape } from '../../base/shape'
import { allUnread, CHAPTER_NAMES, type Unread } from '../../withings/history/history'
import { parseRules } from '../../withings/history/rules'
import { type Addressing, addressOfSource, identifierOf, MANUAL } from '../model/external-ids'
import type { PageContent } from './page-states'

const asId = (value: unknown): string | undefined => /^[0-9a-f]{16}$/.exec(asText(value) ?? '')?.[0]
const asCount = or((value: unknown) => {
  const count = asInteger(value)
  return count !== undefined && count >= 0 ? count : undefined
}, 0)

const parseShape = shape({
  id: asId,
  /** The gladys-device-state node, by the id it keeps over restarts. */
  node: asText,
  /** The account, by the id under which its login is stored. */
  account: asText,
  userId: asText,
  deviceId: or(asText, null),
  from: or(asText, null),
  /** Of all devices these are left out: imports of their own send them. */
  except: or(list(asText), []),
  /** The span asked for, Unix seconds. Fixed, for an offset belongs to one query (withings-api.md §9). */
  startdate: asInteger,
  enddate: asInteger,
  startedAt: asText,
  /** Those that somebody chose; the flow decides about the others. */
  rules: or(parseRules, {}),
  paused: or(asBoolean, false),
  /** What is not sent yet; nothing: all was sent, and is being compared with what Gladys has. */
  unread: or(dictionary(shape({ year: asPositive, years: asPositive })), null),
  /** Parts that Withings does not give. */
  leftOut: or(list(oneOf(CHAPTER_NAMES)), []),
  /** Some of its page may have gone out. */
  pageBegun: or(asBoolean, false),
  /** Date of the last state of that page that was acknowledged for sure, milliseconds since 1970. */
  at: or(asInteger, null),
  /** States acknowledged on the pages before. */
  done: asCount,
  /** Types by feature, of features that Gladys lacked when they were announced. */
  lacking: or(dictionary(asText), {}),
  /** States of those. */
  dropped: asCount
})

type Stored = Parsed<typeof parseShape>

/** What an import needs to go on where it stood, after whatever end of the process. */
export type ImportRecord = Omit<Stored, 'unread'> & {
  unread: Unread
  /** A version that went from old to new began it: it begins once more, with the newest. */
  isRestarted?: boolean
}

/** Content of a record's file; undefined for what is none. */
export function parseRecord(value: unknown): ImportRecord | undefined {
  const record = parseShape(value)
  if (record === undefined) return undefined
  const { unread } = record
  if (unread !== null) return { ...record, unread }
  return { ...record, ...beginningOf(record), pageBegun: true, isRestarted: true }
}

function beginningOf({ enddate }: Pick<Stored, 'enddate'>) {
  const sent = { pageBegun: false, at: null, done: 0, lacking: {}, dropped: 0 }
  return { unread: allUnread({ until: enddate }), leftOut: [], ...sent }
}

export type AskedImport = Pick<ImportRecord, 'id' | 'node' | 'account' | 'userId' | 'deviceId' | 'from'> &
  Partial<Pick<ImportRecord, 'rules' | 'except'>>

/** The record of an import that begins; `now` in Unix milliseconds. */
export function newRecord(asked: AskedImport, now: number): ImportRecord {
  const enddate = Math.floor(now / 1000)
  return {
    ...{ rules: {}, except: [] },
    ...asked,
    startdate: asked.from === null ? 1 : Math.floor(Date.parse(asked.from) / 1000),
    enddate,
    startedAt: new Date(now).toISOString(),
    paused: false,
    ...beginningOf({ enddate })
  }
}

/** What of a person's history an import sends. */
export type ImportScope = Pick<ImportRecord, 'deviceId' | 'from' | 'except'>

/** Whether an import sends all that another one asks for. */
export function covers(one: ImportScope, asked: ImportScope): boolean {
  const hasDevice =
    one.deviceId === asked.deviceId ||
    (one.deviceId === null && asked.deviceId !== null && !one.except.includes(asked.deviceId))
  return hasDevice && (one.from === null || (asked.from !== null && one.from <= asked.from))
}

/** A page without what other imports send. */
export function withoutExcepted(
  page: PageContent,
  { userId, except }: Pick<ImportRecord, 'userId' | 'except'>,
  addressing: Addressing
): PageContent {
  if (except.length === 0) return page
  const ids = except.map(deviceId => (deviceId === MANUAL ? null : deviceId))
  const identifiers = new Set(ids.map(deviceId => identifierOf(userId, deviceId)))
  const prefixes = ids.map(
    deviceId => `${addressOfSource({ userId, deviceId, type: 'battery' }, addressing).device}:`
  )
  return {
    ...page,
    states: page.states.filter(({ feature }) => !prefixes.some(prefix => feature.startsWith(prefix))),
    introduced: page.introduced.filter(
      item => item.kind !== 'reading' || !identifiers.has(identifierOf(item.userId, item.deviceId))
    )
  }
}
