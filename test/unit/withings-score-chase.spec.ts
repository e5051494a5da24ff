import should from 'should'
import type { Night } from '../../lib/withings/night'
import { chaseAfter, chaseTried, dueNow, nextChase, type Unscored } from '../../lib/withings/score-chase'

const now = Date.UTC(2026, 10, 22, 7)
const minute = 60_000

const night = (changes: Partial<Night> = {}): Night => ({
  kind: 'night',
  id: '7',
  day: '2026-11-22',
  timezone: 'Europe/Paris',
  userId: '12',
  deviceId: 'mat',
  model: null,
  source: 'device',
  startDate: '2026-11-21T22:00:00.000Z',
  endDate: '2026-11-22T06:30:00.000Z',
  inBedDate: '2026-11-21T22:00:00.000Z',
  asleepDate: null,
  awakeDate: null,
  outOfBedDate: '2026-11-22T06:30:00.000Z',
  scored: false,
  completed: false,
  modified: '2026-11-22T06:31:00.000Z',
  events: [],
  parts: [],
  values: {},
  readings: [],
  ...changes
})

/** Minutes after `now` at which a try is made, while no try helps. */
function triesOf(waiting: Unscored[], from = 0): number[] {
  const tries: number[] = []
  let at = now + from * minute
  for (let wait = nextChase(waiting, at); wait !== undefined; wait = nextChase(waiting, at)) {
    at += wait
    const due = dueNow(waiting, at)
    due.should.not.be.empty()
    tries.push((at - now) / minute)
    waiting = chaseTried(waiting, due, at)
  }
  return tries
}

describe('the chase for a score', () => {
  it('fetches a night again after 10, 30, 60, 120 and 240 minutes, then no more', () => {
    triesOf(chaseAfter([], [night()], now)).should.eql([10, 30, 60, 120, 240])
  })

  it('does not make up for tries that were missed while nothing ran', () => {
    const waiting = chaseAfter([], [night()], now)
    triesOf(waiting, 75).should.eql([75, 120, 240])
    triesOf(waiting, 5000).should.eql([5000])
  })

  it('goes on from now where the clock was ahead when the night was told', () => {
    const year = 365 * 1440 * minute
    triesOf(chaseAfter([], [night({ endDate: new Date(now + year).toISOString() })], now + year)).should.eql([
      0, 30, 60, 120, 240
    ])
  })

  it('ends when the night is scored', () => {
    const waiting = chaseAfter([], [night(), night({ id: '8' })], now)
    chaseAfter(waiting, [night({ scored: true })], now)
      .map(({ id }) => id)
      .should.eql(['8'])
  })

  it('goes on as it began when the night comes again without a score', () => {
    const [first] = chaseAfter([], [night()], now)
    const tried = chaseTried([first!], [first!], now + 10 * minute)
    const changed = night({ modified: '2026-11-22T07:20:00.000Z' })
    const again = chaseAfter(tried, [changed], now + 20 * minute)
    again.should.eql([{ ...first, tries: 1, modified: changed.modified }])
    triesOf(again, 20).should.eql([30, 60, 120, 240])
  })

  it('is for what will get one: the last nights that a device recorded', () => {
    const others = [
      night({ kind: 'nap' }),
      night({ deviceId: null }),
      night({ scored: true }),
      night({ endDate: '2026-11-21T06:59:00.000Z' })
    ]
    chaseAfter([], others, now).should.eql([])
    should(nextChase([], now)).be.undefined()
  })

  it('leads several nights side by side', () => {
    const waiting = chaseAfter(chaseAfter([], [night()], now), [night({ id: '8' })], now + 15 * minute)
    should(nextChase(waiting, now + 15 * minute)).equal(0)
    triesOf(waiting).should.eql([10, 25, 30, 45, 60, 75, 120, 135, 240, 255])
  })
})
