import { type BedEvent, bedEventOf, bedEventsOf } from '../../../../lib/withings/notifications/bed-events'
import { LastBedEvents, RecentDeliveries } from '../../../../lib/withings/notifications/duplicates'
import { parseWebhookBody } from '../../../../lib/withings/notifications/notification'
import { type BedMove, nightsOf } from '../../../simulator/beds'
import { inWeather } from '../../../simulator/deliveries'
import { Random } from '../../../simulator/random'

const user = '12'
const start = 1_763_000_000
const far = start + 1e9

const event = (inBed: boolean, at: number, deviceId = 'mat'): BedEvent => ({
  userId: user,
  deviceId,
  inBed,
  at
})

function inOrder(states: [mat: string, inBed: boolean][]): Record<string, boolean> {
  const ordered: Record<string, boolean> = {}
  for (const [mat, inBed] of states.sort()) ordered[mat] = inBed
  return ordered
}

/** The last thing that happened on each mat. */
function truthOf(moves: readonly BedMove[]): Record<string, boolean> {
  const last = new Map<string, BedMove>()
  for (const move of moves) if ((last.get(move.deviceId)?.at ?? 0) < move.at) last.set(move.deviceId, move)
  return inOrder([...last].map(([mat, { inBed }]) => [mat, inBed]))
}

function statesOf(beds: LastBedEvents): Record<string, boolean> {
  return inOrder(beds.all().map(({ deviceId, inBed }) => [String(deviceId), inBed]))
}

/** Two mats, in and out in turn, at least three minutes apart. */
function movesOf(seed: number, count: number): BedMove[] {
  const random = new Random(seed, 'beds')
  const inBed: Record<string, boolean> = { left: false, right: false }
  let at = start
  return Array.from({ length: count }, () => {
    at += random.integer(180, 5_000)
    const deviceId = random.chance(0.5) ? 'left' : 'right'
    inBed[deviceId] = !inBed[deviceId]
    return { deviceId, inBed: inBed[deviceId] ?? false, at }
  })
}

const formOf = ({ deviceId, inBed, at }: BedMove): Record<string, string> => ({
  appli: inBed ? '50' : '51',
  deviceid: deviceId,
  date: String(at)
})

function take(beds: LastBedEvents, form: Record<string, string>): boolean {
  return beds.accept(bedEventOf(parseWebhookBody(form, user)!)!, far)
}

describe('a repeated notification', () => {
  const weighing = parseWebhookBody({ appli: '1', startdate: '1706376729', enddate: '1706376730' }, user)!
  const today = parseWebhookBody({ appli: '16', date: '2026-11-22' }, user)!

  it('is recognised for a minute', () => {
    const repeats = new RecentDeliveries()
    repeats.isDuplicate(weighing, 0).should.be.false()
    repeats.isDuplicate(weighing, 59_999).should.be.true()
    repeats.isDuplicate({ ...weighing, endDate: '2024-01-27T17:32:11.000Z' }, 1).should.be.false()
    repeats.isDuplicate(weighing, 60_001).should.be.false()
  })

  it('is never one for a day that goes on', () => {
    const repeats = new RecentDeliveries()
    repeats.isDuplicate(today, 0).should.be.false()
    repeats.isDuplicate(today, 1).should.be.false()
  })

  it('takes no more memory however many come', () => {
    const repeats = new RecentDeliveries()
    for (let second = 1; second <= 5_000; second += 1)
      repeats.isDuplicate(parseWebhookBody({ appli: '1', startdate: String(second) }, user)!, second)
    ;(repeats as unknown as { seen: Map<string, number> }).seen.size.should.be.belowOrEqual(1_001)
  })
})

describe('the beds', () => {
  it('tell each event once', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(true, 100), far).should.be.true()
    beds.accept(event(true, 100), far).should.be.false()
    beds.accept(event(false, 200), far).should.be.true()
  })

  it('drop what is older than the last event told', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(false, 200), far).should.be.true()
    beds.accept(event(true, 100), far).should.be.false()
    beds.accept(event(true, 199), far).should.be.false()
    statesOf(beds).should.eql({ mat: false })
  })

  it('tell a newer event of the same kind: the one between was lost', () => {
    const beds = new LastBedEvents([event(true, 100)])
    beds.accept(event(true, 900), far).should.be.true()
  })

  it('tell both of one second', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(true, 100), far).should.be.true()
    beds.accept(event(false, 100), far).should.be.true()
  })

  it('keep mats and people apart', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(true, 300, 'left'), far)
    beds.accept(event(true, 100, 'right'), far).should.be.true()
    beds.accept({ ...event(true, 100, 'left'), userId: '13' }, far).should.be.true()
  })

  it('ignore a date more than five minutes ahead, which would hide all that follows', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(true, start + 301), start).should.be.false()
    beds.accept(event(true, start + 300), start).should.be.true()
  })

  it('are not silenced by one dated ahead that was stored before, nor are the sleep data', () => {
    const stored = [event(true, start + 86_000)]
    new LastBedEvents(stored).accept(event(false, start), start).should.be.true()
    new LastBedEvents(stored).takeMissed([event(false, start)], start).should.eql([event(false, start)])
  })

  it('are fifty, of which those known for longest stay', () => {
    const beds = new LastBedEvents([])
    for (let mat = 0; mat < 60; mat += 1) beds.accept(event(true, start, String(mat)), far)
    beds.accept(event(false, start + 9, '0'), far)
    beds.all().should.have.length(50)
    beds
      .all()
      .map(({ deviceId }) => deviceId)
      .should.eql([...Array(49).keys(), 59].map(String))
  })

  it('stay, where the sleep data know them, however many others are made up before and after', () => {
    let beds = new LastBedEvents([])
    const makeUp = (kind: string) => {
      for (let mat = 0; mat < 60; mat += 1) beds.accept(event(true, start, `${kind} ${mat}`), far)
    }
    makeUp('before')
    beds.accept(event(true, start, 'real'), far).should.be.true()
    beds.takeMissed([event(true, start, 'real')], far).should.eql([])
    makeUp('after')
    beds = new LastBedEvents(JSON.parse(JSON.stringify(beds.all())) as BedEvent[])
    makeUp('later')
    beds.all().should.have.length(50)
    beds.accept(event(true, start, 'real'), far).should.be.false()
    beds.accept(event(false, start + 60, 'real'), far).should.be.true()
  })

  it('are known again after a restart', () => {
    const beds = new LastBedEvents([])
    beds.accept(event(true, 300), far)
    const again = new LastBedEvents(JSON.parse(JSON.stringify(beds.all())) as BedEvent[])
    again.accept(event(false, 200), far).should.be.false()
    again.accept(event(false, 400), far).should.be.true()
  })

  it('are corrected by the sleep data, oldest first', () => {
    const beds = new LastBedEvents([event(true, 1_000)])
    const known = [event(false, 9_000), event(true, 1_000), event(false, 5_000), event(true, 5_400)]
    beds.takeMissed(known, far).should.eql([known[2], known[3], known[0]])
    statesOf(beds).should.eql({ mat: false })
  })

  it('are not corrected by the same event dated a minute later', () => {
    const beds = new LastBedEvents([event(false, 1_000)])
    beds.takeMissed([event(true, 400), event(false, 1_060)], far).should.eql([])
  })

  it('are not put back by sleep data older than the last event', () => {
    const beds = new LastBedEvents([event(true, 9_000)])
    beds.takeMissed([event(true, 1_000), event(false, 5_000)], far).should.eql([])
    statesOf(beds).should.eql({ mat: true })
  })

  it('end in the right state after 1,000 deliveries with repeats and swaps, for 100 seeds', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const moves = movesOf(seed, 1_000)
      const arriving = inWeather(moves.map(formOf), { seed, twice: 0.2, overtaken: 0.2 })
      arriving.length.should.be.above(1_100)
      let beds = new LastBedEvents([])
      const told: Record<string, string>[] = []
      for (const [index, form] of arriving.entries()) {
        if (take(beds, form)) told.push(form)
        // A restart now and then.
        if (index % 97 === 0) beds = new LastBedEvents(JSON.parse(JSON.stringify(beds.all())) as BedEvent[])
      }
      statesOf(beds).should.eql(truthOf(moves), `seed ${seed}`)
      const keys = told.map(form => JSON.stringify(form))
      keys.length.should.equal(new Set(keys).size)
      for (const mat of ['left', 'right']) {
        const dates = told.filter(({ deviceid }) => deviceid === mat).map(({ date }) => Number(date))
        dates.should.eql([...dates].sort((a, b) => a - b))
      }
    }
  })

  it('end in the right state after losses as well, once the sleep data came, for 100 seeds', () => {
    let wrongBefore = 0
    for (let seed = 1; seed <= 100; seed += 1) {
      const moves = movesOf(seed, 1_000)
      const beds = new LastBedEvents([])
      for (const form of inWeather(moves.map(formOf), { seed, lost: 0.3, twice: 0.1, overtaken: 0.1 }))
        take(beds, form)
      if (JSON.stringify(statesOf(beds)) !== JSON.stringify(truthOf(moves))) wrongBefore += 1
      const nights = nightsOf(moves, 'Europe/Paris')
      beds.takeMissed(
        nights.flatMap(night => bedEventsOf({ ...night }, user)),
        far
      )
      statesOf(beds).should.eql(truthOf(moves), `seed ${seed}`)
    }
    // Otherwise the weather was too fine to show anything.
    wrongBefore.should.be.above(20)
  })
})
