import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A small file that is read once and replaced as a whole, so that a crash leaves the old or the new one. */
export class JsonFile {
  /**
   * `file`: where it is, undefined for nowhere. `onVolatile` is told when the disk refuses; from then on nothing
   * is written any more.
   */
  constructor(
    private file: string | undefined,
    private readonly onVolatile: (reason: string) => void
  ) {}

  /** What it holds; undefined when it is missing or damaged. */
  read(): unknown {
    if (this.file === undefined) return undefined
    try {
      return JSON.parse(readFileSync(this.file, 'utf8'))
    } catch {
      return undefined
    }
  }

  write(content: unknown): void {
    if (this.file === undefined) return
    try {
      mkdirSync(dirname(this.file), { recursive: true })
      const temporary = `${this.file}.tmp`
      writeFileSync(temporary, JSON.stringify(content), { mode: 0o600 })
      renameSync(temporary, this.file)
    } catch (error) {
      this.file = undefined
      this.onVolatile(error instanceof Error ? error.message : String(error))
    }
  }
}
