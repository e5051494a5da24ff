import type { StateKind } from '../model/states'
import type { Sent } from './duplicate-window'
import type { Outgoing, QueueEntry } from './persistent-queue'

/** What became of the states of one message; announcements are not counted. */
export interface Delivery {
  live: number
  historical: number
  /** Still waiting, because the broker or Gladys is away; on disk if there is one. */
  queued: number
}

/**
 * `normal`: kept on disk, counted in `size` and against the capacity.
 * `import`: sent only while nothing normal waits, and kept in memory only, since an import resumes from its own
 * position after a restart. So hand over a few at a time, and move that position when `add` is fulfilled.
 */
export type Priority = 'normal' | 'import'

/** One call of `Outbox.add` until it is settled. */
export class OpenDelivery {
  readonly result: Promise<Delivery>
  resolve!: () => void
  reject!: (error: Error) => void
  private readonly delivery: Delivery
  private readonly end: number
  private unacknowledged: number

  /** `first`: position of its first message in the queue. */
  constructor(
    readonly priority: Priority,
    private readonly first: number,
    outgoing: readonly Outgoing[]
  ) {
    this.unacknowledged = outgoing.length
    this.end = first + outgoing.length
    const queued = outgoing.filter(({ kind }) => kind === 'state').length
    this.delivery = { live: 0, historical: 0, queued }
    this.result = new Promise((resolve, reject) => {
      this.resolve = () => resolve({ ...this.delivery })
      this.reject = reject
    })
  }

  /** Whether the message at this position of the queue belongs to it. */
  has(position: number): boolean {
    return this.priority === 'normal' && this.first <= position && position < this.end
  }

  /** One was acknowledged, a state as `kind`; true when it was the last one. */
  acknowledge(kind: StateKind | undefined): boolean {
    if (kind !== undefined) {
      this.delivery[kind] += 1
      this.delivery.queued -= 1
    }
    this.unacknowledged -= 1
    return this.unacknowledged === 0
  }
}

/** A message that was sent and is not acknowledged, or is about to be sent (again). */
export interface InFlight {
  readonly outgoing: Outgoing
  readonly from:
    | { source: 'queue'; entry: QueueEntry }
    | { source: 'import'; delivery: OpenDelivery }
    /** The replay after Gladys was away. */
    | { source: 'replay'; entry: QueueEntry }
  /** How it was sent. */
  kind?: StateKind
  /** The one that it keeps its distance from. */
  after?: Sent
  /** It is in the replay log. */
  isNoted?: boolean
}
