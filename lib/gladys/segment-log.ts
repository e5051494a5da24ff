import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** Lines of one file, from position `first` up to but not including `end`. */
interface Segment {
  readonly path: string
  readonly first: number
  end: number
  bytes: number
  /** The position that is read next, and where its line begins. */
  unread: number
  offset: number
}

export interface PlacedLine {
  position: number
  line: string
}

const SEGMENT_LINES = 500
const SEGMENT_BYTES = 256 * 1024
const FILE = /^(\d{16})\.jsonl$/
const POSITION = /^(\d{16})\n$/

/**
 * Lines on disk, read in the order in which they were appended and deleted from the front: files of at most 500
 * lines, named after the position of the first one, beside a file `position` that says from where on they are
 * needed. That one is written over in place, which works on a full disk too. All calls throw what the file
 * system says.
 */
export class SegmentLog {
  private segments: Segment[] = []
  /** Only this one is appended to: one of an earlier process may end in half a line. */
  private tip: Segment | undefined
  private readonly unsynced = new Set<string>()
  private waitingSync: Promise<void> | undefined
  private lastSync = Promise.resolve()

  /** Opens the directory, makes it if need be, and shows each line that is still needed. */
  constructor(
    private readonly directory: string,
    visit: (placed: PlacedLine) => void
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const needed = this.readPosition()
    // Made now, so that there is room for it when the disk is full.
    this.writePosition(needed)
    const firsts = readdirSync(directory).flatMap(name => FILE.exec(name)?.[1] ?? [])
    firsts.sort().forEach((first, index) => {
      this.load(Number(first), Number(firsts[index + 1] ?? Infinity), needed, visit)
    })
  }

  /** Behind the last line. */
  get end(): number {
    return Math.max(this.segments.at(-1)?.end ?? 0, this.readPosition())
  }

  /** Position of the next line that `readOn` gives; undefined when all were read. */
  get unread(): number | undefined {
    return this.nextSegment()?.unread
  }

  /** Adds lines from this position on: all or, when it throws, none of them. */
  append(first: number, lines: readonly string[]): void {
    const before = this.tip && { ...this.tip }
    const added: Segment[] = []
    try {
      for (let index = 0; index < lines.length;) {
        const known = this.tip
        const tip = this.tipAt(first + index)
        if (tip !== known) added.push(tip)
        const batch = fitting(lines, index, tip)
        const text = Buffer.from(batch.map(line => `${line}\n`).join(''))
        // A new one begins empty even where an attempt that failed has left something.
        writeFileSync(tip.path, text, { flag: tip.bytes === 0 ? 'w' : 'a', mode: 0o600 })
        this.unsynced.add(tip.path)
        tip.end += batch.length
        tip.bytes += text.length
        index += batch.length
      }
    } catch (error) {
      this.takeBack(before, added)
      throw error
    }
  }

  /** The unread lines of the next segment, empty ones for what cannot be read (any more). */
  readOn(): PlacedLine[] {
    const segment = this.nextSegment()
    if (segment === undefined) return []
    const { path, unread, offset, bytes, end } = segment
    segment.unread = end
    segment.offset = bytes
    const lines = wholeLines(readRange(path, offset, bytes))
    return Array.from({ length: end - unread }, (_, index) => ({
      position: unread + index,
      line: lines[index] ?? ''
    }))
  }

  /** Says that nothing below this position is needed any more. */
  release(position: number): void {
    const done = this.segments.filter(({ end }) => end <= position)
    this.segments = this.segments.filter(({ end }) => end > position)
    for (const segment of done) this.remove(segment)
    if (this.segments.length > 0) this.writePosition(position)
  }

  /**
   * Fulfilled when everything appended so far would survive a power cut; those who ask while one sync runs share
   * the next. A process that is killed loses nothing even without.
   */
  sync(): Promise<void> {
    this.waitingSync ??= this.lastSync = this.lastSync.catch(() => undefined).then(() => this.syncNow())
    return this.waitingSync
  }

  private async syncNow(): Promise<void> {
    this.waitingSync = undefined
    const paths = [...this.unsynced]
    this.unsynced.clear()
    for (const path of paths) {
      const file = await open(path, 'r+').catch(() => undefined)
      // Without a file everything in it was released meanwhile.
      try {
        await file?.datasync()
      } finally {
        await file?.close()
      }
    }
  }

  private load(first: number, next: number, needed: number, visit: (placed: PlacedLine) => void): void {
    const path = this.pathOf(first)
    // Behind `next` there is what could not be taken back when an append failed.
    const lines = wholeLines(readFileSync(path)).slice(0, next - first)
    const end = first + lines.length
    if (lines.length === 0 || end <= needed) return rmSync(path, { force: true })
    const unread = Math.max(first, needed)
    const waiting = lines.slice(unread - first)
    const bytes = sizeOf(lines)
    this.segments.push({ path, first, end, bytes, unread, offset: bytes - sizeOf(waiting) })
    waiting.forEach((line, index) => visit({ position: unread + index, line }))
  }

  private nextSegment(): Segment | undefined {
    return this.segments.find(({ unread, end }) => unread < end)
  }

  private tipAt(position: number): Segment {
    const { tip } = this
    if (tip?.end === position && tip.end - tip.first < SEGMENT_LINES && tip.bytes < SEGMENT_BYTES) return tip
    const path = this.pathOf(position)
    this.tip = { path, first: position, end: position, bytes: 0, unread: position, offset: 0 }
    this.segments.push(this.tip)
    return this.tip
  }

  private takeBack(before: Segment | undefined, added: readonly Segment[]): void {
    const tip = this.segments.find(({ path }) => path === before?.path)
    this.segments = this.segments.filter(segment => !added.includes(segment))
    // Nobody appends to it while it may hold half of something.
    this.tip = undefined
    for (const segment of added) this.remove(segment)
    if (tip === undefined || before === undefined) return
    Object.assign(tip, before)
    truncateSync(tip.path, tip.bytes)
    this.tip = tip
  }

  private remove(segment: Segment): void {
    if (segment === this.tip) this.tip = undefined
    rmSync(segment.path, { force: true })
  }

  private pathOf(first: number): string {
    return join(this.directory, `${padded(first)}.jsonl`)
  }

  private readPosition(): number {
    try {
      return Number(POSITION.exec(readFileSync(join(this.directory, 'position'), 'latin1'))?.[1] ?? 0)
    } catch {
      return 0
    }
  }

  private writePosition(position: number): void {
    const path = join(this.directory, 'position')
    const text = `${padded(position)}\n`
    if (existsSync(path)) writeFileSync(path, text, { flag: 'r+' })
    else writeFileSync(path, text, { mode: 0o600 })
  }
}

function padded(position: number): string {
  return String(position).padStart(16, '0')
}

/** As many lines from `index` on as the segment takes, at least one. */
function fitting(lines: readonly string[], index: number, { first, end, bytes }: Segment): string[] {
  let size = bytes
  const batch: string[] = []
  for (const line of lines.slice(index, index + SEGMENT_LINES - (end - first))) {
    if (batch.length > 0 && size >= SEGMENT_BYTES) break
    batch.push(line)
    size += Buffer.byteLength(line) + 1
  }
  return batch
}

/** Without the beginning of a line that a kill cut off. */
function wholeLines(content: Buffer): string[] {
  return content.toString('utf8').split('\n').slice(0, -1)
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
}

/** Empty when it cannot be read. */
function readRange(path: string, from: number, to: number): Buffer {
  const content = Buffer.alloc(to - from)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return content.subarray(0, readSync(file, content, 0, content.length, from))
  } catch {
    return Buffer.alloc(0)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
