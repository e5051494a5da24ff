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
  /** ISO 8601; null: the whole history. */
  from: string | null
  state: 'running' | 'paused' | 'waiting' | 'done' | 'cancelled' | 'failed'
  /** States that the broker has acknowledged. */
  done: number
  /** null until the last page was read: Withings does not tell how much there is. */
  total: number | null
  /** States a second, smoothed. */
  rate: number
  secondsLeft: number | null
  /** ISO 8601. */
  startedAt: string
  error?: { code: string; message: string }
}

export type ImportPhase = ImportState['state']

/** True while there is something left to do, if only after a pause. */
export function isOpen(phase: ImportPhase): boolean {
  return phase === 'running' || phase === 'waiting' || phase === 'paused'
}
