import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../../base/append-log'
import { messageOf } from '../../base/errors'
import { asInteger, asPositive, asText, isNegative } from '../../base/json'
import { JsonFile } from '../../base/json-file'
import { asBoolean, dictionary, list, oneOf, or, type Parse, type Parsed, shape } from '../../base/shape'
import { allUnread, CHAPTER_NAMES, type Unread } from '../../withings/history/history'
import { parseRules } from '../../withings/history/rules'
import { parseTally, type TallyRecord } from './comparison'

/**
 * Open imports, to be resumed after a restart. `<id>.json` holds the record, saved with each page; `<id>.tally` counts
 * what was sent. No fsync: what a power cut takes is sent again, which is harmless (gladys.md).
 */
export class ImportStore {
  private readonly records = new Map<string, JsonFile<ImportRecord>>()

  /** `directory` is created at the first write; undefined: only in memory. `onVolatile` as for JsonFile. */
  constructor(
    private readonly directory: string | undefined,
    private readonly onVolatile: (reason: string) => void
  ) {}

  /** The imports to resume; damaged files are passed over. */
  load(): ImportRecord[] {
    const names = namesIn(this.directory)
    // Progress as an earlier version kept it.
    for (const name of names) if (name.endsWith('.log')) this.delete(name)
    const ids = names.flatMap(name => /^(.+)\.json$/.exec(name)?.[1] ?? [])
    return ids.flatMap(id => this.recordOf(id).read() ?? [])
  }

  save(record: ImportRecord): void {
    this.recordOf(record.id).write(record)
  }

  /** What was sent so far, for the comparison at the end. */
  tallyOf(id: string): TallyRecord | undefined {
    return this.file(`${id}.tally`, parseTally).read()
  }

  saveTally(id: string, tally: TallyRecord): void {
    this.file(`${id}.tally`, parseTally).write(tally)
  }

  /** Deletes an import that has ended. */
  remove(id: string): void {
    this.records.delete(id)
    this.delete(`${id}.json`)
    this.delete(`${id}.tally`)
  }

  private recordOf(id: string): JsonFile<ImportRecord> {
    const file = this.records.get(id) ?? this.file(`${id}.json`, parseRecord)
    this.records.set(id, file)
    return file
  }

  private file<T>(name: string, parse: Parse<T>): JsonFile<T> {
    return new JsonFile(this.directory && join(this.directory, name), parse, this.onVolatile)
  }

  private delete(name: string): void {
    try {
      if (this.directory !== undefined) rmSync(join(this.directory, name), { force: true })
    } catch (error) {
      this.onVolatile(messageOf(error))
    }
  }
}

const asId = (value: unknown): string | undefined => /^[0-9a-f]{16}$/.exec(asText(value) ?? '')?.[0]
const asCount = or(value => (isNegative(value) ? undefined : asInteger(value)), 0)

const parseShape = shape({
  id: asId,
  /** Id of the gladys-device-state node. */
  node: asText,
  /** Id under which the login of the account is stored. */
  account: asText,
  userId: asText,
  deviceId: or(asText, null),
  from: or(asText, null),
  /** Devices left out, since imports of their own send them. */
  except: or(list(asText), []),
  /** Unix seconds. Fixed, since an offset belongs to one query (withings-api.md §9). */
  startdate: asInteger,
  enddate: asInteger,
  startedAt: asText,
  /** Those that the user chose; the flow decides the others. */
  rules: or(parseRules, {}),
  paused: or(asBoolean, false),
  /** Not sent yet; empty while all that was sent is compared with what Gladys has. */
  unread: or(dictionary(shape({ year: asPositive, years: asPositive })), null),
  /** Chapters that Withings does not give. */
  leftOut: or(list(oneOf(CHAPTER_NAMES)), []),
  /** Parts of the current page may have gone out. */
  pageBegun: or(asBoolean, false),
  /** Date of the last state of this page known to be acknowledged, milliseconds since 1970. */
  at: or(asInteger, null),
  /** States acknowledged on the pages before. */
  done: asCount,
  /** Type by feature, of features that Gladys did not have when they were announced. */
  lacking: or(dictionary(asText), {}),
  /** Number of their states. */
  dropped: asCount
})

type Stored = Parsed<typeof parseShape>

/** What an import needs to be resumed after a restart or a kill. */
export type ImportRecord = Omit<Stored, 'unread'> & {
  unread: Unread
  /** Starts again with the newest, since a version that went from old to new began it. */
  isRestarted?: boolean
}

function parseRecord(value: unknown): ImportRecord | undefined {
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

/** The record of a new import; `now` in Unix milliseconds. */
export function newRecord(
  asked: Pick<ImportRecord, 'id' | 'node' | 'account' | 'userId' | 'deviceId' | 'from'> &
    Partial<Pick<ImportRecord, 'rules' | 'except'>>,
  now: number
): ImportRecord {
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

/** Which part of a person's history an import sends. */
export type ImportScope = Pick<ImportRecord, 'deviceId' | 'from' | 'except'>

/** Whether an import sends all that another one asks for. */
export function covers(one: ImportScope, asked: ImportScope): boolean {
  const hasDevice =
    one.deviceId === asked.deviceId ||
    (one.deviceId === null && asked.deviceId !== null && !one.except.includes(asked.deviceId))
  return hasDevice && (one.from === null || (asked.from !== null && one.from <= asked.from))
}
