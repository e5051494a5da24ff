/** Before the type of a nap's readings: the last nap must not stand where the last night does. */
export const NAP = 'nap_'

/** The type that a nap's reading would have in a night; undefined for what is no reading of a nap. */
export function typeInNight(type: string): string | undefined {
  return type.startsWith(NAP) ? type.slice(NAP.length) : undefined
}
