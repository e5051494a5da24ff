import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from './errors'
import { dictionary, type Parse } from './shape'

/** A small file that is read once and replaced as a whole, so that a crash leaves the old or the new one. */
export class JsonFile<T> {
  private readonly failures: DiskFailures

  /** `file`: its path, undefined for none. `onVolatile`: as for `DiskFailures`; every later write is tried. */
  constructor(
    private readonly file: string | undefined,
    private readonly parse: Parse<T>,
    onVolatile: (reason: string) => void
  ) {
    this.failures = new DiskFailures(onVolatile)
  }

  /** Its content; undefined when it is missing or damaged. */
  read(): T | undefined {
    if (this.file === undefined) return undefined
    try {
      return this.parse(JSON.parse(readFileSync(this.file, 'utf8')))
    } catch {
      return undefined
    }
  }

  write(content: T): void {
    const { file } = this
    if (file === undefined) return
    this.failures.attempt(() => {
      mkdirSync(dirname(file), { recursive: true })
      const temporary = `${file}.tmp`
      writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 })
      renameSync(temporary, file)
    })
  }
}

/** A map that a JSON file keeps over restarts; a missing or damaged file gives an empty one. */
export class StoredMap<Value> extends Map<string, Value> {
  private readonly file: JsonFile<Record<string, Value>>
  private changed = false

  /** `file` and `onVolatile` as for JsonFile. */
  constructor(file: string | undefined, parse: Parse<Value>, onVolatile: (reason: string) => void) {
    super()
    this.file = new JsonFile(file, dictionary(parse), onVolatile)
    for (const [key, value] of Object.entries(this.file.read() ?? {})) super.set(key, value)
  }

  override set(key: string, value: Value): this {
    this.changed = true
    return super.set(key, value)
  }

  override delete(key: string): boolean {
    const had = super.delete(key)
    this.changed ||= had
    return had
  }

  /** Writes the file if something changed; all at once, since it grows with each entry. */
  save(): void {
    if (this.changed) this.file.write(Object.fromEntries(this))
    this.changed = false
  }
}

/** Reports the first of several writes that fail in a row, so that a full disk is reported once. */
export class DiskFailures {
  private failed = false

  constructor(private readonly onVolatile: (reason: string) => void) {}

  /** Runs `write`; false, never an exception, when it failed. */
  attempt(write: () => void): boolean {
    try {
      write()
      this.failed = false
    } catch (error) {
      if (!this.failed) this.onVolatile(messageOf(error))
      this.failed = true
    }
    return !this.failed
  }
}
