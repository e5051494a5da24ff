import { Bench, startServer, stopServer } from '../support/withings-bench'

const year = 365 * 86_400_000
const { now } = Date

describe('a clock of this computer that was ahead once', () => {
  let bench: Bench

  before(startServer)
  after(stopServer)

  beforeEach(async () => {
    bench = await Bench.open({ now: () => now.call(Date) })
  })
  afterEach(async () => {
    Date.now = now
    await bench.close()
  })

  it('ends no login that is on its way, and its tokens are not taken for valid for a year', async () => {
    await bench.load({ type: 'withings-devices', output: 'batch' })
    const url = await bench.authorize()
    Date.now = () => now.call(Date) + year
    const location = await bench.simulator.consent(url, { userId: bench.ada.userId })
    ;(await bench.callback(location)).status.should.equal(200)
    Date.now = now
    const issued = () => bench.simulator.tokens.issued(bench.ada.userId)
    issued().should.have.length(1)
    bench.send()
    await bench.completed.count(1, 'the end of the run')
    issued().should.have.length(2)
    bench.caught.items.should.eql([])
  })
})
