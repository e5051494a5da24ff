import { MessageChannel, Worker } from 'node:worker_threads'
import { CodedError, type ErrorCode, type ErrorDetails } from '../errors'
import type { ApiRequest } from '../withings/client'
import type { Clock } from './clock'
import {
  readHistoryPage,
  type CallUnread,
  type PageContent,
  type PageOrder,
  type ReadPage
} from './history-page'

/** What the thread tells of an order. */
export type Told =
  | { kind: 'call'; request: ApiRequest }
  | { kind: 'page'; page: PageContent }
  | { kind: 'failed'; code: ErrorCode; message: string; details: ErrorDetails }

/** Megabytes: V8 collects the sooner the less it may take. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 3 }
/**
 * Bytes of answers that a page may have: those of 4,000 weighings, and as objects less than 64 MB whatever they are. A
 * thread that needs more than its limit can end the whole process of Node.js 20.
 */
const MOST_BYTES = 2_000_000
/** Longer than the states of a page take at 100 a second, those of a year of nights too. */
const IDLE_LIMIT = 120_000

export function startHistoryThread(): Worker {
  return new Worker(require.resolve('./history-thread'), { resourceLimits: LIMITS })
}

/** Why a page has to be read in this thread. */
class NotInThread extends Error {}

/**
 * Reads pages of histories in a thread of its own, so that a history neither delays this one nor leaves its garbage
 * here (docs/decisions/0012-history-thread.md). The thread is started for the first page, ends when it had nothing to do for a
 * while, and does not keep the process alive. A page that is too large for it, or for which no thread can be had, is read here.
 */
export class HistoryReader {
  private thread: Worker | undefined
  private reading = 0
  private stopWaiting: (() => void) | undefined

  constructor(
    private readonly clock: Clock,
    private readonly startThread = startHistoryThread
  ) {}

  readonly read: ReadPage = async (order, callUnread, signal) => {
    this.stopWaiting?.()
    this.reading += 1
    try {
      return await inThread(this.running(), order, callUnread, signal)
    } catch (error) {
      if (!(error instanceof NotInThread)) throw error
      return await readHistoryPage(order, callUnread)
    } finally {
      this.reading -= 1
      if (this.reading === 0) this.stopWaiting = this.clock.after(IDLE_LIMIT, () => this.stop())
    }
  }

  private running(): Worker {
    if (this.thread !== undefined) return this.thread
    let thread: Worker
    try {
      thread = this.startThread()
    } catch (error) {
      throw new NotInThread('no thread can be had', { cause: error })
    }
    // Whoever waits for a page hears of it themselves.
    thread.on('error', () => undefined)
    thread.once('exit', () => {
      if (this.thread === thread) this.thread = undefined
    })
    thread.unref()
    this.thread = thread
    return thread
  }

  private stop(): void {
    void this.thread?.terminate()
    this.thread = undefined
  }
}

function inThread(
  thread: Worker,
  order: PageOrder,
  callUnread: CallUnread,
  signal: AbortSignal
): Promise<PageContent> {
  if (signal.aborted) return Promise.reject(signal.reason as Error)
  const { port1: port, port2: theirs } = new MessageChannel()
  const { promise, resolve, reject } = deferred<PageContent>()
  const onAbort = () => reject(signal.reason as Error)
  const onExit = () => reject(new NotInThread('the thread has ended'))
  let received = 0
  const take = (bytes: Uint8Array) => {
    received += bytes.byteLength
    if (received > MOST_BYTES) reject(new NotInThread('the page is too large'))
    else port.postMessage(bytes)
  }
  const handle = (told: Told) => {
    switch (told.kind) {
      case 'call':
        return callUnread(told.request).then(take, reject)
      case 'page':
        return resolve(told.page)
      case 'failed':
        return reject(new CodedError(told.code, told.message, told.details))
    }
  }
  port.on('message', (told: Told) => void handle(told))
  port.unref()
  signal.addEventListener('abort', onAbort, { once: true })
  thread.once('exit', onExit)
  thread.postMessage({ order, port: theirs }, [theirs])
  return promise.finally(() => {
    port.close()
    signal.removeEventListener('abort', onAbort)
    thread.off('exit', onExit)
  })
}

function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((onValue, onReason) => {
    resolve = onValue
    reject = onReason
  })
  return { promise, resolve, reject }
}
