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

/** Reading.source of a reading that may belong to somebody else in the household. */
export const AMBIGUOUS = 'ambiguous'

/** Where a measurement comes from (`attrib`, withings-api.md §4.5); the set is open, so any number has a name. */
export function sourceOf(attrib: number): string {
  return names[attrib] ?? `attrib_${attrib}`
}
