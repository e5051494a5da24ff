import should from 'should'
import { type BedEvent, bedEventsOf, fetchBedEvents } from '../../../../lib/withings/notifications/bed-events'
import { PendingDeliveries } from '../../../../lib/withings/notifications/pending-deliveries'
import type { BedMove } from '../../../simulator/beds'

const user = '12'
const start = 1_763_000_000

const event = (inBed: boolean, at: number, deviceId = 'mat'): BedEvent => ({
  userId: user,
  deviceId,
  inBed,
  at
})

const formOf = ({ deviceId, inBed, at }: BedMove): Record<string, string> => ({
  appli: inBed ? '50' : '51',
  deviceid: deviceId,
  date: String(at)
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
