import type { StandInOptions } from '../../gladys-stand-in'
import { StandInBench } from '../../support/stand-in-bench'

const WEIGHT = 'mqtt:scale:weight'
const FAT = 'mqtt:scale:fat'
const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}T07:00:00.000Z`
/** Long enough for what is published meanwhile to arrive. */
const SLOW = { saveTakes: 300 }

describe('Gladys stand-in: its database', () => {
  let bench: StandInBench

  async function start(options: Partial<StandInOptions> = {}): Promise<void> {
    bench = await StandInBench.start(options)
    await bench.create('scale', ['weight', 'fat'])
    await bench.create('other', ['x'])
  }
  afterEach(() => bench.close())

  const values = (feature: string): number[] => bench.gladys.states(feature).map(({ value }) => value)
  const lastOf = (feature: string): number | null | undefined =>
    bench.gladys.device('mqtt:scale').features.find(one => one.external_id === feature)?.last_value
  /** Whether /ping is answered and nothing else. */
  async function hanging(): Promise<boolean> {
    ;(await bench.call('GET', '/ping')).status.should.equal(200)
    const ended = new AbortController()
    const devices = bench.call('GET', '/device', undefined, ended.signal).then(
      () => false,
      () => true
    )
    const seen = (path: string): number =>
      bench.gladys.requests.filter(request => request.path === `/api/v1${path}`).length
    await bench.gladys.until(() => seen('/device') > 2, 'the request')
    // Whatever is answered at all is answered before this.
    ;(await bench.call('GET', '/ping')).status.should.equal(200)
    ended.abort()
    return devices
  }

  describe('values that become the last one of their feature', () => {
    it('are one each when they come oldest first', async () => {
      await start()
      for (const number of [1, 2, 3]) await bench.historical(WEIGHT, number, day(number))
      await bench.stored(WEIGHT, 3)
      bench.gladys.websocketEvents(WEIGHT).should.equal(3)
      lastOf(WEIGHT)?.should.equal(3)
    })

    it('are one when the newest comes first', async () => {
      await start()
      for (const number of [3, 2, 1]) await bench.historical(WEIGHT, number, day(number))
      await bench.stored(WEIGHT, 3)
      values(WEIGHT).should.eql([1, 2, 3])
      bench.gladys.websocketEvents(WEIGHT).should.equal(1)
      bench.gladys.websocketEvents(FAT).should.equal(0)
      lastOf(WEIGHT)?.should.equal(3)
    })

    it('are all live ones', async () => {
      await start()
      for (const value of [1, 2]) await bench.live(WEIGHT, value)
      await bench.historical(WEIGHT, 3, day(1))
      await bench.stored(WEIGHT, 3)
      bench.gladys.websocketEvents(WEIGHT).should.equal(2)
    })
  })

  describe('the lock', () => {
    it('hangs for good when a newer historical value comes while a device is saved', async () => {
      await start({ ...SLOW, busyFor: 0 })
      await bench.historical(WEIGHT, 1, day(1))
      await bench.stored(WEIGHT, 1)
      const saved = bench.gladys.saveDevice('mqtt:other', { room_id: 'kitchen' })
      await bench.historical(WEIGHT, 2, day(2))
      await bench.gladys.until(() => bench.gladys.hangs, 'the deadlock')
      await hanging().should.finally.equal(true)
      await bench.live(FAT, 20)
      await bench.gladys.until(() => bench.gladys.notStored === 1, 'the value that waits')
      const rejected = saved.should.be.rejectedWith(/went away/)
      await bench.gladys.restart()
      await rejected
      bench.gladys.hangs.should.equal(false)
      await bench.call('GET', '/device').should.finally.match({ status: 200 })
      values(WEIGHT).should.eql([1])
      values(FAT).should.eql([])
      ;(bench.gladys.device('mqtt:other').room_id === null).should.equal(true)
    })

    it('spares first values, live ones and older ones', async () => {
      await start({ ...SLOW, busyFor: 0 })
      await bench.historical(WEIGHT, 5, day(5))
      await bench.stored(WEIGHT, 1)
      const saved = bench.gladys.saveDevice('mqtt:other', { room_id: 'kitchen' })
      await bench.historical(WEIGHT, 4, day(4))
      await bench.historical(FAT, 20, day(5))
      await bench.historical(FAT, 19, day(4))
      await bench.live(WEIGHT, 6)
      await bench.stored(WEIGHT, 3)
      await bench.stored(FAT, 2)
      await saved
      bench.gladys.hangs.should.equal(false)
      bench.gladys.device('mqtt:other').room_id!.should.equal('kitchen')
    })

    it('comes also from a device that is posted', async () => {
      await start({ ...SLOW, busyFor: 0 })
      await bench.historical(WEIGHT, 1, day(1))
      await bench.stored(WEIGHT, 1)
      const cut = bench.create('third', ['x']).should.be.rejected()
      const posts = (): number => bench.gladys.saved.length
      await bench.gladys.until(() => posts() === 3, 'the request')
      await bench.historical(WEIGHT, 2, day(2))
      await bench.gladys.until(() => bench.gladys.hangs, 'the deadlock')
      await bench.gladys.stop()
      await cut
    })
  })

  describe('a restart', () => {
    it('loses what is published meanwhile, although the broker acknowledged it', async () => {
      await start()
      await bench.historical(WEIGHT, 1, day(1))
      await bench.stored(WEIGHT, 1)
      await bench.gladys.stop()
      bench.gladys.isRunning.should.equal(false)
      await bench.call('GET', '/ping').should.be.rejected()
      await bench.historical(WEIGHT, 2, day(2))
      await bench.gladys.start()
      await bench.historical(WEIGHT, 3, day(3))
      await bench.stored(WEIGHT, 2)
      values(WEIGHT).should.eql([1, 3])
      await bench.call('GET', '/device').should.finally.match({ status: 200 })
    })

    it('loses what has arrived and is not stored', async () => {
      await start({ storesPerSecond: 5 })
      for (let number = 20; number > 0; number--) await bench.historical(WEIGHT, number, day(number))
      await bench.gladys.until(() => bench.gladys.notStored > 10, 'the values')
      await bench.gladys.restart()
      bench.gladys.notStored.should.equal(0)
      await bench.historical(FAT, 1, day(1))
      await bench.stored(FAT, 1)
      values(WEIGHT).length.should.be.within(1, 9)
    })

    it('waits for the broker', async () => {
      await start()
      await bench.broker.stop()
      const restarted = bench.gladys.restart()
      await bench.gladys.until(() => bench.gladys.isRunning, 'the start')
      await bench.call('GET', '/ping').should.finally.match({ status: 200 })
      await bench.broker.start()
      await restarted
      await bench.historical(WEIGHT, 1, day(1))
      await bench.stored(WEIGHT, 1)
    })

    it('has another client id each time', async () => {
      await start()
      await bench.gladys.restart({ awayFor: 10 })
      const ids = bench.broker.connections.items.filter(id => id.startsWith('gladys-'))
      new Set(ids).size.should.equal(2)
    })
  })

  it('stores the same date twice when it comes again within seconds, and not later', async () => {
    await start()
    for (const ahead of [0, 1_000, 4_000]) {
      bench.ahead = ahead
      await bench.historical(WEIGHT, 80, day(1))
      await bench.historical(FAT, ahead, day(ahead / 1_000 + 1))
      await bench.stored(FAT, [0, 1_000, 4_000].indexOf(ahead) + 1)
    }
    values(WEIGHT).should.eql([80, 80])
    await bench.historical(WEIGHT, 81, day(1))
    await bench.historical(FAT, 1, day(20))
    await bench.stored(FAT, 4)
    values(WEIGHT).should.eql([81])
  })

  it('refuses every second device as long as values arrive', async () => {
    await start()
    await bench.live(WEIGHT, 80)
    await bench.stored(WEIGHT, 1)
    const statuses: number[] = []
    for (const name of ['a', 'b', 'c', 'd']) {
      const { status, body } = await bench.create(name, [])
      statuses.push(status)
      if (status === 500) body!.should.match({ code: 'SERVER_ERROR', message: /SQLITE_BUSY/ })
    }
    statuses.should.eql([500, 200, 500, 200])
    await bench.gladys.saveDevice('mqtt:other', { room_id: 'kitchen' })
    bench.gladys.device('mqtt:other').room_id!.should.equal('kitchen')
    bench.ahead = 5_000
    for (const name of ['e', 'f']) await bench.create(name, []).should.finally.match({ status: 200 })
  })

  it('refuses to delete a device with many states, purges them, and then deletes it', async () => {
    await start({ storesPerSecond: 1_000_000 })
    const all = Array.from({ length: 1_001 }, (_, index) => new Date(index * 60_000).toISOString())
    await Promise.all(all.map(date => bench.historical(WEIGHT, 80, date)))
    await bench.stored(WEIGHT, all.length)
    const { status, body } = await bench.call('DELETE', '/device/scale')
    status.should.equal(400)
    body!.should.match({ message: '1001 states in DB. Too much states!' })
    await bench.gladys.until(() => values(WEIGHT).length === 0, 'the purge')
    await bench.call('DELETE', '/device/scale').should.finally.match({ status: 200 })
    bench.gladys
      .devices()
      .map(({ external_id }) => external_id)
      .should.eql(['mqtt:other'])
    await bench.call('DELETE', '/device/scale').should.finally.match({ status: 404 })
  })
})
