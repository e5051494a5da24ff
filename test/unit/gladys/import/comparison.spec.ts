import { CodedError } from '../../../../lib/base/errors'
import type { StoredCounts } from '../../../../lib/gladys/import/comparison'
import { ImportBench } from '../../../support/import-bench'

/** The numbers of groups from `first` back to the first of all. */
const back = (first: number): number[] => Array.from({ length: first }, (_, index) => first - index)

describe('history import with a login at Gladys', () => {
  let desk: ImportBench
  beforeEach(() => {
    desk = new ImportBench()
  })
  afterEach(() => desk.close())

  const feature = 'mqtt:withings:12:scale:weight'
  const has = (count: number) => (): StoredCounts => new Map([[feature, { '2020-09': count }]])
  const away = () => new CodedError('GLADYS_REFUSED', 'verbatim', { text: 'away' })

  it('waits until the counts stand still, compares, and tells that all is there', async () => {
    desk.counts = [has(80), has(120), has(130)]
    desk.open()
    await desk.clock.advance(0)
    desk.import.state.should.match({ state: 'running', comparison: { state: 'running' } })
    await desk.clock.advance(19_999)
    desk.import.state.state.should.equal('running')
    await desk.clock.advance(1)
    desk.import.state.should.containEql({
      state: 'done',
      comparison: { state: 'done', expected: 130, found: 130 }
    })
    desk.sent.should.have.length(130)
  })

  it('sends once more what is missing, and tells what is there then', async () => {
    desk.counts = [has(100), has(100), has(100), has(129)]
    desk.open()
    await desk.clock.advance(30_000)
    desk.sent.should.eql([...back(130), ...back(130)])
    desk.import.state.should.containEql({
      ...{ state: 'done', done: 130 },
      comparison: { state: 'done', expected: 130, found: 129 }
    })
  })

  it('compares after a restart, without sending all again', async () => {
    desk.counts = [has(10)]
    desk.open()
    await desk.clock.advance(5_000)
    desk.counts = [has(130)]
    desk.restart()
    await desk.clock.advance(20_000)
    desk.sent.should.have.length(130)
    desk.import.state.should.containEql({
      ...{ state: 'done', done: 130 },
      comparison: { state: 'done', expected: 130, found: 130 }
    })
    desk.files.should.eql([])
  })

  it('tells that it could not compare', async () => {
    desk.counts = [away]
    desk.open()
    await desk.clock.advance(600_000)
    desk.import.state.should.containEql({ state: 'done', done: 130, comparison: { state: 'failed' } })
  })

  it('counts neither what went live nor what Gladys keeps no history of', async () => {
    desk.live = [130]
    desk.counts = [has(130)]
    desk.open()
    await desk.clock.advance(10_000)
    desk.import.state.comparison!.should.eql({ state: 'done', expected: 129, found: 129 })
    desk.counts = [() => new Map([[feature, 'none']])]
    desk.open()
    await desk.clock.advance(10_000)
    desk.import.state.comparison!.should.eql({ state: 'done', expected: 0, found: 0 })
  })
})
