import type { Clock } from '../clock'

/**
 * What `work` gives, unless it takes longer than `ms` or `signal` aborts: then its own signal is aborted and the
 * result is `late`, or the reason of the abort.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  late: Error,
  work: (signal: AbortSignal) => Promise<T>,
  signal?: AbortSignal
): Promise<T> {
  const limit = new AbortController()
  const timer = new AbortController()
  const follow = () => limit.abort(signal?.reason)
  if (signal?.aborted) follow()
  signal?.addEventListener('abort', follow, { once: true })
  clock.sleep(Math.max(0, ms), timer.signal).then(
    () => limit.abort(late),
    () => undefined
  )
  const ended = new Promise<never>((_resolve, reject) => {
    const end = () => reject(limit.signal.reason as Error)
    if (limit.signal.aborted) end()
    else limit.signal.addEventListener('abort', end, { once: true })
  })
  try {
    return await Promise.race([ended, work(limit.signal)])
  } finally {
    timer.abort(new Error('over'))
    signal?.removeEventListener('abort', follow)
  }
}
