import { prepareInPortions } from '../../lib/gladys/import-portions'
import type { Item } from '../../lib/gladys/input'
import type { Reading } from '../../lib/withings/reading'

const readingOf = (number: number, changes: Partial<Reading> = {}): Reading => ({
  type: number % 2 === 0 ? 'weight' : 'fat_ratio',
  value: number,
  unit: 'kg',
  date: new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString(),
  userId: '12',
  deviceId: 'scale',
  model: 'Body',
  source: 'device',
  groupId: String(number),
  modified: '2026-01-01T00:00:00.000Z',
  ...changes
})
const stateOf = (item: Item) => {
  const { type, value, date } = item as Extract<Item, { kind: 'reading' }>
  return {
    feature: type,
    date,
    value: Number(value),
    liveTopic: '',
    historicalTopic: '',
    liveUntil: date
  }
}

describe('preparing a page of history in portions', () => {
  let portions: number[]
  let introduced: string[]
  let left: number[]
  const prepare = (readings: Iterable<Reading>) =>
    prepareInPortions(
      readings,
      (items, fresh) => {
        portions.push(items.length)
        for (const item of fresh) introduced.push(stateOf(item).feature)
        return Promise.resolve(items.map(stateOf))
      },
      count => left.push(count)
    )

  beforeEach(() => {
    portions = []
    introduced = []
    left = []
  })

  it('takes each reading once, in order, and none of the next portion ahead', async () => {
    let taken = 0
    function* readings() {
      for (let number = 0; number < 250; number += 1) {
        taken.should.be.belowOrEqual(100 * (portions.length + 1))
        taken += 1
        yield readingOf(number)
      }
    }
    const states = await prepare(readings())
    portions.should.eql([100, 100, 50])
    states
      .slice(0, states.length)
      .map(({ value }) => value)
      .should.eql(Array.from({ length: 250 }, (_, number) => number))
    left.should.eql([])
  })

  it('introduces a feature once, and again with another unit or model', async () => {
    const plain = Array.from({ length: 300 }, (_, number) => readingOf(number))
    await prepare([...plain, readingOf(0, { unit: 'lb' }), readingOf(0, { model: 'Body+' })])
    introduced.should.eql(['weight', 'fat_ratio', 'weight', 'weight'])
  })

  it('leaves out what cannot be an item, and says so', async () => {
    const states = await prepare([readingOf(0), readingOf(1, { date: '2150-01-01T00:00:00.000Z' })])
    states.length.should.equal(1)
    left.should.eql([1])
  })
})
