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

/** Lines of one file, from position `first` up to but not including `end`. */
interface Segment {
  readonly log: AppendLog
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
  /** When an earlier process last released something, milliseconds since 1970. */
  readonly lastReleased: number
  private segments: Segment[] = []
  /** Only this one is appended to: those of an earlier process may hold what could not be taken back. */
  private tip: Segment | undefined
  private lastSync = Promise.resolve()

  /** Opens the directory, makes it if need be, and shows each line that is still needed. */
  constructor(
    private readonly directory: string,
    visit: (placed: PlacedLine) => void
  ) {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const needed = this.readPosition()
    this.lastReleased = this.prepared()
    const firsts = readdirSync(directory).flatMap(name => FILE.exec(name)?.[1] ?? [])
    firsts
      .sort()
      .map(Number)
      .forEach((first, index) => this.load(first, firsts[index + 1], needed).forEach(visit))
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
      // Nobody appends to it while it may hold half of something.
      this.tip = undefined
      for (const { log } of this.segments.splice(count)) log.remove()
      if (tip) Object.assign(tip, before).log.truncate(tip.bytes)
      throw error
    }
  }

  /** The unread lines of the next segment, empty ones for what cannot be read (any more). */
  readOn(): PlacedLine[] {
    const segment = this.nextSegment()
    if (segment === undefined) return []
    const { unread, end } = segment
    const lines: string[] = []
    for (const slice of segment.log.read(segment.offset)) {
      lines.push(...slice.lines)
      segment.offset = slice.end
    }
    segment.unread = end
    lines.length = end - unread
    return placed(
      unread,
      Array.from(lines, line => line ?? '')
    )
  }

  /** The line at a position, without counting as read; undefined when it cannot be read. */
  lineAt(position: number): string | undefined {
    const segment = this.segments.find(({ first, end }) => first <= position && position < end)
    let at = segment?.first ?? 0
    for (const { lines } of segment?.log.read() ?? []) {
      if (position < at + lines.length) return lines[position - at]
      at += lines.length
    }
    return undefined
  }

  /** Says that nothing below this position is needed any more. */
  release(position: number): void {
    for (const { log, end } of this.segments) if (end <= position) log.remove()
    this.segments = this.segments.filter(({ end }) => end > position)
    if (this.tip && this.tip.end <= position) this.tip = undefined
    if (this.segments.length > 0) this.writePosition(position)
  }

  /**
   * Fulfilled when everything appended so far would survive a power cut: those who ask while one sync runs find theirs
   * done by the next. A process that is killed loses nothing even without.
   */
  sync(): Promise<void> {
    this.lastSync = this.lastSync
      .catch(() => undefined)
      .then(async () => {
        for (const { log } of this.segments.filter(({ log }) => !log.isSynced)) await log.sync()
      })
    return this.lastSync
  }

  /** The lines that are needed. Behind the position of the next file is what could not be taken back when an append failed. */
  private load(first: number, next: string | undefined, needed: number): PlacedLine[] {
    const log = new AppendLog(this.pathOf(first))
    const lines = [...log.read()].flatMap(slice => slice.lines).slice(0, Number(next ?? Infinity) - first)
    const end = first + lines.length
    const unread = Math.max(first, needed)
    if (unread >= end) {
      log.remove()
      return []
    }
    const offset = Buffer.byteLength(textOf(lines.splice(0, unread - first)))
    this.segments.push({ log, first, end, bytes: 0, unread, offset })
    return placed(unread, lines)
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
    // Left by an attempt that failed.
    if (existsSync(path)) writeFileSync(path, '')
    return this.tip
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

  /** When the position was last written. It is made now, so that there is room for it when the disk is full. */
  private prepared(): number {
    const path = join(this.directory, 'position')
    if (!existsSync(path)) {
      this.writePosition(0)
      utimesSync(path, 0, 0)
    }
    return statSync(path).mtimeMs
  }

  private writePosition(position: number): void {
    const path = join(this.directory, 'position')
    writeFileSync(path, `${padded(position)}\n`, { flag: existsSync(path) ? 'r+' : 'w', mode: 0o600 })
  }
}

function padded(position: number): string {
  return String(position).padStart(16, '0')
}

function placed(first: number, lines: readonly string[]): PlacedLine[] {
  return lines.map((line, index) => ({ position: first + index, line }))
}

function textOf(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

/** As many lines as the segment takes, at least one. */
function fitting(lines: readonly string[], { first, end, bytes }: Segment): readonly string[] {
  let size = bytes
  const room = lines.slice(0, SEGMENT_LINES - (end - first))
  const full = room.findIndex((line, index) => {
    const isFull = index > 0 && size >= SEGMENT_BYTES
    size += Buffer.byteLength(line) + 1
    return isFull
  })
  return full < 0 ? room : room.slice(0, full)
}
