import type { Failure } from '../../base/translate'
import type { ChapterName } from '../../withings/history/history'

/** Where a history import stands, as its messages tell it. */
export interface Progress {
  /** `waiting`: something is away or refuses for now; the import goes on by itself. */
  state: 'running' | 'paused' | 'waiting' | 'done' | 'cancelled' | 'failed'
  /** The part of the history that is being read. */
  chapter: ChapterName
  /** Date of the last value sent, ISO 8601; null before the first one. */
  at: string | null
  /** States that the broker has acknowledged. */
  done: number
  /** null until the last page was read. */
  total: number | null
  /** States a second, smoothed. */
  rate: number
  secondsLeft: number | null
  /** What Gladys has at the end; null before that, and without a login at Gladys. */
  comparison: Comparison | null
  /** Types without a feature in Gladys: press "Update" there, then import again. */
  missing?: readonly string[]
  /** Their states, which count as `done` but are dropped by Gladys. */
  dropped?: number
}

/** A history import as users and the admin API see it. */
export interface ImportState extends Progress {
  id: string
  /** Id of the gladys-device-state node it runs on. */
  node: string
  /** Id of the withings-account node. */
  account: string
  userId: string
  /** null: all devices; `manual`: values typed in by hand. */
  deviceId: string | null
  /** Devices left out, since imports of their own send them. */
  except?: readonly string[]
  /** ISO 8601; null: the whole history. */
  from: string | null
  /** Not given by Withings: not granted at the login, or not available to this application. */
  leftOut: readonly ChapterName[]
  /** ISO 8601. */
  startedAt: string
  /** Why it waits or failed; `message` in English, shown as `translateFailure` words it. */
  error?: Failure & { message: string }
}

/** Whether Gladys has what was sent; `failed`: it did not answer. */
export type Comparison =
  { state: 'running' } | { state: 'done'; expected: number; found: number } | { state: 'failed' }

export type ImportPhase = ImportState['state']

/** Whether something is left to do, if only after a pause. */
export function isOpen(phase: ImportPhase): boolean {
  return phase === 'running' || phase === 'waiting' || phase === 'paused'
}
