import type { Reading } from '../readings/reading'
import { type Join, NIGHT_FIELDS } from './fields'
import type { SleepRow } from './summary'

/** The value of one part, and the seconds slept in it. */
interface Share {
  value: number
  asleep: number
}

type Combine = (shares: Share[]) => number

const COMBINE: Readonly<Record<Exclude<Join, keyof typeof PICK>, Combine>> = {
  sum: shares => shares.reduce((sum, { value }) => sum + value, 0),
  mean: shares => meanOf(shares),
  min: shares => shares.reduce((least, { value }) => Math.min(least, value), Infinity),
  max: shares => shares.reduce((most, { value }) => Math.max(most, value), -Infinity),
  // Only where the durations are not known.
  efficiency: shares => meanOf(shares)
}

/** What cannot be put together is that of one part. */
const PICK = {
  first: (parts: SleepParts) => parts[0],
  last: lastOf,
  longest: longestOf
} as const

/**
 * The readings of a whole sleep, in the order of the table; those of a single part as they are. `join` of the
 * table says how each value is made. The time between two parts counts for nothing.
 */
export function readingsOfParts(parts: SleepParts): Reading[] {
  if (parts.length === 1) return parts[0].readings
  const joined = NIGHT_FIELDS.flatMap(({ type, join }) => joinedReading(parts, type, join) ?? [])
  const valueOf = (type: string) => numberOf(joined.find(reading => reading.type === type)?.value)
  const [asleep, inBed] = [valueOf('sleep_duration'), valueOf('time_in_bed')]
  const efficiency = asleep !== undefined && inBed ? Math.round((asleep / inBed) * 100) : undefined
  return joined.map(reading =>
    reading.type === 'sleep_efficiency' ? { ...reading, value: efficiency ?? reading.value } : reading
  )
}

function joinedReading(parts: SleepParts, type: string, join: Join): Reading | undefined {
  const readings = isPick(join) ? readingsIn([PICK[join](parts)], type) : readingsIn(parts, type)
  const model = readings[0]?.reading
  if (!model) return undefined
  const shares = readings.flatMap(({ part, reading }) => {
    const value = numberOf(reading.value)
    return value === undefined ? [] : [{ value, asleep: asleepOf(part) }]
  })
  return {
    ...model,
    value: isPick(join) ? model.value : COMBINE[join](shares),
    date: isoOf(lastOf(parts).end),
    groupId: parts[0].id,
    modified: isoOf(lastChangeOf(parts))
  }
}

function isPick(join: Join): join is keyof typeof PICK {
  return join in PICK
}

function readingsIn(parts: readonly SleepRow[], type: string): { part: SleepRow; reading: Reading }[] {
  return parts.flatMap(part => {
    const reading = part.readings.find(candidate => candidate.type === type)
    return reading ? [{ part, reading }] : []
  })
}

/** Weighted by sleep, with two decimals. */
function meanOf(shares: Share[]): number {
  const weights = shares.reduce((sum, { asleep }) => sum + asleep, 0)
  const total = shares.reduce((sum, { value, asleep }) => sum + value * asleep, 0)
  return Math.round((total / weights) * 100) / 100
}

/** Seconds slept in a part, never 0; its whole length where Withings does not say. */
function asleepOf(part: SleepRow): number {
  const slept = valueIn(part, 'sleep_duration') ?? valueIn(part, 'asleep_duration')
  return Math.max(1, slept ?? part.end - part.start)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Rows of one sleep in their order: one row, or the parts of a split night. */
export type SleepParts<R = SleepRow> = readonly [R, ...R[]]

const MINUTE = 60

/**
 * Rows → sleeps, oldest first. What begins less than `joinMinutes` after something ended is its next part, if the
 * same device recorded both: two devices may have watched the same night, and would count it twice. So would rows
 * that overlap; they stay apart.
 */
export function joinParts<
  R extends Pick<SleepRow, 'start' | 'end' | 'deviceId'> & Partial<Pick<SleepRow, 'model'>>
>(rows: readonly R[], joinMinutes: number): SleepParts<R>[] {
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
function splitOwn<R extends Pick<SleepRow, 'start' | 'end'>>(rows: readonly R[], join: number): SleepParts<R>[] {
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

export function lastOf<R>(parts: SleepParts<R>): R {
  return parts.at(-1) ?? parts[0]
}

export function lastChangeOf(parts: SleepParts): number {
  return parts.reduce((latest, { modified }) => Math.max(latest, modified), 0)
}

/** The part that the score of the night is taken from. */
export function longestOf(parts: SleepParts): SleepRow {
  return parts.reduce((longest, part) => (lengthOf(part) > lengthOf(longest) ? part : longest))
}

function endOf(parts: SleepParts<Pick<SleepRow, 'end'>>): number {
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
