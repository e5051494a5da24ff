import { NO_STATES, packStates, PageStates } from '../../lib/gladys/page-states'
import type { State } from '../../lib/gladys/states'

const START = Date.UTC(1990, 0, 1)

const stateOf = (number: number, changes: Partial<State> = {}): State => {
  const feature = `mqtt:feature-${number % 7}`
  const date = START + number * 1_000
  const topics = { liveTopic: `${feature}/live`, historicalTopic: `${feature}/historical` }
  return { feature, date, value: number / 100, ...topics, liveUntil: date, ...changes }
}
const some = (count: number): State[] => Array.from({ length: count }, (_, index) => stateOf(index))

const pageOf = (states: readonly State[]): PageStates => new PageStates().take(packStates(states))

describe('states of a page of history', () => {
  it('gives back what it took, in order, however much that is', () => {
    const all = some(3_000)
    const page = pageOf(all)
    page.length.should.equal(3_000)
    page.slice(0, 3_000).should.eql(all)
    page.slice(1_298, 1_302).should.eql(all.slice(1_298, 1_302))
    page.slice(2_990, 3_010).should.eql(all.slice(2_990))
  })

  it('keeps values and dates exactly', () => {
    const values = [0, -0.1, 82.05, 1e21, 5e-324, Number.MAX_SAFE_INTEGER]
    const all = values.map((value, index) => stateOf(index, { value }))
    pageOf(all)
      .slice(0, all.length)
      .map(({ value }) => value)
      .should.eql(values)
  })

  it('has no words, which Gladys would show as the latest', () => {
    const all = some(10)
    pageOf([...all.slice(0, 5), stateOf(5, { value: 'two words' }), ...all.slice(5)])
      .slice(0, 20)
      .should.eql(all)
  })

  it('comes over from another thread as it was', () => {
    const packed = packStates(some(300))
    const page = new PageStates().take(structuredClone(packed, { transfer: [packed.cells.buffer] }))
    page.slice(0, page.length).should.eql(some(300))
  })

  it('holds nothing of the page before', () => {
    const page = pageOf(some(1_000))
    page.take(packStates([stateOf(3), stateOf(2)]))
    page.slice(0, 10).should.eql([stateOf(3), stateOf(2)])
    page.fingerprint.should.equal(pageOf([stateOf(3), stateOf(2)]).fingerprint)
    page.take(NO_STATES).slice(0, 10).should.eql([])
    page.length.should.equal(0)
  })

  it('takes everything for history', () => {
    const [state] = pageOf([stateOf(1, { liveUntil: Number.MAX_SAFE_INTEGER })]).slice(0, 1)
    state!.liveUntil.should.equal(state!.date)
  })

  it('has the same fingerprint for the same states only', () => {
    const of = (states: readonly State[]) => pageOf(states).fingerprint
    const all = some(600)
    const fingerprint = of(all)
    fingerprint.should.match(/^[0-9a-f]{16}$/)
    new PageStates()
      .take(packStates(some(900)))
      .take(packStates(all))
      .fingerprint.should.equal(fingerprint)
    const [first, ...rest] = all as [State, ...State[]]
    const others = [
      rest,
      [...rest, first],
      [{ ...first, value: 1 }, ...rest],
      [{ ...first, date: 1 }, ...rest],
      [{ ...first, feature: 'mqtt:other' }, ...rest]
    ]
    for (const other of others) of(other).should.not.equal(fingerprint)
  })
})
