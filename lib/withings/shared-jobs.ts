import type { Clock } from '../clock'
import { REPEAT_PAUSE } from './request-queue'

interface Job<T> {
  identity: string
  result: Promise<T>
  waiting: number
  abort: AbortController
}

/**
 * Gives everybody who asks for the same thing at the same time, or within 10 s of the answer, the one answer:
 * Withings refuses an identical request so soon (withings-api.md §3). A failure is not kept.
 */
export class SharedJobs<T> {
  // A list, not a Map: of one that gets and loses everything once, V8 keeps the old tables, and so the answers of a whole
  // history that were in them (docs/decisions/0009-history-import.md).
  private jobs: readonly Job<T>[] = []

  constructor(private readonly clock: Clock) {}

  /**
   * The job goes on for the others when one of them gives up; it is aborted when nobody waits any more. With `keep`
   * false its answer is not kept: whoever asks soon after waits for an answer of their own.
   */
  run(
    identity: string,
    start: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    keep = true
  ): Promise<T> {
    const job = this.jobs.find(known => known.identity === identity) ?? this.start(identity, start, keep)
    job.waiting += 1
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        job.waiting -= 1
        if (job.waiting === 0) job.abort.abort(signal?.reason)
        reject(signal?.reason as Error)
      }
      if (signal?.aborted) return giveUp()
      signal?.addEventListener('abort', giveUp, { once: true })
      const settled = () => signal?.removeEventListener('abort', giveUp)
      job.result.then(
        value => {
          settled()
          resolve(value)
        },
        (error: unknown) => {
          settled()
          reject(error)
        }
      )
    })
  }

  private start(identity: string, start: (signal: AbortSignal) => Promise<T>, keep: boolean): Job<T> {
    const abort = new AbortController()
    const job: Job<T> = { identity, result: start(abort.signal), waiting: 0, abort }
    this.jobs = [...this.jobs, job]
    const forget = () => {
      this.jobs = this.jobs.filter(other => other !== job)
    }
    abort.signal.addEventListener('abort', forget, { once: true })
    const over = () => (keep ? this.clock.sleep(REPEAT_PAUSE, abort.signal) : undefined)
    job.result.then(over).then(forget, forget)
    return job
  }
}
