/** What the stand-in keeps and answers; names and shapes are those of Gladys's HTTP API. */
export interface Feature {
  id: string
  device_id: string
  name: string
  external_id: string
  selector: string
  category: string
  type: string
  unit: string | null
  read_only: boolean
  has_feedback: boolean
  keep_history: boolean
  min: number
  max: number
  last_value: number | null
  last_value_string: string | null
  last_value_changed: string | null
}

export interface Param {
  id: string
  name: string
  value: string
}

export interface Device {
  id: string
  service_id: string
  room_id: string | null
  name: string
  external_id: string
  selector: string
  model: string | null
  should_poll: boolean
  features: Feature[]
  params: Param[]
}

/** A stored state of a feature. */
export interface StoredState {
  created_at: string
  value: number
  /** How it came: live ones run scenes. */
  kind: 'live' | 'historical'
}

export type Fields = Readonly<Record<string, unknown>>

/** An answer that is an error, in Gladys's format. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly attribute?: string
  ) {
    super(message)
  }
}

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(422, 'UNPROCESSABLE_ENTITY', 'an object is expected')
  return value as Fields
}
