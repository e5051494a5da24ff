import { CHAPTER_NAMES, FIRST_CHAPTER, type ChapterName } from '../withings/history'
import { asInteger, asObject, asText } from '../withings/json'

/** What an import needs to go on where it stood, after whatever end of the process. */
export interface ImportRecord {
  readonly id: string
  /** The gladys-device-state node, by the id it keeps over restarts. */
  readonly node: string
  /** The account, by the id under which its login is stored. */
  readonly account: string
  readonly userId: string
  readonly deviceId: string | null
  readonly from: string | null
  /** The span asked for, Unix seconds. Fixed, for an offset belongs to one query (withings-api.md §9). */
  readonly startdate: number
  readonly enddate: number
  readonly startedAt: string
  paused: boolean
  /** Part of the history it is on. */
  chapter: ChapterName
  /** Parts that Withings does not give. */
  leftOut: readonly ChapterName[]
  /** States acknowledged in the chapters before. */
  before: number
  /** Page of the chapter it is on. */
  offset: number
  /** Some of that page may have gone out. */
  pageBegun: boolean
  /** States acknowledged on the pages before. */
  done: number
}

export type AskedImport = Pick<ImportRecord, 'id' | 'node' | 'account' | 'userId' | 'deviceId' | 'from'>

/** The record of an import that begins; `now` in Unix milliseconds. */
export function newRecord(asked: AskedImport, now: number): ImportRecord {
  return {
    ...asked,
    startdate: asked.from === null ? 1 : Math.floor(Date.parse(asked.from) / 1000),
    enddate: Math.floor(now / 1000),
    startedAt: new Date(now).toISOString(),
    paused: false,
    chapter: FIRST_CHAPTER,
    leftOut: [],
    before: 0,
    offset: 0,
    pageBegun: false,
    done: 0
  }
}

const ID = /^[0-9a-f]{16}$/

/** Content of a record's file; undefined for what is none. */
export function parseRecord(value: unknown): ImportRecord | undefined {
  const raw = asObject(value)
  const id = asText(raw?.id)
  const node = asText(raw?.node)
  const account = asText(raw?.account)
  const userId = asText(raw?.userId)
  const startedAt = asText(raw?.startedAt)
  const startdate = asInteger(raw?.startdate)
  const enddate = asInteger(raw?.enddate)
  if (raw === undefined || id === undefined || !ID.test(id)) return undefined
  if (node === undefined || account === undefined || userId === undefined) return undefined
  if (startedAt === undefined || startdate === undefined || enddate === undefined) return undefined
  const chapter = chapterOf(raw.chapter)
  if (chapter === undefined) return undefined
  const count = (field: unknown) => Math.max(0, asInteger(field) ?? 0)
  return {
    id,
    node,
    account,
    userId,
    deviceId: asText(raw.deviceId) ?? null,
    from: asText(raw.from) ?? null,
    startdate,
    enddate,
    startedAt,
    paused: raw.paused === true,
    chapter,
    leftOut: Array.isArray(raw.leftOut) ? raw.leftOut.flatMap(name => chapterOf(name) ?? []) : [],
    before: count(raw.before),
    offset: count(raw.offset),
    // Versions before this one counted within the page, and kept a hash of it.
    pageBegun: raw.pageBegun === true || asText(raw.fingerprint) !== undefined,
    done: count(raw.done)
  }
}

function chapterOf(value: unknown): ChapterName | undefined {
  return CHAPTER_NAMES.find(name => name === value)
}
