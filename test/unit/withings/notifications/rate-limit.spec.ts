import { RateLimit } from '../../../../lib/withings/notifications/receiver'
import { FakeClock } from '../../../support/fake-clock'

describe('a flood of notifications', () => {
  let clock: FakeClock
  let released: [category: number, since: number][]
  let flood: RateLimit

  beforeEach(() => {
    clock = new FakeClock()
    released = []
    flood = new RateLimit(clock, (...release) => released.push(release))
  })
  const pass = (count: number, category = 1): number =>
    Array.from({ length: count }, () => flood.passes(category)).filter(Boolean).length

  it('passes in part, and the rest as one at the end of the minute', async () => {
    pass(121).should.equal(120)
    await clock.advance(10_000)
    pass(2_000).should.equal(0)
    await clock.advance(49_000)
    released.should.eql([])
    const began = clock.now() - 59_000
    await clock.advance(2_000)
    released.should.eql([[1, began]])
    pass(1).should.equal(1)
  })

  it('is over when the clock is set back, not hours later', async () => {
    pass(121).should.equal(120)
    await clock.advance(-3 * 3_600_000)
    pass(121).should.equal(120)
  })

  it('of one category does not hold up another', () => {
    pass(500).should.equal(120)
    pass(1, 44).should.equal(1)
  })
})
