import type { Clock } from '../clock'
import type { Night } from './night'
import { chaseAfter, chaseTried, dueNow, nextChase, type Unscored } from './score-chase'

interface WatchParts {
  /** Where it is kept what waits for a score. */
  shelf: { get(): readonly Unscored[] | undefined; set(waiting: Unscored[]): Promise<void> }
  /** Called with what is to be fetched again; false: it cannot be done just now. */
  wake: (due: Unscored[]) => boolean
  clock: Clock
}

/** After a start, Node-RED is not ready at once. */
const FIRST_PAUSE = 2_000
/** Whoever was woken may have been busy. */
const REPEAT = 60_000

/** Wakes whenever a night that had no score is to be fetched again, also one from before a restart. */
export class ScoreWatch {
  private waking = new AbortController()
  private closed = false

  constructor(private readonly parts: WatchParts) {
    this.plan()
  }

  /** After nights were told. */
  async told(nights: readonly Night[]): Promise<void> {
    await this.keep(chaseAfter(this.waiting, nights, this.parts.clock.now()))
  }

  close(): void {
    this.closed = true
    this.waking.abort()
  }

  private get waiting(): readonly Unscored[] {
    return this.parts.shelf.get() ?? []
  }

  private async keep(waiting: Unscored[]): Promise<void> {
    try {
      if (waiting.length > 0 || this.waiting.length > 0) await this.parts.shelf.set(waiting)
    } finally {
      if (!this.closed) this.plan()
    }
  }

  private plan(): void {
    this.waking.abort()
    this.waking = new AbortController()
    // Ends by being aborted, too.
    this.wait(this.waking.signal).catch(() => undefined)
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const { clock, wake } = this.parts
    const wait = nextChase(this.waiting, clock.now())
    if (wait === undefined) return
    await clock.sleep(Math.max(wait, FIRST_PAUSE), signal)
    while (!wake(this.due())) await clock.sleep(REPEAT, signal)
    // A try that fails counts as well: what fails once a minute for days helps nobody.
    await this.keep(chaseTried(this.waiting, this.due(), clock.now()))
  }

  private due(): Unscored[] {
    return dueNow(this.waiting, this.parts.clock.now())
  }
}
