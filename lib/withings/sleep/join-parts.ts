import { SECONDS_PER_MINUTE } from '../../base/clock'
import type { Reading } from '../readings/reading'
import { type Join, NIGHT_FIELDS, type NightField } from './fields'
import { isoOf, type SleepRow, valueIn } from './summary'

/** Rows of one sleep by their start: a single one, or the parts of an interrupted night. */
export type SleepParts<R = SleepRow> = readonly [R, ...R[]]

/**
 * Rows → sleeps, oldest first. What begins less than `joinMinutes` after something ended is its next part, if the
 * same device recorded both: two devices may have recorded the same night, which would count twice. Rows that overlap
 * stay apart for the same reason.
 */
export function joinParts<R extends Pick<SleepRow, 'start' | 'end' | 'deviceId' | 'model'>>(
  rows: readonly R[],
  joinMinutes: number
): SleepParts<R>[] {
  const byDevice = new Map<string, R[]>()
  for (const row of [...rows].sort((a, b) => a.start - b.start || a.end - b.end)) {
    // Records of old nights have no id: their model alone names the device (withings-api.md §13 no. 15).
    const device = row.deviceId === null ? `model ${row.model ?? ''}` : `id ${row.deviceId}`
    const own = byDevice.get(device)
    if (own) own.push(row)
    else byDevice.set(device, [row])
  }
  return [...byDevice.values()]
    .flatMap(own => joinOfDevice(own, joinMinutes * SECONDS_PER_MINUTE))
    .sort((a, b) => lastOf(a).end - lastOf(b).end || a[0].start - b[0].start)
}

/** `rows` by start. Handles each row twice, however many of them overlap. */
function joinOfDevice<R extends Pick<SleepRow, 'start' | 'end'>>(
  rows: readonly R[],
  longestGap: number
): SleepParts<R>[] {
  const sleepOf = new Map<R, [R, ...R[]]>()
  const isOver = (row: R | undefined, at: number) => row && row.end <= at && sleepOf.has(row)
  /** The next one to end is the last. */
  const running = [...rows].sort((a, b) => b.end - a.end || b.start - a.start)
  /** Rows without a next part, by their end. */
  const ended: R[] = []
  for (const row of rows) {
    while (isOver(running.at(-1), row.start)) ended.push(running.pop() as R)
    const last = ended.at(-1)
    const sleep = last && row.start - last.end < longestGap ? sleepOf.get(last) : undefined
    if (sleep) {
      ended.pop()
      sleep.push(row)
    }
    sleepOf.set(row, sleep ?? [row])
  }
  return [...new Set(sleepOf.values())]
}

/** The value of one part, and the seconds slept in it. */
interface Share {
  value: number
  asleep: number
}

const COMBINE: Readonly<Partial<Record<Join, (shares: readonly Share[]) => number>>> = {
  sum: shares => shares.reduce((sum, { value }) => sum + value, 0),
  mean: meanOf,
  min: shares => shares.reduce((least, { value }) => Math.min(least, value), Infinity),
  max: shares => shares.reduce((most, { value }) => Math.max(most, value), -Infinity),
  // Only where the durations are not known.
  efficiency: meanOf
}

/** The part whose value is taken where values cannot be combined. */
const PICK: Readonly<Partial<Record<Join, (parts: SleepParts) => SleepRow>>> = {
  first: parts => parts[0],
  last: lastOf,
  longest: longestOf
}

/** The readings of a whole sleep, in the order of the table. The time between two parts counts for nothing. */
export function readingsOfParts(parts: SleepParts): Reading[] {
  if (parts.length === 1) return parts[0].readings
  const readings = NIGHT_FIELDS.flatMap(field => joinedReading(parts, field) ?? [])
  const [asleep, inBed] = [valueIn({ readings }, 'sleep_duration'), valueIn({ readings }, 'time_in_bed')]
  if (asleep === undefined || !inBed) return readings
  const value = Math.round((asleep / inBed) * 100)
  return readings.map(reading => (reading.type === 'sleep_efficiency' ? { ...reading, value } : reading))
}

function joinedReading(parts: SleepParts, { type, join }: NightField): Reading | undefined {
  const picked = PICK[join]?.(parts)
  const found = (picked ? [picked] : parts).flatMap(part =>
    part.readings
      .filter(reading => reading.type === type)
      .map(reading => ({ reading, value: Number(reading.value), asleep: asleepOf(part) }))
  )
  const first = found[0]?.reading
  return (
    first && {
      ...first,
      value: COMBINE[join]?.(found) ?? first.value,
      date: isoOf(lastOf(parts).end),
      groupId: parts[0].id,
      modified: isoOf(lastChangeOf(parts))
    }
  )
}

/** Weighted by sleep, with two decimals. */
function meanOf(shares: readonly Share[]): number {
  const weights = shares.reduce((sum, { asleep }) => sum + asleep, 0)
  const total = shares.reduce((sum, { value, asleep }) => sum + value * asleep, 0)
  return Math.round((total / weights) * 100) / 100
}

/** Seconds slept in a part, never 0; its whole length where Withings does not say. */
function asleepOf(part: SleepRow): number {
  return Math.max(1, valueIn(part, 'sleep_duration') ?? valueIn(part, 'asleep_duration') ?? lengthOf(part))
}

export function lastOf<R>(parts: SleepParts<R>): R {
  return parts.at(-1) ?? parts[0]
}

export function lastChangeOf(parts: SleepParts): number {
  return parts.reduce((latest, { modified }) => Math.max(latest, modified), 0)
}

/** The part whose score is that of the night. */
export function longestOf(parts: SleepParts): SleepRow {
  return parts.reduce((longest, part) => (lengthOf(part) > lengthOf(longest) ? part : longest))
}

function lengthOf({ start, end }: SleepRow): number {
  return end - start
}
