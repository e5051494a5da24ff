import type { SleepRow } from './getsleepsummary'

/** Rows of one sleep in their order: one row, or the parts of a split night. */
export type Parts<R = SleepRow> = readonly [R, ...R[]]

const MINUTE = 60

/**
 * Rows → sleeps, oldest first. What begins less than `joinMinutes` after something ended is its next part, if the
 * same device recorded both: two devices may have watched the same night, and would count it twice. So would rows
 * that overlap; they stay apart.
 */
export function splitNights<R extends Pick<SleepRow, 'start' | 'end' | 'deviceId'>>(
  rows: readonly R[],
  joinMinutes: number
): Parts<R>[] {
  const sleeps: [R, ...R[]][] = []
  /** Those that a later row may go on with. */
  let open: [R, ...R[]][] = []
  for (const row of [...rows].sort((a, b) => a.start - b.start || a.end - b.end)) {
    open = open.filter(parts => row.start - endOf(parts) < joinMinutes * MINUTE)
    const before = open
      .filter(([{ deviceId }]) => deviceId === row.deviceId)
      .filter(parts => endOf(parts) <= row.start)
      .sort((a, b) => endOf(a) - endOf(b))
      .at(-1)
    if (before) {
      before.push(row)
      continue
    }
    const sleep: [R] = [row]
    sleeps.push(sleep)
    open.push(sleep)
  }
  return sleeps.sort((a, b) => endOf(a) - endOf(b))
}

export function lastOf<R>(parts: Parts<R>): R {
  return parts.at(-1) ?? parts[0]
}

/** The part that the score of the night is taken from. */
export function longestOf(parts: Parts): SleepRow {
  return parts.reduce((longest, part) => (lengthOf(part) > lengthOf(longest) ? part : longest))
}

function endOf(parts: Parts<Pick<SleepRow, 'end'>>): number {
  return lastOf(parts).end
}

function lengthOf({ start, end }: SleepRow): number {
  return end - start
}

export function valueIn(part: SleepRow, type: string): number | undefined {
  const value = part.readings.find(reading => reading.type === type)?.value
  return typeof value === 'number' ? value : undefined
}

export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
