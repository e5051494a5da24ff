import { asBoolean, list, oneOf, or, shape, type Parsed } from '../shape'
import { CHAPTER_NAMES, newestPlace, type HistoryPlace } from '../withings/history'
import { asInteger, asText } from '../withings/json'

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
  /** Part and year of the history it is on. */
  chapter: or(oneOf(CHAPTER_NAMES), null),
  year: or(asInteger, null),
  /** Parts that Withings does not give. */
  leftOut: or(list(oneOf(CHAPTER_NAMES)), []),
  /** Parts that have nothing older. */
  over: or(list(oneOf(CHAPTER_NAMES)), []),
  /** Some of its page may have gone out. */
  pageBegun: or(asBoolean, false),
  /** Date of the last state of that page that was acknowledged for sure, milliseconds since 1970. */
  at: or(asInteger, null),
  /** All was sent, and is being compared with what Gladys has. */
  isSent: or(asBoolean, false),
  /** States acknowledged on the pages before. */
  done: asCount
})

type Stored = Parsed<typeof parseShape>

/** What an import needs to go on where it stood, after whatever end of the process. */
export type ImportRecord = Omit<Stored, 'year' | 'chapter'> &
  HistoryPlace & {
    /** A version that went from old to new began it: it begins once more, with the newest. */
    isRestarted?: boolean
  }

/** Content of a record's file; undefined for what is none. */
export function parseRecord(value: unknown): ImportRecord | undefined {
  const record = parseShape(value)
  if (record === undefined) return undefined
  const { chapter, year } = record
  if (chapter !== null && year !== null) return { ...record, chapter, year }
  const begun = { ...BEGINNING, leftOut: [], over: [], pageBegun: true, isRestarted: true }
  return { ...record, ...newestPlace({ until: record.enddate }), ...begun }
}

const BEGINNING = { pageBegun: false, at: null, isSent: false, done: 0 }

export type AskedImport = Pick<ImportRecord, 'id' | 'node' | 'account' | 'userId' | 'deviceId' | 'from'>

/** The record of an import that begins; `now` in Unix milliseconds. */
export function newRecord(asked: AskedImport, now: number): ImportRecord {
  const enddate = Math.floor(now / 1000)
  return {
    ...asked,
    startdate: asked.from === null ? 1 : Math.floor(Date.parse(asked.from) / 1000),
    enddate,
    startedAt: new Date(now).toISOString(),
    ...{ paused: false, leftOut: [], over: [] },
    ...newestPlace({ until: enddate }),
    ...BEGINNING
  }
}
