import { ImportPages } from '../../lib/gladys/import-pages'
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

describe('the pages of an import', () => {
  let portions: number[]
  let introduced: string[]
  let left: number[]
  let refuse: Error | undefined
  let pages: ImportPages

  beforeEach(() => {
    portions = []
    introduced = []
    left = []
    refuse = undefined
    pages = new ImportPages({
      prepare: (items, fresh) => {
        portions.push(items.length)
        for (const item of fresh) introduced.push(stateOf(item).feature)
        return refuse ? Promise.reject(refuse) : Promise.resolve(items.map(stateOf))
      },
      leftOut: count => left.push(count)
    })
  })

  it('take each reading once, in order, and none of the next portion ahead', async () => {
    let taken = 0
    function* readings() {
      for (let number = 0; number < 60; number += 1) {
        taken.should.be.belowOrEqual(25 * (portions.length + 1))
        taken += 1
        yield readingOf(number)
      }
    }
    const states = await pages.statesOf(readings())
    portions.should.eql([25, 25, 10])
    states
      .slice(0, states.length)
      .map(({ value }) => value)
      .should.eql(Array.from({ length: 60 }, (_, number) => number))
    left.should.eql([])
  })

  it('let other work have its turn between portions', async () => {
    const turns: number[] = []
    let running = true
    const count = () => {
      turns.push(portions.length)
      if (running) setImmediate(count)
    }
    setImmediate(count)
    await pages.statesOf(Array.from({ length: 100 }, (_, number) => readingOf(number)))
    running = false
    turns.should.containDeep([0, 1, 2, 3, 4])
  })

  it('introduce a feature once, and again with another unit or model', async () => {
    const plain = Array.from({ length: 300 }, (_, number) => readingOf(number))
    await pages.statesOf([...plain, readingOf(0, { unit: 'lb' }), readingOf(0, { model: 'Body+' })])
    introduced.should.eql(['weight', 'fat_ratio', 'weight', 'weight'])
    await pages.statesOf(plain)
    introduced.should.have.length(4)
  })

  it('introduce all again once that has failed', async () => {
    await pages.statesOf([readingOf(0)])
    refuse = new Error('no room')
    await pages.statesOf([readingOf(1)]).should.be.rejectedWith(refuse)
    refuse = undefined
    introduced = []
    await pages.statesOf([readingOf(0), readingOf(1)])
    introduced.should.eql(['weight', 'fat_ratio'])
  })

  it('hold nothing of the page before', async () => {
    await pages.statesOf(Array.from({ length: 100 }, (_, number) => readingOf(number)))
    const states = await pages.statesOf([readingOf(1)])
    const { fingerprint } = states
    states.slice(0, 10).should.match([{ feature: 'fat_ratio', value: 1 }])
    const fresh = new ImportPages({
      prepare: items => Promise.resolve(items.map(stateOf)),
      leftOut: () => {}
    })
    fingerprint.should.equal((await fresh.statesOf([readingOf(1)])).fingerprint)
  })

  it('leave out what cannot be an item, and say so', async () => {
    const states = await pages.statesOf([readingOf(0), readingOf(1, { date: '2150-01-01T00:00:00.000Z' })])
    states.length.should.equal(1)
    left.should.eql([1])
  })
})
