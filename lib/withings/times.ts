import { asNumber, LAST_DATE, type JsonObject } from './json'

/**
 * Unix seconds of something that was recorded, in whole ones; undefined for what is no such time. One from the future
 * would be the newest for good.
 */
export function asTime(value: unknown): number | undefined {
  const seconds = Math.floor(asNumber(value) ?? 0)
  return seconds > 0 && seconds < LAST_DATE ? seconds : undefined
}

/** Nothing that is known of a night or of a heart can be negative: -1 stands for "not computed". */
export function withoutNegatives(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => !isNegative(value)))
}

export function isNegative(value: unknown): boolean {
  return (asNumber(value) ?? 0) < 0
}
