import { asBoolean, list, oneOf, or, shape, type Parsed } from '../shape'
import { CHAPTER_NAMES, FIRST_CHAPTER } from '../withings/history'
import { asInteger, asObject, asText } from '../withings/json'

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
  /** The span asked for, Unix seconds. Fixed, for an offset belongs to one query (withings-api.md §9). */
  startdate: asInteger,
  enddate: asInteger,
  startedAt: asText,
  paused: or(asBoolean, false),
  /** Part of the history it is on. */
  chapter: oneOf(CHAPTER_NAMES),
  /** Parts that Withings does not give. */
  leftOut: or(list(oneOf(CHAPTER_NAMES)), []),
  /** States acknowledged in the chapters before. */
  before: asCount,
  /** Page of the chapter it is on. */
  offset: asCount,
  /** Some of that page may have gone out. */
  pageBegun: or(asBoolean, false),
  /** States acknowledged on the pages before. */
  done: asCount
})

/** What an import needs to go on where it stood, after whatever end of the process. */
export type ImportRecord = Parsed<typeof parseShape>

/** Content of a record's file; undefined for what is none. Versions before this one kept a hash of the page begun. */
export function parseRecord(value: unknown): ImportRecord | undefined {
  const record = parseShape(value)
  return (
    record && { ...record, pageBegun: record.pageBegun || asText(asObject(value)?.fingerprint) !== undefined }
  )
}

export type AskedImport = Pick<ImportRecord, 'id' | 'node' | 'account' | 'userId' | 'deviceId' | 'from'>

/** The record of an import that begins; `now` in Unix milliseconds. */
export function newRecord(asked: AskedImport, now: number): ImportRecord {
  return {
    ...asked,
    startdate: asked.from === null ? 1 : Math.floor(Date.parse(asked.from) / 1000),
    enddate: Math.floor(now / 1000),
    startedAt: new Date(now).toISOString(),
    ...{ paused: false, chapter: FIRST_CHAPTER, leftOut: [] },
    ...{ before: 0, offset: 0, pageBegun: false, done: 0 }
  }
}
