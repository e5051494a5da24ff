/** Time as this folder sees it, so that tests can turn the hands. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs something once after so many milliseconds; call the result to forget about it. */
  after(milliseconds: number, run: () => void): () => void
}

/** The clock on the wall. Its timers do not keep the process alive. */
export const wallClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref()
    return () => clearTimeout(timer)
  }
}
