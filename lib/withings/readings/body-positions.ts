import names from './body-positions.json'

/** By number (withings-api.md §4.6). */
const positions: Readonly<Record<string, string>> = names

const WHOLE_BODY = 7
const BETWEEN_LEGS = 6

/** Name of a body position; the whole body is no position, an unknown one `position_<n>`. */
export function bodyPosition(position: number): string | undefined {
  return position === WHOLE_BODY ? undefined : (positions[position] ?? `position_${position}`)
}

/** Name of the position of a measure: between the legs is a segment of some types, the whole body of all others. */
export function measurePosition(position: number, type: string): string | undefined {
  return position === BETWEEN_LEGS && !type.startsWith('segment_') ? undefined : bodyPosition(position)
}
