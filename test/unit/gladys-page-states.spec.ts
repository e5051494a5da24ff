import { PageStates } from '../../lib/gladys/page-states'
import type { State } from '../../lib/gladys/states'

const START = Date.UTC(1990, 0, 1)

const stateOf = (number: number, changes: Partial<State> = {}): State => {
  const feature = `mqtt:feature-${number % 7}`
  const date = START + number * 1_000
  const topics = { liveTopic: `${feature}/live`, historicalTopic: `${feature}/historical` }
  return { feature, date, value: number / 100, ...topics, liveUntil: date, ...changes }
}
const some = (count: number): State[] => Array.from({ length: count }, (_, index) => stateOf(index))

describe('states of a page of history', () => {
  it('gives back what was added, in order, however much that is', () => {
    const all = some(3_000)
    const page = new PageStates()
    for (let from = 0; from < all.length; from += 1_300) page.add(all.slice(from, from + 1_300))
    page.length.should.equal(3_000)
    page.slice(0, 3_000).should.eql(all)
    page.slice(1_298, 1_302).should.eql(all.slice(1_298, 1_302))
    page.slice(2_990, 3_010).should.eql(all.slice(2_990))
  })

  it('keeps values and dates exactly', () => {
    const values = [0, 'two words', -0.1, '', 82.05, 'two words', 1e21, 5e-324, Number.MAX_SAFE_INTEGER]
    const all = values.map((value, index) => stateOf(index, { value }))
    new PageStates()
      .add(all)
      .slice(0, all.length)
      .map(({ value }) => value)
      .should.eql(values)
  })

  it('takes everything for history', () => {
    const [state] = new PageStates().add([stateOf(1, { liveUntil: Number.MAX_SAFE_INTEGER })]).slice(0, 1)
    state!.liveUntil.should.equal(state!.date)
  })

  it('has the same fingerprint for the same states only, however they were added', () => {
    const of = (states: readonly State[]) => new PageStates().add(states).fingerprint
    const all = some(600)
    const fingerprint = of(all)
    fingerprint.should.match(/^[0-9a-f]{16}$/)
    new PageStates().add(all.slice(0, 10)).add(all.slice(10)).fingerprint.should.equal(fingerprint)
    const [first, ...rest] = all as [State, ...State[]]
    const others = [
      rest,
      [...rest, first],
      [{ ...first, value: 1 }, ...rest],
      [{ ...first, date: 1 }, ...rest],
      [{ ...first, value: '0' }, ...rest],
      [{ ...first, feature: 'mqtt:other' }, ...rest]
    ]
    for (const other of others) of(other).should.not.equal(fingerprint)
  })
})
