const WHOLE_BODY = 7
const BETWEEN_LEGS = 6

const names: readonly (string | null)[] = [
  'right_wrist',
  'left_wrist',
  'right_arm',
  'left_arm',
  'right_foot',
  'left_foot',
  'between_legs',
  null,
  'left_part_of_body',
  'right_part_of_body',
  'left_leg',
  'right_leg',
  'torso',
  'left_hand',
  'right_hand',
  'cardiac_aortic_area',
  'cardiac_pulmonic_area',
  'cardiac_tricuspid_area',
  'cardiac_mitral_area',
  'cardiac_apex',
  'lung_front_upper_right',
  'lung_front_upper_left',
  'lung_front_bottom_right',
  'lung_front_bottom_left',
  'lung_back_upper_left',
  'lung_back_upper_right',
  'lung_back_bottom_left',
  'lung_back_bottom_right',
  'wide_mode',
  'between_arms',
  'hold_right',
  'hold_left'
]

/** Name of a body position (withings-api.md §4.6); the whole body is no position, an unknown one `position_<n>`. */
export function bodyPosition(position: number): string | undefined {
  if (position === WHOLE_BODY) return undefined
  return names[position] ?? `position_${position}`
}

/** The position of a measure: what lies between the legs is a segment, anything else is the whole body there. */
export function measurePosition(position: number, type: string): string | undefined {
  return position === BETWEEN_LEGS && !type.startsWith('segment_') ? undefined : bodyPosition(position)
}
