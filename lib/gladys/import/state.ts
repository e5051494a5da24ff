import type { ChapterName } from '../../withings/history/history'

/**
 * Where a history import stands, as users, messages and the admin API see it. `waiting`: something is away or
 * refuses for now (`error` says what) and the import goes on by itself.
 */
export interface ImportState {
  id: string
  /** Id of the gladys-device-state node it runs on. */
  node: string
  /** Id of the withings-account node. */
  account: string
  userId: string
  /** null: all devices; `manual`: values typed in by hand. */
  deviceId: string | null
  /** Of all devices these are left out, since imports of their own send them. */
  except?: readonly string[]
  /** ISO 8601; null: the whole history. */
  from: string | null
  state: 'running' | 'paused' | 'waiting' | 'done' | 'cancelled' | 'failed'
  /** What of the history is being read. */
  chapter: ChapterName
  /** What Withings does not give: it was not granted at the login, or is not for this application. */
  leftOut: readonly ChapterName[]
  /** Date of the value that went out last, ISO 8601; null before the first one. */
  at: string | null
  /** States that the broker has acknowledged. */
  done: number
  /** Types of which Gladys has no feature yet: press "Update" there, then import again. */
  missing?: readonly string[]
  /** States of these: Gladys drops them, though they are among `done`. */
  dropped?: number
  /** null until the last page was read: Withings does not tell how much there is. */
  total: number | null
  /** States a second, smoothed. */
  rate: number
  secondsLeft: number | null
  /** What Gladys was found to have at the end; null before that, and where there is no login to ask it with. */
  comparison: Comparison | null
  /** ISO 8601. */
  startedAt: string
  error?: { code: string; message: string }
}

/** Whether Gladys has what was sent; `failed`: it could not be asked. */
export type Comparison =
  { state: 'running' } | { state: 'done'; expected: number; found: number } | { state: 'failed' }

export type ImportPhase = ImportState['state']

/** True while there is something left to do, if only after a pause. */
export function isOpen(phase: ImportPhase): boolean {
  return phase === 'running' || phase === 'waiting' || phase === 'paused'
}
