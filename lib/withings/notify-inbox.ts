import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'

/** So many may wait while a node is being restarted. */
const MOST = 2_000
/** How many lines, counted from the first one of the file, have reached the flow since the last mark. */
const MARK = /^\+(\d+)$/
/** So many lines that are not needed any more may stay on disk while others are. */
const MOST_WASTE = 1_000

/**
 * What was answered with 200 and not worked off yet: Withings will not send it again. Each is a line on disk before
 * it is answered, so that a killed process finds it again. The file is emptied when all is done, so it hardly ever
 * holds more than a line; it is not synced, for that would only help against a power cut.
 */
export class NotifyInbox {
  /** Not given yet. */
  private waiting: string[]
  /** Given, but not dealt with for good. */
  private given: string[] = []
  private takenCount = 0
  /** How many of the given have reached the flow. */
  private toldOfGiven = 0
  /** Found on disk, and told by the process before, which was killed before it could note what came of them. */
  readonly toldBefore: readonly string[]
  private onDisk: number
  private descriptor: number | undefined
  /** The file ends in half a line. */
  private torn = false

  /** `file`: where it is, undefined for nowhere. `onVolatile` is told when the disk refuses. */
  constructor(
    private file: string | undefined,
    private readonly onVolatile: (reason: string) => void
  ) {
    let found = { lines: [] as string[], told: 0, count: 0 }
    this.attempt(() => {
      found = this.read()
    })
    const { lines, told, count } = found
    this.toldBefore = lines.slice(0, told)
    this.waiting = lines.slice(told)
    this.onDisk = count
  }

  /** Whether all was given. */
  get isEmpty(): boolean {
    return this.waiting.length === 0
  }

  /** How many were given so far. */
  get taken(): number {
    return this.takenCount
  }

  /** Takes a text without line breaks; false when too many wait already. */
  add(line: string): boolean {
    if (this.waiting.length >= MOST) return false
    this.waiting.push(line)
    this.attempt(() => this.append(line))
    return true
  }

  /** The oldest that were not given yet, at most `count`. */
  take(count: number): string[] {
    const lines = this.waiting.splice(0, count)
    this.given.push(...lines)
    this.takenCount += lines.length
    return lines
  }

  /** So many more have reached the flow: a process that is killed now need not tell them again. */
  told(count: number): void {
    this.toldOfGiven += count
    this.attempt(() => this.append(`+${count}`))
  }

  /** The first `count` that were ever given are dealt with for good. */
  settled(count: number): void {
    const gone = this.given.splice(0, this.given.length - (this.takenCount - count)).length
    this.toldOfGiven = Math.max(0, this.toldOfGiven - gone)
    const needed = this.given.length + this.waiting.length
    if (this.onDisk - needed > (needed === 0 ? 0 : MOST_WASTE)) this.attempt(() => this.rewrite())
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor)
    this.descriptor = undefined
  }

  /** The node is gone for good. */
  remove(): void {
    this.close()
    this.waiting = []
    this.given = []
    if (this.file !== undefined) rmSync(this.file, { force: true })
    this.file = undefined
  }

  private append(line: string): void {
    writeSync(this.open(), `${this.torn ? '\n' : ''}${line}\n`)
    this.torn = false
    this.onDisk += 1
  }

  private rewrite(): void {
    const lines = [...this.given, ...this.waiting, ...(this.toldOfGiven > 0 ? [`+${this.toldOfGiven}`] : [])]
    if (lines.length === 0) ftruncateSync(this.open())
    else {
      const file = this.file as string
      writeFileSync(`${file}.tmp`, lines.map(line => `${line}\n`).join(''), { mode: 0o600 })
      this.close()
      renameSync(`${file}.tmp`, file)
    }
    this.onDisk = lines.length
  }

  private open(): number {
    if (this.descriptor !== undefined) return this.descriptor
    const file = this.file as string
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    this.descriptor = openSync(file, 'a', 0o600)
    return this.descriptor
  }

  private attempt(access: () => void): void {
    if (this.file === undefined) return
    try {
      access()
    } catch (error) {
      this.close()
      this.file = undefined
      this.onVolatile(error instanceof Error ? error.message : String(error))
    }
  }

  /** Half a line was never answered. */
  private read(): { lines: string[]; told: number; count: number } {
    const lines: string[] = []
    let told = 0
    if (this.file === undefined || !existsSync(this.file)) return { lines, told, count: 0 }
    const all = readFileSync(this.file, 'utf8').split('\n')
    this.torn = all.pop() !== ''
    for (const line of all) {
      const mark = MARK.exec(line)
      if (mark) told += Number(mark[1])
      else lines.push(line)
    }
    return { lines, told, count: all.length }
  }
}
