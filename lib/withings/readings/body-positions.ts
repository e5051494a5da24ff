import names from './body-positions.json'

/** By number (withings-api.md §4.6). */
const positions: Readonly<Record<string, string>> = names

const WHOLE_BODY = 7
const BETWEEN_LEGS = 6
/** Types that are measured part by part of the body. */
const SEGMENTS: readonly number[] = [173, 174, 175]

/** Name of a body position; the whole body is no position, an unknown one `position_<n>`. */
export function bodyPosition(position: number): string | undefined {
  return position === WHOLE_BODY ? undefined : (positions[position] ?? `position_${position}`)
}

/** Name of the position of a measure: between the legs is a segment of some types, the whole body of all others. */
export function measurePosition(position: number, meastype: number): string | undefined {
  return position === BETWEEN_LEGS && !SEGMENTS.includes(meastype) ? undefined : bodyPosition(position)
}
