/** Clocks differ by so much; what lies further ahead was dated by a wrong one. Milliseconds. */
const TOLERANCE = 5 * 60_000

/** The last moment that a date may tell and still count as the newest. */
export function lastCredible(now: number): number {
  return now + TOLERANCE
}

/** The date, unless it lies ahead. */
export function credible(date: number | undefined, until: number): number | undefined {
  return date !== undefined && date <= until ? date : undefined
}
