/** Watches the turns of the event loop until it is asked: how many there were, and the most milliseconds between two. */
export function watchTurns(): () => { count: number; longest: number } {
  let count = 0
  let longest = 0
  let last = performance.now()
  let watching = true
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    count += 1
    if (watching) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    watching = false
    return { count, longest }
  }
}
