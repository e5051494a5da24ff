/**
 * Calls `run` with the reason when `signal` aborts, at once if it has; returns how to stop listening. Not
 * `AbortSignal.any`: what that makes of a signal that lives long stays in memory (docs/decisions/0003-one-queue-per-client.md).
 */
export function onAbort(signal: AbortSignal | undefined, run: (reason: Error) => void): () => void {
  if (!signal) return () => undefined
  const listener = () => run(signal.reason as Error)
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** `result`, unless `signal` aborts first: then rejects with its reason. */
export function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, reject)
    void result.then(resolve, reject).finally(stop)
  })
}

/**
 * What `work` resolves to, unless it takes longer than `limit` milliseconds or `signal` aborts: then the signal of the
 * work is aborted, and the result rejects with `late` or with the reason of the abort.
 */
export async function withTimeout<T>(
  { clock, limit, late, signal }: TimeoutOptions,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const over = new AbortController()
  const unfollow = onAbort(signal, reason => over.abort(reason))
  const cancel = clock.after(Math.max(0, limit), () => over.abort(late))
  try {
    return await unlessAborted(work(over.signal), over.signal)
  } finally {
    cancel()
    unfollow()
  }
}

interface TimeoutOptions {
  clock: { after(ms: number, run: () => void): () => void }
  limit: number
  late: Error
  signal?: AbortSignal
}
