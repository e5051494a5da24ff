/** Key of the text for a unit that is a word, under `withings.unit`: `breaths/min` → `breaths_per_min`. */
export function unitKey(unit: string): string {
  return unit.replace(/\//g, '_per_')
}
