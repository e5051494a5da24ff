import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from './errors'
import { dictionary, type Parse } from './shape'

/** Reports that a disk refuses: once, and again when that recurs after it took something. */
export class Refusals {
  private refused = false

  constructor(private readonly onVolatile: (reason: string) => void) {}

  /** Runs what writes; false, never an exception, when it failed. */
  watch(write: () => void): boolean {
    try {
      write()
      this.refused = false
    } catch (error) {
      if (!this.refused) this.onVolatile(messageOf(error))
      this.refused = true
    }
    return !this.refused
  }
}

/** A small file that is read once and replaced as a whole, so that a crash leaves the old or the new one. */
export class JsonFile<T> {
  private readonly refusals: Refusals

  /**
   * `file`: where it is, undefined for nowhere. `onVolatile` is told when the disk refuses, once until it takes
   * something again; every later write is tried.
   */
  constructor(
    private readonly file: string | undefined,
    private readonly parse: Parse<T>,
    onVolatile: (reason: string) => void
  ) {
    this.refusals = new Refusals(onVolatile)
  }

  /** What it holds; undefined when it is missing or damaged. */
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
    this.refusals.watch(() => {
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
