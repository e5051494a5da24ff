import { channel } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { steadyClock, systemClock } from '../../lib/clock'
import { REPEAT_PAUSE } from '../../lib/withings/request-queue'

/** Milliseconds without a request on its way after which nothing but a pause is waited for. */
const QUIET = 8
/** Longer pauses are those of a node that has nothing to do. */
const LONGEST = 20_000

interface Sleeper {
  until: number
  awaited: boolean
  woken: AbortController
}

const steady = { ...steadyClock }
const system = { ...systemClock }

/**
 * The package's pauses between requests, over as soon as nothing else is waited for: their time is skipped, in its
 * order, and all clocks are ahead by it. Servers of this process are seen at work, so no answer is overtaken.
 */
class SkippedPauses {
  private sleepers: Sleeper[] = []
  private ahead = 0
  private onTheirWay = 0
  private skipping = true
  private timer: NodeJS.Timeout | undefined
  private readonly requests = channel('http.server.request.start')

  begin(): void {
    // The steady clock is never set back; that of the machine is right again in each test.
    const before = this.ahead
    steadyClock.now = () => this.now()
    systemClock.now = () => system.now() + this.ahead - before
    // That of the steady clock is this one too.
    systemClock.sleep = (ms, signal) => this.sleep(ms, signal)
    this.requests.subscribe(this.onRequest)
  }

  end(): void {
    this.requests.unsubscribe(this.onRequest)
    clearTimeout(this.timer)
    Object.assign(systemClock, system)
  }

  /** Pauses that begin meanwhile last as long as they do. */
  async keepPauses(work: () => Promise<void>): Promise<void> {
    this.skipping = false
    await work()
    this.skipping = true
  }

  private now(): number {
    return steady.now() + this.ahead
  }

  private async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const woken = new AbortController()
    // An answer that is kept for so long holds nobody up: it goes when its time has come.
    const awaited = this.skipping && ms !== REPEAT_PAUSE && ms <= LONGEST
    const sleeper = { until: this.now() + ms, awaited, woken }
    this.sleepers.push(sleeper)
    if (awaited) this.skipSoon()
    try {
      await system.sleep(ms, signal ? AbortSignal.any([woken.signal, signal]) : woken.signal)
    } catch (error) {
      if (!woken.signal.aborted) throw error
    } finally {
      this.sleepers = this.sleepers.filter(other => other !== sleeper)
    }
  }

  private readonly onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse }
    // What Node-RED serves may itself wait for a pause.
    if (request.url?.startsWith('/withings/')) return
    this.onTheirWay += 1
    response.once('close', () => {
      this.onTheirWay -= 1
      this.skipSoon()
    })
  }

  private skipSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.skip(), QUIET)
  }

  private skip(): void {
    const awaited = this.sleepers.filter(sleeper => sleeper.awaited).map(({ until }) => until)
    if (this.onTheirWay > 0 || awaited.length === 0) return
    this.ahead += Math.max(0, Math.min(...awaited) - this.now())
    for (const { until, woken } of this.sleepers) if (until <= this.now()) woken.abort()
    this.skipSoon()
  }
}

export const skippedPauses = new SkippedPauses()
