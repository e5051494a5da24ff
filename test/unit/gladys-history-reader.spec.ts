import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { CodedError } from '../../lib/errors'
import { readHistoryPage, type CallUnread, type PageOrder } from '../../lib/gladys/history-page'
import { HistoryReader, startHistoryThread } from '../../lib/gladys/history-reader'
import { METRIC_WISH } from '../support/metric-wish'

const ORDER: PageOrder = {
  ...{ userId: '12', from: 1, until: 2_000_000_000, wish: METRIC_WISH },
  ...{ chapter: 'measures', offset: 0, deviceId: null, addressing: 'own' },
  now: Date.UTC(2026, 10, 22, 7)
}
const bytesOf = (body: object): Uint8Array => Buffer.from(JSON.stringify({ status: 0, body }))
const weights = (...kilograms: number[]): Uint8Array =>
  bytesOf({
    measuregrps: kilograms.map((value, index) => ({
      ...{ grpid: index, attrib: 0, category: 1, deviceid: 'scale', date: 1_600_000_000 + index },
      measures: [{ type: 1, value, unit: 0 }]
    }))
  })

describe('reader of histories', () => {
  const { signal } = new AbortController()
  let threads: Worker[]
  let endIdle: (() => void) | undefined
  let reader: HistoryReader

  const clock = {
    now: () => 0,
    after: (_: number, run: () => void) => {
      endIdle = run
      return () => (endIdle = undefined)
    }
  }
  const start = (): Worker => {
    const thread = startHistoryThread()
    threads.push(thread)
    return thread
  }
  beforeEach(() => {
    threads = []
    endIdle = undefined
    reader = new HistoryReader(clock, start)
  })
  afterEach(() => Promise.all(threads.map(thread => thread.terminate())))

  /** Answers one call after the other with these, and counts them. */
  const answers = (...bodies: Uint8Array[]) => {
    const answering = { calls: 0, call: () => Promise.resolve(bodies[answering.calls++] as Uint8Array) }
    return answering
  }
  const valuesIn = async (callUnread: CallUnread): Promise<number[]> => {
    const { states } = await reader.read(ORDER, callUnread, signal)
    return [...states.cells].filter((_, index) => index % 3 === 2)
  }

  it('reads in another thread what would be read here, each page in the same one', async () => {
    const here = await readHistoryPage(ORDER, answers(weights(80, 81)).call)
    const there = await reader.read(ORDER, answers(weights(80, 81)).call, signal)
    there.should.eql(here)
    await valuesIn(answers(weights(82)).call).should.finally.eql([82])
    threads.length.should.equal(1)
  })

  it('makes all calls that a page needs', async () => {
    const year = { from: Date.UTC(2026, 2, 1) / 1000, until: Date.UTC(2026, 3, 1) / 1000 }
    const { call } = answers(bytesOf({ series: [], more: true, offset: 1 }), bytesOf({ series: [] }))
    const asked: string[] = []
    await reader.read(
      { ...ORDER, ...year, chapter: 'nights' },
      ({ params }) => (asked.push(params.offset ?? '0'), call()),
      signal
    )
    asked.should.eql(['0', '1'])
  })

  it('fails with what the call failed with, and goes on', async () => {
    const failure = new CodedError('WITHINGS_REFUSED', 'refused', { status: 503 })
    await valuesIn(() => Promise.reject(failure)).should.be.rejectedWith(failure)
    await valuesIn(answers(weights(80)).call).should.finally.eql([80])
    threads.length.should.equal(1)
  })

  it('tells what is wrong with an answer', async () => {
    const half = Buffer.from('{"status":0,"body":{"measuregrps":[')
    const failing = valuesIn(answers(half).call)
    await failing.should.be.rejectedWith({
      code: 'WITHINGS_UNAVAILABLE',
      details: { detail: 'not JSON, HTTP 200' }
    })
    await failing.should.be.rejectedWith(CodedError)
  })

  it('reads several pages at once', async () => {
    const waiting: ((bytes: Uint8Array) => void)[] = []
    let pages: Promise<number[]>[] = []
    await new Promise<void>(allAsked => {
      const asking = (resolve: (bytes: Uint8Array) => void) => {
        if (waiting.push(resolve) === 3) allAsked()
      }
      pages = [1, 2, 3].map(() => valuesIn(() => new Promise(asking)))
    })
    waiting.reverse().forEach((resolve, index) => resolve(weights(index)))
    await Promise.all(pages).should.finally.eql([[2], [1], [0]])
    threads.length.should.equal(1)
  })

  it('gives up at once when it is interrupted', async () => {
    const interruption = new AbortController()
    const reason = new Error('paused')
    const interrupted: CallUnread = () => {
      interruption.abort(reason)
      return new Promise(() => undefined)
    }
    await reader.read(ORDER, interrupted, interruption.signal).should.be.rejectedWith(reason)
    await reader.read(ORDER, answers().call, interruption.signal).should.be.rejectedWith(reason)
    await valuesIn(answers(weights(80)).call).should.finally.eql([80])
  })

  it('reads here a page that is too large for the thread', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => index)
    const large = answers(weights(...many), weights(...many))
    await valuesIn(large.call).should.finally.eql(many)
    large.calls.should.equal(2)
    await valuesIn(answers(weights(80)).call).should.finally.eql([80])
    threads.length.should.equal(1)
  })

  it('reads here when there can be no thread', async () => {
    const alone = new HistoryReader(clock, () => {
      throw new Error('access denied')
    })
    const { states } = await alone.read(ORDER, answers(weights(80)).call, signal)
    states.cells.length.should.equal(3)
  })

  it('reads here when the thread ends in the middle, and the next page in a new one', async () => {
    const twice = answers(weights(80), weights(80))
    const dying: CallUnread = async () => {
      if (twice.calls === 0) await threads[0]!.terminate()
      return twice.call()
    }
    await valuesIn(dying).should.finally.eql([80])
    twice.calls.should.equal(2)
    await valuesIn(answers(weights(81)).call).should.finally.eql([81])
    threads.length.should.equal(2)
  })

  it('ends the thread when there was nothing to read for a while, and starts another one', async () => {
    await valuesIn(answers(weights(80)).call)
    const [first] = threads as [Worker]
    const ended = once(first, 'exit')
    const reading = valuesIn(() => {
      String(endIdle).should.equal('undefined')
      return Promise.resolve(weights(81))
    })
    await reading.should.finally.eql([81])
    endIdle!()
    await ended
    await valuesIn(answers(weights(82)).call).should.finally.eql([82])
    threads.length.should.equal(2)
  })
})
