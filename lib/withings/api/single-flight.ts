import type { Clock } from '../../base/clock'
import { onAbort, unlessAborted } from '../../base/timeout'
import { type Priority, REPEAT_PAUSE, type RequestQueue, type Turn } from './request-queue'

/** What somebody asks for. */
interface Asked {
  /** Equal requests are one job. */
  identity: string
  priority: Priority
  signal?: AbortSignal
  /** False: whoever asks soon after the answer waits for an answer of their own. */
  keep: boolean
}

type Start<T> = (signal: AbortSignal, turn: Turn) => Promise<T>

interface Job<T> {
  turn: Turn
  result: Promise<T>
  waiting: number
  abort: AbortController
}

/**
 * Gives everybody who asks for the same thing at the same time, or within 10 s of the answer, the one answer:
 * Withings refuses an identical request so soon (withings-api.md §3). A failure is not kept.
 */
export class SingleFlight<T> {
  // A list, not a Map: of one that gets and loses everything once, V8 keeps the old tables, and so the answers of a whole
  // history that were in them (docs/decisions/0016-garbage.md).
  private jobs: readonly Job<T>[] = []

  constructor(
    private readonly clock: Clock,
    private readonly queue: RequestQueue
  ) {}

  /**
   * The job is as urgent as the most urgent of those who wait for it. It goes on for the others when one of them
   * gives up; it is aborted when nobody waits any more.
   */
  run(asked: Asked, start: Start<T>): Promise<T> {
    const job = this.find(asked.identity) ?? this.start(asked, start)
    job.waiting += 1
    this.queue.raise(job.turn, asked.priority)
    const stop = onAbort(asked.signal, reason => {
      job.waiting -= 1
      if (job.waiting === 0) job.abort.abort(reason)
    })
    return unlessAborted(job.result, asked.signal).finally(stop)
  }

  /** Somebody who waits for it already is in more of a hurry now. */
  raise(identity: string, priority: Priority): void {
    const job = this.find(identity)
    if (job) this.queue.raise(job.turn, priority)
  }

  private find(identity: string): Job<T> | undefined {
    return this.jobs.find(({ turn }) => turn.identity === identity)
  }

  private start({ identity, priority, keep }: Asked, start: Start<T>): Job<T> {
    const abort = new AbortController()
    const turn: Turn = { identity, priority }
    const job: Job<T> = { turn, result: start(abort.signal, turn), waiting: 0, abort }
    this.jobs = [...this.jobs, job]
    // Not by the job: its signal outlives it in Node.js, and would keep the answer with it.
    const forget = () => {
      this.jobs = this.jobs.filter(other => other.abort !== abort)
    }
    onAbort(abort.signal, forget)
    const over = () => (keep ? this.clock.sleep(REPEAT_PAUSE, abort.signal) : undefined)
    job.result.then(over).then(forget, forget)
    return job
  }
}
