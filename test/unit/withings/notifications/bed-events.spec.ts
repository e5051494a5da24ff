import should from 'should'
import {
  type BedEvent,
  bedEventOf,
  bedEventsOf,
  fetchBedEvents
} from '../../../../lib/withings/notifications/bed-events'
import { LastBedEvents } from '../../../../lib/withings/notifications/duplicates'
import { PendingDeliveries } from '../../../../lib/withings/notifications/pending-deliveries'
import { parseWebhookBody } from '../../../../lib/withings/notifications/webhook-body'
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

describe('the beds of a flood', () => {
  const hold = (pending: PendingDeliveries, each: BedEvent, isKnown: boolean) =>
    pending.addBed(formOf({ ...each, deviceId: String(each.deviceId) }), each, isKnown)
  const eventsOf = (pending: PendingDeliveries) => pending.take().map(({ bed }) => bed!.event)

  it('wait as their newest event, oldest first', () => {
    const pending = new PendingDeliveries(undefined)
    for (const each of [event(true, 100), event(false, 300), event(true, 200), event(true, 150, 'other')])
      hold(pending, each, true)
    eventsOf(pending).should.eql([event(true, 150, 'other'), event(false, 300)])
    eventsOf(pending).should.eql([])
  })

  it('have room for every known one, and for fifty of which nobody has heard', () => {
    const pending = new PendingDeliveries(undefined)
    for (let mat = 0; mat < 200; mat += 1) hold(pending, event(true, start, String(mat)), false)
    hold(pending, event(true, start, 'real'), true)
    const mats = eventsOf(pending).map(({ deviceId }) => deviceId)
    mats.should.have.length(51)
    mats.should.containEql('real')
  })
})

describe('the night of a mat', () => {
  const night = (night_events: unknown, more: object = {}): Record<string, unknown> => ({
    model: 32,
    startdate: 1_000,
    hash_deviceid: 'mat',
    data: { night_events },
    ...more
  })
  const seconds = (events: BedEvent[]): [boolean, number][] => events.map(({ inBed, at }) => [inBed, at])

  it('tells of the bed in steps, as text (the example of withings-api.md §6.2)', () => {
    const text = '{"1":[0,28500],"2":[720,27960,2160],"3":[28440,1440,2160],"4":[28440,4320]}'
    seconds(bedEventsOf(night(text), user)).should.eql([
      [true, 1_000],
      [true, 29_500],
      [false, 29_440],
      [false, 33_760]
    ])
  })

  it('may tell it from its start, as the specification has it, where steps would go beyond its end', () => {
    const text = '{"1":[0,1200],"4":[900,3000]}'
    seconds(bedEventsOf(night(text, { enddate: 4_000 }), user)).should.eql([
      [true, 1_000],
      [true, 2_200],
      [false, 1_900],
      [false, 4_000]
    ])
  })

  it('may tell it as an object', () => {
    seconds(bedEventsOf(night({ 1: ['0'], 4: [60] }), user)).should.eql([
      [true, 1_000],
      [false, 1_060]
    ])
  })

  for (const [what, row] of [
    ['of a watch', night({ 1: [0] }, { model: 16 })],
    ['without a start', night({ 1: [0] }, { startdate: false })],
    ['without events', night(undefined)],
    ['with half a text', night('{"1":[0,')],
    ['with a number as text', night('7')],
    ['without data', { model: 32, startdate: 1_000 }]
  ] as const)
    it(`says nothing ${what}`, () => {
      bedEventsOf(row, user).should.eql([])
    })

  it('that goes on has not seen the last getting up', () => {
    const goingOn = night({ 1: [0, 600], 4: [500, 100] }, { completed: false, enddate: 1_600 })
    seconds(bedEventsOf(goingOn, user)).should.eql([
      [true, 1_000],
      [true, 1_600],
      [false, 1_500]
    ])
  })

  it('is asked for with what changed, page after page, and gives what is not too old', async () => {
    const asked: Readonly<Record<string, string>>[] = []
    const pages = [
      { series: [night({ 1: [0], 4: [100] })], more: true, offset: 1 },
      { series: [], more: true, offset: 300 },
      { series: [night({ 1: [0], 4: [100] }, { startdate: 5_000 })], more: false, offset: 0 }
    ]
    const context = {
      userId: user,
      call: ({ params }: { params: Readonly<Record<string, string>> }) => {
        asked.push(params)
        return Promise.resolve(pages[asked.length - 1] ?? {})
      }
    }
    const events = await fetchBedEvents(context, 1_050)
    seconds(events).should.eql([
      [false, 1_100],
      [true, 5_000],
      [false, 5_100]
    ])
    const common = { action: 'getsummary', lastupdate: '1050', data_fields: 'night_events' }
    asked.should.eql([common, { ...common, offset: '1' }, { ...common, offset: '300' }])
    should(asked.length).equal(3)
  })

  it('is asked for beyond a page that holds nothing, and ends where more never does', async () => {
    let pages = 0
    const context = {
      userId: user,
      call: () => {
        pages += 1
        if (pages > 2_000) throw new Error('asked for ever')
        return Promise.resolve({ series: pages === 25 ? [night({ 1: [0] })] : [], more: true, offset: pages })
      }
    }
    const events = await fetchBedEvents(context, 0)
    seconds(events).should.eql([[true, 1_000]])
    pages.should.be.belowOrEqual(1_000)
  })
})
