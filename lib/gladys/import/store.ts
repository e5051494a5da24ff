import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../../base/append-log'
import { messageOf } from '../../base/errors'
import { JsonFile } from '../../base/json-file'
import { type ImportRecord, parseRecord } from './record'
import { parseTally, type TallyRecord } from './tally'

/**
 * The imports that have not ended, in a directory: `<id>.json` holds the record, replaced as a whole with each page. No
 * fsync: what a power cut takes is sent again, which is harmless (gladys.md).
 */
export class ImportStore {
  private readonly files = new Map<string, JsonFile<ImportRecord>>()

  /**
   * `directory` is made at the first write; undefined: records live as long as the process. `onVolatile` as for
   * JsonFile.
   */
  constructor(
    private readonly directory: string | undefined,
    private readonly onVolatile: (reason: string) => void
  ) {}

  /** What stands on disk; a file that makes no sense is passed over. */
  load(): ImportRecord[] {
    const names = namesIn(this.directory)
    // Versions before this one counted there what of a page was acknowledged.
    for (const name of names) if (name.endsWith('.log')) this.delete(name)
    const ids = names.flatMap(name => /^(.+)\.json$/.exec(name)?.[1] ?? [])
    return ids.flatMap(id => this.file(id)?.read() ?? [])
  }

  /** Keeps the record as it is now. */
  save(record: ImportRecord): void {
    this.file(record.id)?.write(record)
  }

  /** What it sent so far, for the comparison at its end. */
  tallyOf(id: string): TallyRecord | undefined {
    return this.tally(id)?.read()
  }

  saveTally(id: string, record: TallyRecord): void {
    this.tally(id)?.write(record)
  }

  /** Forgets an import that has ended. */
  remove(id: string): void {
    this.files.delete(id)
    this.delete(`${id}.json`)
    this.delete(`${id}.tally`)
  }

  private tally(id: string): JsonFile<TallyRecord> | undefined {
    const { directory, onVolatile } = this
    return directory === undefined
      ? undefined
      : new JsonFile(join(directory, `${id}.tally`), parseTally, onVolatile)
  }

  private file(id: string): JsonFile<ImportRecord> | undefined {
    const { directory, onVolatile } = this
    if (directory === undefined) return undefined
    const file = this.files.get(id) ?? new JsonFile(join(directory, `${id}.json`), parseRecord, onVolatile)
    this.files.set(id, file)
    return file
  }

  private delete(name: string): void {
    try {
      if (this.directory !== undefined) rmSync(join(this.directory, name), { force: true })
    } catch (error) {
      this.onVolatile(messageOf(error))
    }
  }
}
