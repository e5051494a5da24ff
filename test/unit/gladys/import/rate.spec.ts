import { ImportRate } from '../../../../lib/gladys/import/rate'

const year = 365 * 86_400_000

describe('the speed of an import', () => {
  for (const leap of [10 * year, -10 * year])
    it(`stays known when the clock is set by ${leap / year} years`, () => {
      const rate = new ImportRate()
      let now = Date.UTC(2026, 10, 22)
      const run = (): void => {
        for (let second = 0; second < 20; second++) rate.advanced(100, (now += 1000))
      }
      run()
      now += leap
      run()
      rate.perSecond.should.be.approximately(100, 10)
      rate.advanced(100, (now += 1000))
      now -= leap
      rate.advanced(50, now)
      rate.perSecond.should.be.approximately(100, 10)
      for (let second = 0; second < 60; second++) rate.advanced(50, (now += 1000))
      rate.perSecond.should.be.approximately(50, 5)
      rate.secondsFor(500)!.should.be.approximately(10, 1)
    })
})
