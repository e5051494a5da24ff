import type { SleepRow } from './getsleepsummary'

/** Rows of one sleep in their order: one row, or the parts of a split night. */
export type Parts<R = SleepRow> = readonly [R, ...R[]]

const MINUTE = 60

/**
 * Rows → sleeps, oldest first. What begins less than `joinMinutes` after something ended is its next part, if the
 * same device recorded both: two devices may have watched the same night, and would count it twice. So would rows
 * that overlap; they stay apart.
 */
export function splitNights<
  R extends Pick<SleepRow, 'start' | 'end' | 'deviceId'> & Partial<Pick<SleepRow, 'model'>>
>(rows: readonly R[], joinMinutes: number): Parts<R>[] {
  const byDevice = new Map<string, R[]>()
  for (const row of [...rows].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const own = byDevice.get(deviceOf(row))
    if (own) own.push(row)
    else byDevice.set(deviceOf(row), [row])
  }
  return [...byDevice.values()]
    .flatMap(own => splitOwn(own, joinMinutes * MINUTE))
    .sort((a, b) => endOf(a) - endOf(b) || a[0].start - b[0].start)
}

/** Records of old nights have no id: their model alone names the device (withings-api.md §13 no. 15). */
function deviceOf({
  deviceId,
  model
}: Pick<SleepRow, 'deviceId'> & Partial<Pick<SleepRow, 'model'>>): string {
  return deviceId === null ? `model ${model ?? ''}` : `id ${deviceId}`
}

/** Rows of one device by their start. Each is looked at twice, however many of them overlap. */
function splitOwn<R extends Pick<SleepRow, 'start' | 'end'>>(rows: readonly R[], join: number): Parts<R>[] {
  const sleeps: [R, ...R[]][] = []
  const sleepOf = new Map<R, [R, ...R[]]>()
  const byEnd = [...rows].sort((a, b) => a.end - b.end)
  let next = 0
  /** Rows that are over and that nothing goes on with yet, by their end. */
  const over: R[] = []
  for (const row of rows) {
    for (
      let other = byEnd[next];
      other && other.end <= row.start && sleepOf.has(other);
      other = byEnd[next]
    ) {
      over.push(other)
      next += 1
    }
    const last = over.at(-1)
    let sleep = last && row.start - last.end < join ? sleepOf.get(last) : undefined
    if (sleep) {
      over.pop()
      sleep.push(row)
    } else sleeps.push((sleep = [row]))
    sleepOf.set(row, sleep)
  }
  return sleeps
}

export function lastOf<R>(parts: Parts<R>): R {
  return parts.at(-1) ?? parts[0]
}

export function lastChangeOf(parts: Parts): number {
  return parts.reduce((latest, { modified }) => Math.max(latest, modified), 0)
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
