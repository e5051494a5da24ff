import type { Clock } from '../../base/clock'
import { onAbort, unlessAborted } from '../../base/timeout'
import { type Priority, REPEAT_PAUSE, type RequestQueue, type Turn } from './request-queue'

interface JobRequest {
  /** Equal requests are one job. */
  identity: string
  priority: Priority
  signal?: AbortSignal
  /** Whether the answer also serves those who ask soon after it came. */
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

  /** A job is as urgent as its most urgent caller; it is aborted only when all of them gave up. */
  run(request: JobRequest, start: Start<T>): Promise<T> {
    const { identity, priority, signal } = request
    const job = this.find(identity) ?? this.start(request, start)
    job.waiting += 1
    this.queue.raise(job.turn, priority)
    const stop = onAbort(signal, reason => {
      job.waiting -= 1
      if (job.waiting === 0) job.abort.abort(reason)
    })
    return unlessAborted(job.result, signal).finally(stop)
  }

  /** Raises the priority of a job that is already waited for. */
  raise(identity: string, priority: Priority): void {
    const job = this.find(identity)
    if (job) this.queue.raise(job.turn, priority)
  }

  private find(identity: string): Job<T> | undefined {
    return this.jobs.find(({ turn }) => turn.identity === identity)
  }

  private start({ identity, priority, keep }: JobRequest, start: Start<T>): Job<T> {
    const abort = new AbortController()
    const turn: Turn = { identity, priority }
    const job: Job<T> = { turn, result: start(abort.signal, turn), waiting: 0, abort }
    this.jobs = [...this.jobs, job]
    // Compares `abort`, not the job: the signal outlives the job in Node.js, and would keep its answer in memory.
    const forget = () => {
      this.jobs = this.jobs.filter(other => other.abort !== abort)
    }
    onAbort(abort.signal, forget)
    const over = () => (keep ? this.clock.sleep(REPEAT_PAUSE, abort.signal) : undefined)
    job.result.then(over).then(forget, forget)
    return job
  }
}
