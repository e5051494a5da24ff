import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { AppendLog } from '../../base/append-log'

/** One file: the lines from position `first` up to but not including `end`. */
interface Segment {
  readonly log: AppendLog
  readonly first: number
  end: number
  bytes: number
  /** Position of the next line to read, and where in the file it begins. */
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
 * A queue of lines on disk: append logs of at most 500 lines, named after the position of their first one, that are
 * deleted when done. The file `position` holds the first position still needed; it is overwritten in place, which
 * works on a full disk too. All methods throw what the file system throws.
 */
export class SegmentLog {
  /** When an earlier process last released something, milliseconds since 1970. */
  readonly lastReleased: number
  private segments: Segment[] = []
  /** The one that is appended to; never one of an earlier process, which may hold what could not be taken back. */
  private tip: Segment | undefined
  private lastSync = Promise.resolve()
  private readonly positionFile: string

  /** Opens or creates the directory, and calls `visit` for each line that is still needed. */
  constructor(
    private readonly directory: string,
    visit: (placed: PlacedLine) => void
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.positionFile = join(directory, 'position')
    const needed = this.readPosition()
    if (!existsSync(this.positionFile)) {
      // Created now, so that there is room for it when the disk is full.
      this.writePosition(0)
      utimesSync(this.positionFile, 0, 0)
    }
    this.lastReleased = statSync(this.positionFile).mtimeMs
    const names = readdirSync(directory).flatMap(name => FILE.exec(name)?.[1] ?? [])
    const firsts = names.sort().map(Number)
    firsts.forEach((first, index) => this.load(first, firsts[index + 1], needed).forEach(visit))
  }

  /** The position after the last line. */
  get end(): number {
    return Math.max(this.segments.at(-1)?.end ?? 0, this.readPosition())
  }

  /** Position of the next line that `readOn` gives; undefined when all were read. */
  get unread(): number | undefined {
    return this.nextSegment()?.unread
  }

  /** Adds lines from this position on: all or, when it throws, none of them. */
  append(first: number, lines: readonly string[]): void {
    const { tip } = this
    const before = { ...tip }
    const count = this.segments.length
    try {
      for (let done = 0; done < lines.length;) {
        const segment = this.tipAt(first + done)
        const batch = fitting(lines.slice(done), segment)
        const text = textOf(batch)
        segment.log.append(text)
        segment.end += batch.length
        segment.bytes += Buffer.byteLength(text)
        done += batch.length
      }
    } catch (error) {
      // A file that may hold half of something gets no more.
      this.tip = undefined
      for (const { log } of this.segments.splice(count)) log.remove()
      if (tip) Object.assign(tip, before).log.truncate(tip.bytes)
      throw error
    }
  }

  /** The unread lines of the next segment, empty ones for what cannot be read. */
  readOn(): PlacedLine[] {
    const segment = this.nextSegment()
    if (segment === undefined) return []
    const { unread, end } = segment
    const slices = [...segment.log.read(segment.offset)]
    const lines = slices.flatMap(slice => slice.lines)
    segment.offset = slices.at(-1)?.end ?? segment.offset
    segment.unread = end
    return Array.from({ length: end - unread }, (_, index) => ({
      position: unread + index,
      line: lines[index] ?? ''
    }))
  }

  /** The line at a position, without counting as read; undefined when it cannot be read. */
  lineAt(position: number): string | undefined {
    const segment = this.segments.find(({ first, end }) => first <= position && position < end)
    return segment && [...segment.log.read()].flatMap(({ lines }) => lines)[position - segment.first]
  }

  /** Deletes what lies below this position. */
  release(position: number): void {
    for (const { log, end } of this.segments) if (end <= position) log.remove()
    this.segments = this.segments.filter(({ end }) => end > position)
    if (this.tip && this.tip.end <= position) this.tip = undefined
    if (this.segments.length > 0) this.writePosition(position)
  }

  /** Fulfilled when all that was appended so far survives a power cut; a kill takes nothing even without. */
  sync(): Promise<void> {
    // One after another: who asks while one runs finds theirs done by the next.
    this.lastSync = this.lastSync
      .catch(() => undefined)
      .then(async () => {
        for (const { log } of this.segments.filter(({ log }) => !log.isSynced)) await log.sync()
      })
    return this.lastSync
  }

  /** Opens a file. What it holds beyond the position of the next file could not be taken back by a failed append. */
  private load(first: number, next: number | undefined, needed: number): PlacedLine[] {
    const log = new AppendLog(this.pathOf(first))
    const lines = [...log.read()].flatMap(slice => slice.lines).slice(0, (next ?? Infinity) - first)
    const end = first + lines.length
    const unread = Math.max(first, needed)
    if (unread >= end) {
      log.remove()
      return []
    }
    const offset = Buffer.byteLength(textOf(lines.splice(0, unread - first)))
    this.segments.push({ log, first, end, bytes: 0, unread, offset })
    return lines.map((line, index) => ({ position: unread + index, line }))
  }

  private nextSegment(): Segment | undefined {
    return this.segments.find(({ unread, end }) => unread < end)
  }

  private tipAt(position: number): Segment {
    const { tip } = this
    if (tip?.end === position && position - tip.first < SEGMENT_LINES && tip.bytes < SEGMENT_BYTES) return tip
    const path = this.pathOf(position)
    const at = { first: position, end: position, unread: position }
    this.tip = { log: new AppendLog(path), ...at, bytes: 0, offset: 0 }
    this.segments.push(this.tip)
    // Left by an append that failed.
    if (existsSync(path)) writeFileSync(path, '')
    return this.tip
  }

  private pathOf(first: number): string {
    return join(this.directory, `${padded(first)}.jsonl`)
  }

  private readPosition(): number {
    try {
      return Number(POSITION.exec(readFileSync(this.positionFile, 'latin1'))?.[1] ?? 0)
    } catch {
      return 0
    }
  }

  private writePosition(position: number): void {
    const flag = existsSync(this.positionFile) ? 'r+' : 'w'
    writeFileSync(this.positionFile, `${padded(position)}\n`, { flag, mode: 0o600 })
  }
}

function padded(position: number): string {
  return String(position).padStart(16, '0')
}

function textOf(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

/** As many lines as the segment takes. */
function fitting(lines: readonly string[], { first, end, bytes }: Segment): readonly string[] {
  const room = lines.slice(0, SEGMENT_LINES - (end - first))
  let size = bytes
  let count = 0
  for (; count < room.length && size < SEGMENT_BYTES; count += 1)
    size += Buffer.byteLength(room[count] as string) + 1
  return room.slice(0, count)
}
