import { setImmediate as nextTurn } from 'node:timers/promises'
import { Clock, systemClock } from '../../lib/base/clock'

interface Timer {
  at: number
  run: () => void
}

/** Time that passes only by `advance`. */
export class FakeClock extends Clock {
  private timers: Timer[] = []

  constructor(private time = Date.UTC(2026, 10, 22, 7)) {
    super()
  }

  now(): number {
    return this.time
  }

  /** How many timers run now, those of sleepers included. */
  get asleep(): number {
    return this.timers.length
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run }
    this.timers.push(timer)
    return () => (this.timers = this.timers.filter(other => other !== timer))
  }

  /** Wakes all who sleep no longer than `ms`, each at its time, and lets follow what follows. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms
    for (;;) {
      await settled()
      const next = this.timers.reduce<Timer | undefined>(
        (first, timer) => (timer.at <= target && (!first || timer.at < first.at) ? timer : first),
        undefined
      )
      if (!next) break
      this.timers = this.timers.filter(other => other !== next)
      this.time = Math.max(this.time, next.at)
      next.run()
    }
    this.time = target
    await settled()
  }
}

/** Time that a test sets; a timer rings when `step` passes its end. */
export class StepClock extends Clock {
  private timers: Timer[] = []

  constructor(public time: number) {
    super()
  }

  now(): number {
    return this.time
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run }
    this.timers.push(timer)
    return () => (this.timers = this.timers.filter(other => other !== timer))
  }

  /** Lets so much time pass once all that can happen before has happened. */
  async step(ms: number): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await settled()
    this.time += ms
    const due = this.timers.filter(({ at }) => at <= this.time)
    this.timers = this.timers.filter(({ at }) => at > this.time)
    for (const { run } of due) run()
    for (let turn = 0; turn < 10; turn++) await settled()
  }
}

class TestClock extends Clock {
  constructor(
    readonly time: () => number,
    readonly start: Clock['after']
  ) {
    super()
  }

  now(): number {
    return this.time()
  }

  after(ms: number, run: () => void): () => void {
    return this.start(ms, run)
  }
}

/** A clock of a test's own; its timers never ring unless `after` lets them. */
export function clockOf(now: () => number, after: Clock['after'] = () => () => undefined): Clock {
  return new TestClock(now, after)
}

/** The real time, but for its pauses of some seconds: they last some milliseconds. */
export const hurriedClock = clockOf(
  () => Date.now(),
  (ms, run) => systemClock.after(ms < 20_000 ? ms / 20 : ms, run)
)

/**
 * Lets all promises that can settle without time or network do so. In several turns: on a busy machine, long work gives
 * its turn away in the middle (lib/base/slices.ts).
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await nextTurn()
}
