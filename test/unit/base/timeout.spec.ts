import { getEventListeners } from 'node:events'
import { onAbort, unlessAborted, withTimeout } from '../../../lib/base/timeout'
import { FakeClock } from '../../support/fake-clock'

describe('a work with a time limit', () => {
  const late = new Error('late')
  const closed = new Error('closed')
  const never = () => new Promise<never>(() => undefined)
  let clock: FakeClock
  let closing: AbortController

  beforeEach(() => {
    clock = new FakeClock()
    closing = new AbortController()
  })
  const within = (work: (signal: AbortSignal) => Promise<string>) =>
    withTimeout({ clock, limit: 1000, late, signal: closing.signal }, work)

  it('gives its result, or its own failure', async () => {
    await within(() => Promise.resolve('done')).should.finally.equal('done')
    await within(() => Promise.reject(closed)).should.be.rejectedWith(closed)
  })

  it('is told to end when the time is over, and fails whether it does or not', async () => {
    let given: AbortSignal | undefined
    const result = within(signal => ((given = signal), never()))
    result.catch(() => undefined)
    await clock.advance(999)
    given!.aborted.should.be.false()
    await clock.advance(1)
    given!.aborted.should.be.true()
    await result.should.be.rejectedWith(late)
  })

  it('ends with the signal of whoever waits for it, also when that was aborted before', async () => {
    const result = within(never)
    closing.abort(closed)
    await result.should.be.rejectedWith(closed)
    await within(never).should.be.rejectedWith(closed)
    await unlessAborted(never(), closing.signal).should.be.rejectedWith(closed)
  })

  it('leaves nothing with a signal that lives on, and no timer', async () => {
    const { signal } = closing
    await within(() => Promise.resolve('done'))
    await within(() => Promise.reject(closed)).should.be.rejected()
    await unlessAborted(Promise.resolve(), signal)
    onAbort(signal, () => undefined)()
    const slept = clock.sleep(1, signal)
    await clock.advance(1)
    await slept
    getEventListeners(signal, 'abort').should.have.length(0)
    clock.asleep.should.equal(0)
  })
})
