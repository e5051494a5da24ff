/** A growing list that can be waited for: the tests' alternative to sleeping. */
export class Collected<T> {
  readonly items: T[] = []
  private readonly checks = new Set<() => void>()
  private readonly listeners = new Set<(item: T) => void>()

  push(item: T): void {
    this.items.push(item)
    for (const listener of this.listeners) listener(item)
    for (const check of this.checks) check()
  }

  listen(listener: (item: T) => void): void {
    this.listeners.add(listener)
  }

  /** Resolves with the first result of `find` that is neither undefined nor false. */
  until<R>(find: (items: T[]) => R | undefined | false, what: string, within = 15_000): Promise<R> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        this.checks.delete(check)
      }
      const check = () => {
        const found = find(this.items)
        if (found === undefined || found === false) return
        stop()
        resolve(found)
      }
      const timer = setTimeout(() => {
        stop()
        const tail = this.items.slice(-5).map(item => JSON.stringify(item).slice(0, 300))
        reject(new Error(`${what} did not come; last of ${this.items.length}:\n${tail.join('\n')}`))
      }, within)
      this.checks.add(check)
      check()
    })
  }

  count(wanted: number, what: string, within?: number): Promise<T[]> {
    return this.until(items => items.length >= wanted && items.slice(0, wanted), what, within)
  }
}
