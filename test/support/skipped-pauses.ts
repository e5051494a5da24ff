import { channel } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { Clock, steadyClock, systemClock } from '../../lib/base/clock'
import { TIME_LIMIT } from '../../lib/base/http'
import { REPEAT_PAUSE } from '../../lib/withings/api/request-queue'

/** Turns of the event loop without a request on its way after which nothing but a pause is waited for. */
const QUIET_TURNS = 300
/** What takes longer is a limit, or the pause of a node that has nothing to do. */
const LONGEST = 17_000
/** Nobody waits for these: an answer is kept for so long, and the other is a limit. */
const NOT_AWAITED: readonly number[] = [REPEAT_PAUSE, TIME_LIMIT]

interface Timer {
  at: number
  awaited: boolean
  run: () => void
}

const realNow = {
  steady: steadyClock.now.bind(steadyClock),
  system: systemClock.now.bind(systemClock)
}
const realAfter = steadyClock.after.bind(steadyClock)
const realSleep = systemClock.sleep.bind(systemClock)

/**
 * The package's pauses between requests, over as soon as nothing else is waited for: their time is skipped, in its
 * order, and all clocks are ahead by it. Requests are seen from their start to their end, so no answer is overtaken.
 */
class SkippedPauses extends Clock {
  private timers: Timer[] = []
  private ahead = 0
  private onTheirWay = 0
  private skipping = true
  private turnsLeft = 0
  private turn: NodeJS.Immediate | undefined
  private readonly requests = channel('http.client.request.start')

  begin(): void {
    // The steady clock is never set back; that of the machine is right again in each test.
    const before = this.ahead
    steadyClock.now = () => this.now()
    steadyClock.after = (ms, run) => this.after(ms, run)
    systemClock.now = () => realNow.system() + this.ahead - before
    // What it does after a time has to do with brokers, which are not seen at work.
    systemClock.sleep = (ms, signal) => this.sleep(ms, signal)
    this.requests.subscribe(this.onRequest)
  }

  end(): void {
    this.requests.unsubscribe(this.onRequest)
    clearImmediate(this.turn)
    this.turn = undefined
    steadyClock.after = realAfter
    Object.assign(systemClock, { now: realNow.system, sleep: realSleep })
  }

  /** Pauses that begin meanwhile last as long as they do. */
  async keepPauses(work: () => Promise<void>): Promise<void> {
    this.skipping = false
    await work()
    this.skipping = true
  }

  now(): number {
    return realNow.steady() + this.ahead
  }

  after(ms: number, run: () => void): () => void {
    const awaited = this.skipping && ms <= LONGEST && !NOT_AWAITED.includes(ms)
    const timer = {
      at: this.now() + ms,
      awaited,
      run: () => {
        cancel()
        run()
      }
    }
    const cancelReal = realAfter(ms, () => timer.run())
    const cancel = () => {
      cancelReal()
      this.timers = this.timers.filter(other => other !== timer)
    }
    this.timers.push(timer)
    if (awaited) this.skipSoon()
    return cancel
  }

  private readonly onRequest = (message: unknown) => {
    const { request } = message as { request: ClientRequest }
    // What Node-RED serves may itself wait for a pause.
    if (request.path.startsWith('/withings/')) return
    this.onTheirWay += 1
    request.once('close', () => {
      this.onTheirWay -= 1
      this.skipSoon()
    })
  }

  private skipSoon(): void {
    this.turnsLeft = QUIET_TURNS
    this.turn ??= setImmediate(() => this.look())
  }

  private look(): void {
    this.turn = undefined
    if (this.onTheirWay > 0) return
    this.turnsLeft -= 1
    if (this.turnsLeft > 0) this.turn = setImmediate(() => this.look())
    else this.advance()
  }

  private advance(): void {
    const awaited = this.timers.filter(timer => timer.awaited).map(({ at }) => at)
    if (this.onTheirWay > 0 || awaited.length === 0) return
    this.ahead += Math.max(0, Math.min(...awaited) - this.now())
    const over = this.timers.filter(({ at }) => at <= this.now()).sort((a, b) => a.at - b.at)
    // One may cancel another.
    for (const timer of over) if (this.timers.includes(timer)) timer.run()
    this.skipSoon()
  }
}

export const skippedPauses = new SkippedPauses()
