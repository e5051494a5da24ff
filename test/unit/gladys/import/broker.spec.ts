import { CodedError } from '../../../../lib/base/errors'
import { settled } from '../../../support/fake-clock'
import { ImportBench } from '../../../support/import-bench'

const unavailable = () => new CodedError('WITHINGS_UNAVAILABLE', 'verbatim', { text: 'away' })

/** The numbers of groups from `first` back to the first of all. */
const back = (first: number): number[] => Array.from({ length: first }, (_, index) => first - index)

describe('history import and its broker', () => {
  let desk: ImportBench
  beforeEach(() => {
    desk = new ImportBench()
  })
  afterEach(() => desk.close())

  it('tells that the broker is away while it runs, and no longer when that is back', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.brokerIs('away')
    desk.import.state.should.match({ state: 'waiting', error: { code: 'BROKER_UNREACHABLE' } })
    desk.import.brokerIs('connected')
    desk.import.state.should.containEql({ state: 'running' }).and.not.have.property('error')
    desk.import.pause()
    desk.import.brokerIs('away')
    desk.import.state.should.containEql({ state: 'paused' }).and.not.have.property('error')
  })

  it('shows while the broker comes back what else it waits for', async () => {
    desk.failures = [unavailable]
    desk.open()
    await settled()
    desk.import.brokerIs('connected')
    desk.import.state.should.match({ state: 'waiting', error: { code: 'WITHINGS_UNAVAILABLE' } })
  })

  it('tells that the broker is away, after a pause too, and that it goes on', async () => {
    desk.automatic = false
    desk.open()
    await settled()
    desk.import.brokerIs('away')
    desk.import.pause()
    desk.import.resume()
    desk.import.state.should.match({ state: 'waiting', error: { code: 'BROKER_UNREACHABLE' } })
    desk.import.brokerIs('connected')
    desk.import.state.state.should.equal('running')
    desk.automatic = true
    await desk.acknowledge()
    await desk.clock.advance(0)
    desk.sent.should.eql(back(130))
  })
})
