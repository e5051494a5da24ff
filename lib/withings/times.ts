import { asNumber, type JsonObject } from './json'

/** 2100-01-01 in Unix seconds: a later date is an error, and would make a recording the newest for good. */
const LAST = 4_102_444_800

/** Unix seconds of something that was recorded, in whole ones; undefined for what is no such time. */
export function asTime(value: unknown): number | undefined {
  const seconds = Math.floor(asNumber(value) ?? 0)
  return seconds > 0 && seconds < LAST ? seconds : undefined
}

/** Nothing that is known of a night or of a heart can be negative: -1 stands for "not computed". */
export function withoutNegatives(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => !isNegative(value)))
}

export function isNegative(value: unknown): boolean {
  return (asNumber(value) ?? 0) < 0
}
