import { groupsOf } from '../../base/slices'
import type { State } from '../model/states'
import type { Outgoing } from './types'

/** What waits of one feature. */
interface FeatureQueue {
  count: number
  /** The newest that waits, unless a newer one has left. */
  newest: { date: number; position: number } | undefined
  /** Date of the newest that has left. */
  left: number
  isDue: boolean
}

/** Where more of one feature wait, its newest overtakes. */
export const MANY = 50

/**
 * Says which of those that wait may overtake: where many of one feature wait, its newest. Gladys writes its device table
 * for each value that is newer than the last one, and hangs when a device is saved meanwhile (gladys.md, "real server" no. 1).
 * Announcements that wait before it go first. Holds a few numbers for each feature, whatever waits.
 */
export class NewestFirst {
  private readonly features = new Map<string, FeatureQueue>()
  /** Those whose newest overtakes. */
  private readonly due: FeatureQueue[] = []
  /** Positions of the announcements that wait, ascending. */
  private readonly announcements: number[] = []

  added(outgoing: Outgoing, position: number): void {
    if (outgoing.kind === 'config') return void this.announcements.push(position)
    const { feature, date } = outgoing.state
    const queue = this.queueOf(feature)
    queue.count += 1
    // The first of a date: a corrected value follows the one that it replaces.
    if (date > Math.max(queue.left, queue.newest?.date ?? -Infinity)) queue.newest = { date, position }
    if (queue.isDue || queue.newest === undefined || queue.count <= MANY) return
    queue.isDue = true
    this.due.push(queue)
  }

  /** It has left, in its turn or before. */
  removed(outgoing: Outgoing, position: number): void {
    if (outgoing.kind === 'config') return this.withoutAnnouncement(position)
    const { feature, date } = outgoing.state
    const queue = this.queueOf(feature)
    queue.count -= 1
    queue.left = Math.max(queue.left, date)
    if (queue.newest !== undefined && queue.newest.date <= queue.left) queue.newest = undefined
  }

  /** What is at this position cannot be read, so it overtakes nothing. */
  unreadable(position: number): void {
    this.withoutAnnouncement(position)
    for (const queue of this.due) if (queue.newest?.position === position) queue.newest = undefined
  }

  /** Position of the one that leaves before all others; undefined: the oldest does. */
  next(): number | undefined {
    for (;;) {
      const [queue] = this.due
      if (queue === undefined) return undefined
      if (queue.newest !== undefined) {
        const { position } = queue.newest
        return Math.min(position, this.announcements[0] ?? position)
      }
      queue.isDue = false
      this.due.shift()
    }
  }

  private withoutAnnouncement(position: number): void {
    const at = this.announcements.indexOf(position)
    if (at >= 0) this.announcements.splice(at, 1)
  }

  private queueOf(feature: string): FeatureQueue {
    const known = this.features.get(feature)
    if (known !== undefined) return known
    const queue: FeatureQueue = { count: 0, newest: undefined, left: -Infinity, isDue: false }
    this.features.set(feature, queue)
    return queue
  }
}

/** States of one message, oldest first: where they are many of one feature, its newest goes before all others. */
export function newestFirst(states: readonly State[]): readonly State[] {
  if (states.length <= MANY) return states
  const first = new Set<State>()
  for (const group of groupsOf(states, ({ feature }) => feature))
    if (group.length > MANY)
      first.add(group.reduce((newest, state) => (state.date > newest.date ? state : newest)))
  return first.size === 0 ? states : [...first, ...states.filter(state => !first.has(state))]
}
