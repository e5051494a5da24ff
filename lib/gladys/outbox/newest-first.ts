import { groupsOf } from '../../base/slices'
import type { State } from '../model/states'
import type { Outgoing } from './persistent-queue'

/** What is queued of one feature. */
interface FeatureQueue {
  count: number
  /** The newest that is queued, unless a newer one has left. */
  newest: { date: number; position: number } | undefined
  /** Date of the newest that has left. */
  left: number
  isDue: boolean
}

/** If more of one feature are queued, its newest overtakes. */
const MANY = 50

/**
 * Lets the newest state of a feature overtake where many are queued: Gladys writes its device table for each value
 * newer than the last one, and hangs when a device is saved meanwhile (gladys.md, "real server" no. 1). Announcements
 * queued before it go first. Holds a few numbers per feature, however much is queued.
 */
export class NewestFirst {
  private readonly features = new Map<string, FeatureQueue>()
  /** Those whose newest overtakes. */
  private readonly due: FeatureQueue[] = []
  /** Positions of the queued announcements, ascending. */
  private readonly announcements: number[] = []

  added(outgoing: Outgoing, position: number): void {
    if (outgoing.kind === 'config') return void this.announcements.push(position)
    const { feature, date } = outgoing.state
    const queue = this.queueOf(feature)
    queue.count += 1
    // The first of a date: a corrected value has to follow the one that it replaces.
    if (date > Math.max(queue.left, queue.newest?.date ?? -Infinity)) queue.newest = { date, position }
    if (queue.isDue || queue.newest === undefined || queue.count <= MANY) return
    queue.isDue = true
    this.due.push(queue)
  }

  /** It has left, in its turn or before. */
  removed(outgoing: Outgoing, position: number): void {
    if (outgoing.kind === 'config') {
      const at = this.announcements.indexOf(position)
      if (at >= 0) this.announcements.splice(at, 1)
      return
    }
    const { feature, date } = outgoing.state
    const queue = this.queueOf(feature)
    queue.count -= 1
    queue.left = Math.max(queue.left, date)
    if (queue.newest !== undefined && queue.newest.date <= queue.left) queue.newest = undefined
  }

  /** Takes the position of the one that leaves before all others; undefined: the oldest does. */
  next(): number | undefined {
    for (let [queue] = this.due; queue !== undefined; [queue] = this.due) {
      const position = queue.newest?.position
      if ((this.announcements[0] ?? Infinity) < (position ?? -Infinity)) return this.announcements.shift()
      queue.isDue = false
      this.due.shift()
      if (position !== undefined) return position
    }
    return undefined
  }

  private queueOf(feature: string): FeatureQueue {
    const created: FeatureQueue = { count: 0, newest: undefined, left: -Infinity, isDue: false }
    const queue = this.features.get(feature) ?? created
    this.features.set(feature, queue)
    return queue
  }
}

/** The states of one message, oldest first; of a feature with many of them the newest goes before all others. */
export function newestFirst(states: readonly State[]): readonly State[] {
  if (states.length <= MANY) return states
  const first = new Set<State>()
  for (const group of groupsOf(states, ({ feature }) => feature))
    if (group.length > MANY)
      first.add(group.reduce((newest, state) => (state.date > newest.date ? state : newest)))
  return [...first, ...states.filter(state => !first.has(state))]
}
