import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Refusals } from './refusals'

/** A small file that is read once and replaced as a whole, so that a crash leaves the old or the new one. */
export class JsonFile {
  private readonly refusals: Refusals

  /**
   * `file`: where it is, undefined for nowhere. `onVolatile` is told when the disk refuses, once until it takes
   * something again; every later write is tried.
   */
  constructor(
    private readonly file: string | undefined,
    onVolatile: (reason: string) => void
  ) {
    this.refusals = new Refusals(onVolatile)
  }

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
