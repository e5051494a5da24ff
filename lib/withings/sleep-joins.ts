import type { SleepRow } from './getsleepsummary'
import type { Reading } from './reading'
import { NIGHT_FIELDS, type Join } from './sleep-fields'
import { isoOf, lastChangeOf, lastOf, longestOf, valueIn, type Parts } from './sleep-parts'

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
  first: (parts: Parts) => parts[0],
  last: lastOf,
  longest: longestOf
} as const

/**
 * The readings of a whole sleep, in the order of the table; those of a single part as they are. `join` of the
 * table says how each value is made. The time between two parts counts for nothing.
 */
export function joinedReadings(parts: Parts): Reading[] {
  if (parts.length === 1) return parts[0].readings
  const joined = NIGHT_FIELDS.flatMap(({ type, join }) => joinedReading(parts, type, join) ?? [])
  const valueOf = (type: string) => numberOf(joined.find(reading => reading.type === type)?.value)
  const [asleep, inBed] = [valueOf('sleep_duration'), valueOf('time_in_bed')]
  const efficiency = asleep !== undefined && inBed ? Math.round((asleep / inBed) * 100) : undefined
  return joined.map(reading =>
    reading.type === 'sleep_efficiency' ? { ...reading, value: efficiency ?? reading.value } : reading
  )
}

function joinedReading(parts: Parts, type: string, join: Join): Reading | undefined {
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
