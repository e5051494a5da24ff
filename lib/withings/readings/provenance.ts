const names: Readonly<Record<number, string>> = {
  0: 'device',
  1: 'ambiguous',
  2: 'manual',
  3: 'claimed',
  4: 'account_creation',
  5: 'best_of',
  7: 'confirmed',
  8: 'device',
  15: 'guided',
  17: 'guided'
}

/** Reading.source of a value that the device itself does not stand by. */
export const INCONCLUSIVE = 'inconclusive'

/** Whether a reading may belong to somebody else in the household, or may not be right. */
export function isUncertain(source: string): boolean {
  return source === 'ambiguous' || source === INCONCLUSIVE
}

/** Where a measurement comes from (`attrib`, withings-api.md §4.5); the set is open, so any number has a name. */
export function sourceOf(attrib: number): string {
  return names[attrib] ?? `attrib_${attrib}`
}
