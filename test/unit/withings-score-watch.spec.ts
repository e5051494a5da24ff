import should from 'should'
import type { Night } from '../../lib/withings/night'
import type { Unscored } from '../../lib/withings/score-chase'
import { ScoreWatch } from '../../lib/withings/score-watch'
import { parseUnscored } from '../../lib/red/unscored-table'
import { FakeClock } from '../support/fake-clock'

const minute = 60_000
const night = { kind: 'night', id: '7', day: '2026-11-22', userId: '12', deviceId: 'mat', modified: 'then' }

describe('the watch over nights without a score', () => {
  const clock = new FakeClock()
  const unscored = { ...night, scored: false, endDate: new Date(clock.now()).toISOString() } as Night
  let kept: Unscored[] | undefined
  let woken: string[][]
  let busy: boolean
  let watch: ScoreWatch

  const open = () =>
    new ScoreWatch({
      shelf: {
        get: () => kept,
        set: waiting => {
          kept = waiting
          return Promise.resolve()
        }
      },
      wake: due => {
        if (busy) return false
        woken.push(due.map(({ id }) => id))
        return true
      },
      clock
    })

  beforeEach(() => {
    kept = undefined
    woken = []
    busy = false
    watch = open()
  })
  afterEach(() => watch.close())

  it('wakes after 10, 30, 60, 120 and 240 minutes, then no more', async () => {
    await watch.told([unscored])
    for (const [minutes, times] of [
      [9, 0],
      [1, 1],
      [20, 2],
      [30, 3],
      [60, 4],
      [119, 4],
      [1, 5],
      [1000, 5]
    ] as const) {
      await clock.advance(minutes * minute)
      woken.should.have.length(times)
    }
    should(kept).eql([])
    clock.asleep.should.equal(0)
  })

  it('goes on after a restart with what was due meanwhile, once', async () => {
    await watch.told([unscored])
    watch.close()
    await clock.advance(90 * minute)
    woken.should.eql([])
    watch = open()
    await clock.advance(minute)
    woken.should.eql([['7']])
    await clock.advance(28 * minute)
    woken.should.have.length(1)
    await clock.advance(minute)
    woken.should.have.length(2)
  })

  it('wakes again soon when the node was busy', async () => {
    await watch.told([unscored])
    busy = true
    await clock.advance(10 * minute)
    busy = false
    await clock.advance(minute)
    woken.should.eql([['7']])
  })

  it('rests when the night is scored, and keeps nothing where nothing ever waited', async () => {
    await watch.told([{ ...unscored, scored: true }])
    should(kept).be.undefined()
    await watch.told([unscored])
    await watch.told([{ ...unscored, scored: true }])
    await clock.advance(300 * minute)
    woken.should.eql([])
    clock.asleep.should.equal(0)
  })

  it('wakes soon for a night that was told while the clock was a year ahead, and not without end', async () => {
    watch.close()
    kept = [{ ...night, toldAt: clock.now() + 365 * 1440 * minute, tries: 0 }]
    watch = open()
    await clock.advance(minute)
    woken.should.have.length(1)
    await clock.advance(1000 * minute)
    woken.should.have.length(5)
    should(kept).eql([])
  })

  it('reads what was kept, and nothing else', () => {
    const good = { id: '7', userId: '12', day: '2026-11-22', modified: 'then', toldAt: 5, tries: 1 }
    should(parseUnscored([good, null, { ...good, tries: 'x' }, { ...good, id: 7 }])).eql([good])
    should(parseUnscored({})).be.undefined()
  })
})
