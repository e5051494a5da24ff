import { setImmediate as nextTurn } from 'node:timers/promises'
import { Clock } from '../../lib/base/clock'

interface Timer {
  at: number
  run: () => void
}

/** Time that jumps to the next timer as soon as nothing is at work: nobody really waits, nobody is overtaken. */
export class IdleClock extends Clock {
  private timers: Timer[] = []
  private atWork = 0
  private watching = false

  constructor(private time = Date.UTC(2026, 10, 22, 7)) {
    super()
  }

  now(): number {
    return this.time
  }

  /** Time passes while nothing happens. */
  jump(ms: number): void {
    this.time += ms
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run }
    this.timers.push(timer)
    void this.watch()
    return () => (this.timers = this.timers.filter(other => other !== timer))
  }

  /** No time passes until this is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.atWork += 1
    try {
      return await work
    } finally {
      this.atWork -= 1
      void this.watch()
    }
  }

  private async watch(): Promise<void> {
    if (this.watching) return
    this.watching = true
    await nextTurn()
    while (this.atWork === 0 && this.timers.length > 0) {
      const next = this.timers.reduce((first, timer) => (timer.at < first.at ? timer : first))
      this.timers = this.timers.filter(other => other !== next)
      this.time = Math.max(this.time, next.at)
      next.run()
      await nextTurn()
    }
    this.watching = false
  }
}
