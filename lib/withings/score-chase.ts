import type { Night } from './night'

/** A night that was told without a score; to be fetched again. */
export interface Unscored {
  /** Id of its first part. */
  id: string
  userId: string
  day: string
  /** As it was told. */
  modified: string
  /** Unix milliseconds. */
  toldAt: number
  /** How often it was fetched again. */
  tries: number
}

const MINUTE = 60_000
const DAY = 86_400_000

/** A time of telling that lies so far ahead was noted while the clock was wrong, perhaps by years. */
const AHEAD = 4 * 60 * MINUTE

/** Milliseconds after which a night without a score is fetched again. */
export const CHASE_AFTER: readonly number[] = [10, 30, 60, 120, 240].map(minutes => minutes * MINUTE)

/**
 * What is still to be fetched again once `nights` were told, at `now` in Unix milliseconds. Older nights, naps
 * and what no device recorded are not waited for: many of them never get a score.
 */
export function chaseAfter(waiting: readonly Unscored[], nights: readonly Night[], now: number): Unscored[] {
  const told = new Map(nights.map(night => [night.id, night]))
  const others = waiting.filter(({ id }) => !told.has(id))
  const unscored = [...told.values()].filter(night => isAwaited(night, now))
  return [
    ...others,
    ...unscored.map(({ id, userId, day, modified }) => {
      const known = waiting.find(each => each.id === id)
      return { id, userId, day, modified, toldAt: known?.toldAt ?? now, tries: known?.tries ?? 0 }
    })
  ]
}

/** Whether a night was told without the score that it is going to get; `now` in Unix milliseconds. */
export function isAwaited({ kind, scored, deviceId, endDate }: Night, now: number): boolean {
  return kind === 'night' && !scored && deviceId !== null && now - Date.parse(endDate) < DAY
}

/** Milliseconds until the next one is due, 0 for one that was due while nothing ran; undefined: none waits. */
export function nextChase(waiting: readonly Unscored[], now: number): number | undefined {
  const dues = waiting.map(each => dueAt(each, now)).filter((due): due is number => due !== undefined)
  return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues) - now)
}

/** Those that are due. */
export function dueNow(waiting: readonly Unscored[], now: number): Unscored[] {
  return waiting.filter(each => (dueAt(each, now) ?? Infinity) <= now)
}

/** What still waits after a try of `due` at `now`: tries that were missed meanwhile are not made up for. */
export function chaseTried(waiting: readonly Unscored[], due: readonly Unscored[], now: number): Unscored[] {
  const tried = new Set(due.map(({ id }) => id))
  return waiting
    .map(each => (tried.has(each.id) ? triedAt(each, now) : each))
    .filter(each => dueAt(each, now) !== undefined)
}

function dueAt({ toldAt, tries }: Unscored, now: number): number | undefined {
  const after = CHASE_AFTER[tries]
  if (after === undefined) return undefined
  return toldAt > now + AHEAD ? now : toldAt + after
}

function triedAt(each: Unscored, now: number): Unscored {
  if (each.toldAt > now + AHEAD) return { ...each, toldAt: now, tries: each.tries + 1 }
  return { ...each, tries: CHASE_AFTER.filter(after => each.toldAt + after <= now).length }
}
