import { reading, Sending, stateOf } from '../../../support/gladys-sending'

const minute = 60_000

describe('a Gladys that is away while the broker is there', () => {
  let gladys: Sending

  beforeEach(() => {
    gladys = new Sending()
    gladys.outbox.brokerConnected()
  })
  afterEach(() => gladys.dispose())

  const pass = (ms: number): Promise<void> => gladys.clock.step(ms)
  const answers = (): void => gladys.replay.answered(gladys.clock.now())
  const away = (): void => gladys.sender.outbox.gladysAway()
  const back = (): void => gladys.sender.gladysBack()

  it('gets what waited when it is back, live if it still is young', async () => {
    away()
    await gladys.send([reading(80, 30), reading(81, 1)]).should.finally.match({ queued: 2 })
    gladys.outbox.size.should.equal(2)
    await pass(minute)
    gladys.take().should.eql([])
    back()
    gladys.take().should.eql(['-30 80', 'live 81'])
  })

  it('gets an import that waited, which is not done before', async () => {
    away()
    let isDone = false
    const imported = gladys.import(stateOf(80, 30)).then(() => (isDone = true))
    await pass(minute)
    isDone.should.be.false()
    back()
    await imported
    gladys.take().should.eql(['-30 80'])
  })

  it('gets again what left in the minute before it last answered, as history and once', async () => {
    await gladys.send(reading(79, 9))
    await pass(minute)
    await gladys.send(reading(80, 1))
    await gladys.import(stateOf(60, 500))
    await pass(minute)
    answers()
    await pass(3_000)
    await gladys.send(reading(82, 0))
    await pass(3_000)
    gladys.take()
    away()
    await pass(minute)
    back()
    await pass(9_999)
    gladys.take().should.eql([])
    await pass(1)
    gladys.take().should.eql(['-1 80', '-500 60', '0 82'])
    await pass(minute)
    gladys.take().should.eql([])
    await gladys.send(reading(82, 0)).should.finally.match({ skipped: [{ reason: 'already_sent' }] })
  })

  it('forgets what it has stored', async () => {
    await gladys.send(reading(80, 1))
    await pass(minute + 1)
    answers()
    away()
    back()
    await pass(10_000)
    gladys.take().should.eql(['live 80'])
  })

  it('gets nothing again that has been corrected since', async () => {
    await gladys.send([reading(80, 30), reading(90, 20)])
    gladys.take()
    away()
    await gladys.send(reading(81, 30))
    await pass(10_000)
    back()
    gladys.take().should.eql(['-30 81'])
    await pass(10_000)
    gladys.take().should.eql(['-20 90'])
  })

  it('gets again what was on its way when it went, and words as words', async () => {
    gladys.silent = true
    void gladys.send([reading(80, 30), reading(0, 20, { type: 'workout_type', unit: null, value: 'Walk' })])
    await pass(0)
    gladys.take().should.eql(['-30 80', 'live Walk'])
    gladys.silent = false
    away()
    gladys.outbox.brokerAway()
    gladys.outbox.brokerConnected()
    back()
    await pass(10_000)
    gladys.take().should.eql(['-30 80', 'live Walk'])
  })

  it('gets again what was on its way when it went, though the broker acknowledges that only when it is back', async () => {
    gladys.silent = true
    void gladys.send(reading(80, 30))
    await pass(0)
    away()
    gladys.silent = false
    back()
    await pass(0)
    gladys.acknowledge()
    gladys.take().should.eql(['-30 80'])
    await pass(10_000)
    gladys.take().should.eql(['-30 80'])
  })

  it('gets it again after a second silence in the middle of that, whatever is left of it', async () => {
    gladys.dispose()
    gladys = new Sending()
    gladys.start({ rate: 10 })
    gladys.outbox.brokerConnected()
    const wanted = Array.from({ length: 30 }, (_, index) => stateOf(index, 500 + index))
    const imported = gladys.import(...wanted)
    for (let tick = 0; tick < 60; tick++) await pass(100)
    await imported
    gladys.take().length.should.equal(30)
    away()
    back()
    await pass(10_000)
    for (let tick = 0; tick < 10; tick++) await pass(100)
    const first = gladys.take()
    first.length.should.be.within(5, 25)
    away()
    back()
    await pass(10_000)
    for (let tick = 0; tick < 60; tick++) await pass(100)
    const second = gladys.take()
    new Set(second).size.should.equal(30)
    second.length.should.equal(30)
  })

  for (const where of ['while it is away', 'while that goes out'] as const)
    it(`gets it again when the process was killed ${where}`, async () => {
      await gladys.send([reading(80, 30), reading(81, 29)])
      await pass(0)
      gladys.take()
      away()
      if (where === 'while that goes out') {
        gladys.silent = true
        back()
        await pass(10_000)
        gladys.take().should.eql(['-30 80', '-29 81'])
      }
      gladys.silent = false
      gladys.start()
      if (where === 'while it is away') away()
      gladys.outbox.brokerConnected()
      back()
      await pass(10_000)
      gladys.take().should.eql(['-30 80', '-29 81'])
      await pass(minute)
      gladys.take().should.eql([])
    })

  it('is not kept from fresh values by what it gets again', async () => {
    gladys.start({ rate: 10 })
    gladys.outbox.brokerConnected()
    for (let index = 0; index < 20; index++) void gladys.send(reading(index, 100 + index))
    for (let tick = 0; tick < 40; tick++) await pass(100)
    gladys.take().length.should.equal(20)
    away()
    back()
    await pass(10_000)
    gladys.take()
    void gladys.send(reading(80, 1))
    for (let tick = 0; tick < 3; tick++) await pass(100)
    gladys.take().should.containEql('live 80')
  })

  it('keeps as much as fits, and refuses more', () => {
    away()
    gladys.outbox.takes(gladys.outbox.room + 1).should.be.false()
    back()
    gladys.outbox.takes(gladys.outbox.room + 1).should.be.true()
  })
})
