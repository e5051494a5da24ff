import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Bytes; read within a few milliseconds. */
const SLICE = 64 * 1024
const LINE_END = 10

/** A file of lines, created by the first append. A torn last line is not read, and cut off by the next append. */
export class AppendLog {
  /** Whether what was appended survives a power cut; it survives a kill in any case. */
  isSynced = true

  constructor(private readonly path: string) {}

  /** Adds whole lines. When it throws, the first of them may have been written. */
  append(lines: string): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    withFile(this.path, 'a+', file => {
      const { size } = fstatSync(file)
      const end = endOfLines(file, size)
      if (end < size) ftruncateSync(file, end)
      writeFileSync(file, lines)
    })
    this.isSynced = false
  }

  /** Slices of lines from this byte on, those appended meanwhile too, and their end. None where unreadable. */
  *read(from = 0): Generator<{ lines: string[]; end: number }, void, undefined> {
    for (let start = from, most = SLICE; ;) {
      const bytes = bytesOf(this.path, start, most)
      const length = bytes.lastIndexOf(LINE_END) + 1
      if (length === 0 && bytes.length < most) return
      // A longer line.
      if (length === 0) most *= 2
      else yield { lines: bytes.toString('utf8', 0, length - 1).split('\n'), end: (start += length) }
    }
  }

  async sync(): Promise<void> {
    this.isSynced = true
    // The file may have been removed meanwhile.
    const file = await open(this.path, 'r+').catch(() => undefined)
    try {
      await file?.datasync()
    } finally {
      await file?.close()
    }
  }

  truncate(size: number): void {
    truncateSync(this.path, size)
  }

  remove(): void {
    rmSync(this.path, { force: true })
  }
}

/** Names of the files in a directory; none where there is none. */
export function namesIn(directory: string | undefined): string[] {
  try {
    return directory === undefined ? [] : readdirSync(directory)
  } catch {
    return []
  }
}

function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags, 0o600)
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}

function endOfLines(file: number, size: number): number {
  // As a rule the last byte is one.
  for (let end = size, length = 1; end > 0; length = SLICE) {
    const tail = Buffer.alloc(Math.min(end, length))
    end -= tail.length
    const last = tail.subarray(0, readSync(file, tail, 0, tail.length, end)).lastIndexOf(LINE_END)
    if (last >= 0) return end + last + 1
  }
  return 0
}

function bytesOf(path: string, start: number, most: number): Buffer {
  try {
    return withFile(path, 'r', file => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(most, fstatSync(file).size - start)))
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start))
    })
  } catch {
    return Buffer.alloc(0)
  }
}
