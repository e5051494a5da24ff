import { sortedInSlices } from '../../../lib/base/slices'
import { Random } from '../../simulator/random'

describe('a list that is sorted in slices', () => {
  it('is in the order that sort gives, equal ones as they came', async () => {
    const random = new Random(1, 'sorting')
    for (const length of [0, 1, 999, 1_000, 1_001, 7_777]) {
      const list = Array.from({ length }, (_, index) => ({ index, key: random.integer(0, 500) }))
      const compare = (a: { key: number }, b: { key: number }) => a.key - b.key
      ;(await sortedInSlices(list, compare)).should.eql([...list].sort(compare))
    }
  })
})
