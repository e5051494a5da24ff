import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { parseRecord, type ImportRecord } from './import-record'
import { Refusals } from './refusals'

/**
 * The imports that have not ended, in a directory: `<id>.json` holds the record, replaced as a whole once a page,
 * and `<id>.log` counts what of that page was acknowledged, a line `<fingerprint> <count>` for each slice. No
 * fsync: what a power cut takes is sent again, which is harmless (gladys.md).
 */
export class ImportStore {
  private readonly refusals: Refusals

  /**
   * `directory` is made at the first write; undefined: records live as long as the process. `onVolatile` is told
   * when the disk refuses, once until it takes something again; every later write is tried.
   */
  constructor(
    private readonly directory: string | undefined,
    onVolatile: (reason: string) => void
  ) {
    this.refusals = new Refusals(onVolatile)
  }

  /** What stands on disk; a file that makes no sense is passed over. */
  load(): ImportRecord[] {
    const { directory } = this
    if (directory === undefined) return []
    return namesIn(directory)
      .filter(name => name.endsWith('.json'))
      .map(name => readRecord(join(directory, name)))
      .filter(record => record !== undefined)
  }

  /** Keeps the record as it is now. */
  save(record: ImportRecord): void {
    this.write(directory => {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const file = join(directory, `${record.id}.json`)
      writeFileSync(`${file}.tmp`, JSON.stringify(record), { mode: 0o600 })
      renameSync(`${file}.tmp`, file)
      rmSync(join(directory, `${record.id}.log`), { force: true })
    })
  }

  /** Keeps only how far the import is on its page. */
  advanced({ id, fingerprint, acknowledged }: ImportRecord): void {
    this.write(directory =>
      appendFileSync(join(directory, `${id}.log`), `${fingerprint} ${acknowledged}\n`, { mode: 0o600 })
    )
  }

  /** Forgets an import that has ended. */
  remove(id: string): void {
    this.write(directory => {
      rmSync(join(directory, `${id}.json`), { force: true })
      rmSync(join(directory, `${id}.log`), { force: true })
    })
  }

  private write(run: (directory: string) => void): void {
    const { directory } = this
    if (directory !== undefined) this.refusals.watch(() => run(directory))
  }
}

function readRecord(file: string): ImportRecord | undefined {
  try {
    const record = parseRecord(JSON.parse(readFileSync(file, 'utf8')))
    if (record)
      record.acknowledged = Math.max(record.acknowledged, countIn(file.replace(/json$/, 'log'), record))
    return record
  } catch {
    return undefined
  }
}

/** The last whole line counts; one of another page is of no use. */
function countIn(log: string, { fingerprint }: ImportRecord): number {
  try {
    const lines = readFileSync(log, 'latin1').split('\n').slice(0, -1)
    const counts = lines
      .map(line => /^([0-9a-f]+) (\d{1,9})$/.exec(line))
      .filter(found => found?.[1] === fingerprint)
    return Number(counts.at(-1)?.[2] ?? 0)
  } catch {
    return 0
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
