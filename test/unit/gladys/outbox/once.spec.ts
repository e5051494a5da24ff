import { reading, Sending, stateOf } from '../../../support/gladys-sending'

describe('the same feature and date', () => {
  let gladys: Sending

  beforeEach(() => {
    gladys = new Sending()
    gladys.outbox.brokerConnected()
  })
  afterEach(() => gladys.dispose())

  it('goes out with another value ten seconds later: Gladys would store both', async () => {
    await gladys.send(reading(80, 1))
    const corrected = gladys.send(reading(81, 1))
    const again = gladys.send(reading(80, 1))
    await gladys.send(reading(70, 5))
    gladys.take().should.eql(['live 80', '-5 70'])
    await gladys.clock.step(9_999)
    gladys.take().should.eql([])
    await gladys.clock.step(1)
    await corrected.should.finally.match({ live: 0, historical: 1 })
    gladys.take().should.eql(['-1 81'])
    await gladys.clock.step(10_000)
    await again.should.finally.match({ historical: 1 })
    gladys.take().should.eql(['-1 80'])
  })

  it('is left out of an import when it left a moment ago, and repeated later', async () => {
    await gladys.send(reading(80, 1))
    await gladys.import(stateOf(80, 1), stateOf(79, 2))
    await gladys.import(stateOf(79, 2), stateOf(79, 2))
    gladys.take().should.eql(['live 80', '-2 79'])
    await gladys.clock.step(10_000)
    await gladys.import(stateOf(80, 1))
    gladys.take().should.eql(['-1 80'])
  })

  it('waits where the first has left and nobody knows whether it arrived', async () => {
    gladys.silent = true
    void gladys.import(stateOf(80, 1), stateOf(80, 1)).catch(() => undefined)
    await gladys.clock.step(0)
    gladys.take().should.eql(['-1 80'])
    gladys.silent = false
    await gladys.clock.step(10_000)
    gladys.take().should.eql(['-1 80'])
  })

  it('comes once of an ECG and the stethoscope that recorded with it', async () => {
    const ecg = reading(0, 3, { type: 'stethoscope_vhd', unit: null })
    const recording = (...readings: object[]): object => ({ kind: 'ecg', userId: '12', readings })
    await gladys.send([recording(ecg, reading(61, 3, { type: 'ecg_heart_rate' })), recording(ecg)])
    await gladys.send(recording(ecg))
    gladys.take().should.eql(['live 0', 'live 61'])
    await gladys.import(stateOf(0, 3, 'stethoscope_vhd'), stateOf(61, 3, 'ecg_heart_rate'))
    gladys.take().should.eql([])
  })

  it('goes on when the clock is set back meanwhile', async () => {
    await gladys.send(reading(80, 1))
    gladys.clock.time -= 3_600_000
    await gladys.send(reading(81, 1)).should.finally.match({ queued: 0 })
    gladys.take().length.should.equal(2)
  })

  it('is not sent again after a kill before ten seconds have passed', async () => {
    gladys.outbox.brokerAway()
    await gladys.send([reading(80, 30), reading(81, 20)])
    gladys.clock.time = Date.now()
    gladys.silent = true
    gladys.outbox.brokerConnected()
    gladys.take().should.eql(['-30 80', '-20 81'])
    gladys.clock.time = Date.now() + 1_000
    gladys.silent = false
    gladys.start()
    gladys.outbox.brokerConnected()
    await gladys.clock.step(5_000)
    gladys.take().should.eql([])
    await gladys.clock.step(6_000)
    gladys.take().should.eql(['-30 80', '-20 81'])
  })
})
