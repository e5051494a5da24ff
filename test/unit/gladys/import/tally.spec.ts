import should from 'should'
import {
  ImportTally,
  isMissing,
  parseTally,
  type StoredCounts
} from '../../../../lib/gladys/import/comparison'
import type { State } from '../../../../lib/gladys/model/states'
import type { HistoryPlace } from '../../../../lib/withings/history/history'

const stateOf = (feature: string, date: string): State => ({
  ...{ feature, date: Date.parse(date), value: 1 },
  ...{ liveTopic: '', historicalTopic: '', liveUntil: 0 }
})
const days = (feature: string, month: string, count: number): State[] =>
  Array.from({ length: count }, (_, day) =>
    stateOf(feature, `${month}-${String(day + 1).padStart(2, '0')}T12:00:00Z`)
  )
const counts = (features: Record<string, Record<string, number> | 'none'>): StoredCounts =>
  new Map(Object.entries(features))
const nights: HistoryPlace = { chapter: 'nights', year: 2025, years: 1 }
const measures: HistoryPlace = { chapter: 'measures', year: 2025, years: 1 }

describe('the tally of an import', () => {
  let tally: ImportTally
  beforeEach(() => {
    tally = new ImportTally()
    tally.add({
      place: nights,
      states: [...days('score', '2025-02', 9), ...days('score', '2025-01', 5)],
      live: []
    })
    tally.add({ place: measures, states: days('weight', '2025-02', 20), live: days('weight', '2025-03', 2) })
  })

  it('finds the months of which Gladys lacks something, by the place that they are in', () => {
    const stored = counts({ score: { '2025-01': 5, '2025-02': 8 }, weight: { '2025-02': 11, '2025-03': 2 } })
    const { expected, found, missing } = tally.compare(stored)
    should({ expected, found }).eql({ expected: 34, found: 24 })
    missing.should.eql([
      { place: nights, months: new Set(['score 2025-02']) },
      { place: measures, months: new Set(['weight 2025-02']) }
    ])
    isMissing(missing[0]!.months, stateOf('score', '2025-02-03T12:00:00Z')).should.be.true()
    isMissing(missing[0]!.months, stateOf('score', '2025-01-03T12:00:00Z')).should.be.false()
    isMissing(missing[0]!.months, stateOf('weight', '2025-02-03T12:00:00Z')).should.be.false()
  })

  it('misses nothing where all are there, be it a month beside: months begin at midnight of a zone', () => {
    const stored = counts({ score: { '2025-01': 6, '2025-02': 8 }, weight: { '2025-02': 20, '2025-03': 2 } })
    tally.compare(stored).should.eql({ expected: 34, found: 34, missing: [] })
  })

  it('does not take what went live for what was sent', () => {
    const stored = counts({ score: { '2025-01': 5, '2025-02': 9 }, weight: { '2025-02': 18, '2025-03': 2 } })
    tally.compare(stored).should.match({ expected: 34, found: 32 })
  })

  it('expects nothing of a feature without history, and cannot send again what is no feature yet', () => {
    tally.compare(counts({ score: 'none' })).should.eql({ expected: 20, found: 0, missing: [] })
  })

  it('counts a page once, over restarts too', () => {
    const again = new ImportTally(parseTally(JSON.parse(JSON.stringify(tally.record))))
    again.add({ place: measures, states: days('weight', '2025-02', 20), live: [] }).should.be.false()
    again.features.should.eql(['score', 'weight'])
    again.compare(counts({})).expected.should.equal(34)
  })
})
